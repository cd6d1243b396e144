import assert from 'node:assert/strict';
import { request } from 'node:http';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { code, startTestControlPlane, type TestControlPlane } from './testControlPlane';

const BUCKET = 'sitelift-photos';
const ARN = 'arn:aws:cloudfront::123456789012:distribution/E1';

describe('the control plane, on buckets', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  after(() => plane.stop());

  it('tells the regions of buckets to a request with one of the parameters, and not to one without', async () => {
    const regionsOf = async (command: ListBucketsCommand) => {
      const { Buckets = [] } = await plane.s3.send(command);
      return Buckets.map(({ BucketRegion, Name }) => [Name, BucketRegion]);
    };
    assert.deepEqual(await regionsOf(new ListBucketsCommand({})), [[BUCKET, undefined]]);
    assert.deepEqual(await regionsOf(new ListBucketsCommand({ MaxBuckets: 10 })), [[BUCKET, 'us-east-1']]);
    assert.deepEqual(await regionsOf(new ListBucketsCommand({ BucketRegion: 'eu-west-1' })), []);
  });

  const put = (Key: string, Body = 'bytes') => plane.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const putPolicy = (...statements: object[]) =>
    plane.s3.send(
      new PutBucketPolicyCommand({
        Bucket: BUCKET,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
      }),
    );
  const allow = (changes: object) => ({
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${BUCKET}/site/*`,
    ...changes,
  });
  const forDistribution = (arn: string) =>
    allow({
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Condition: { StringEquals: { 'AWS:SourceArn': arn } },
    });

  /** A plain request, as a browser or the edge sends it, with the bucket's own host name. */
  function ask(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(plane.endpoint);
      const host = `${BUCKET}.s3.us-east-1.amazonaws.com`;
      const sent = request({ host: '127.0.0.1', port, path, method, headers: { Host: host, ...headers } }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  it('closes new buckets to the public', async () => {
    await put('site/a.png');
    const { PublicAccessBlockConfiguration } = await plane.s3.send(new GetPublicAccessBlockCommand({ Bucket: BUCKET }));
    assert.equal(PublicAccessBlockConfiguration?.BlockPublicPolicy, true);
    const refused = await ask('/site/a.png');
    assert.equal(refused.status, 403);
    assert.match(refused.body, /<Code>AccessDenied<\/Code>/);
    assert.equal((await ask('/')).status, 403);
  });

  it('gives every byte of a key back to the account, whatever its name', async () => {
    for (const key of ['site/a b/ü ë 🎉/$(x)\'"&+%25.png', 'site//double/', 'site/?query#hash']) {
      await put(key, key);
      const { Body } = await plane.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      assert.equal(await Body?.transformToString(), key);
    }
    const { Contents } = await plane.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assert.equal(Contents?.length, 3);
  });

  it('refuses a public policy while Block Public Access is on, and obeys it once it is off', async () => {
    await put('site/a.png');
    const open = allow({ Principal: '*' });
    await assert.rejects(putPolicy(open), code('AccessDenied'));
    await plane.s3.send(new DeletePublicAccessBlockCommand({ Bucket: BUCKET }));
    await putPolicy(open);
    assert.equal((await ask('/site/a.png')).body, 'bytes');
    assert.equal((await ask('/private/a.png')).status, 403);
  });

  it('lets CloudFront read for the distribution that the policy names, and for no other', async () => {
    await put('site/a.png');
    await put('_sitelift/manifest.json');
    const edge = (arn: string, path = '/site/a.png') => ask(path, { 'x-sandbox-cloudfront-source-arn': arn });
    assert.equal((await edge(ARN)).status, 403);
    await putPolicy(forDistribution(ARN));
    assert.equal((await edge(ARN)).body, 'bytes');
    assert.equal((await edge(`${ARN}2`)).status, 403);
    assert.equal((await edge(ARN, '/_sitelift/manifest.json')).status, 403);
    assert.equal((await ask('/site/a.png')).status, 403);
  });

  it('tells CloudFront that a key is missing only if it may list the bucket', async () => {
    const edge = () => ask('/site/missing.png', { 'x-sandbox-cloudfront-source-arn': ARN });
    await putPolicy(forDistribution(ARN));
    assert.equal((await edge()).status, 403);
    const list = { Action: 's3:ListBucket', Resource: `arn:aws:s3:::${BUCKET}` };
    await putPolicy(forDistribution(ARN), { ...forDistribution(ARN), ...list });
    assert.equal((await edge()).status, 404);
    await assert.rejects(plane.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'missing' })), code('NoSuchKey'));
  });

  it('obeys a denial even to the account, which can still take the policy back', async () => {
    await put('site/a.png');
    await putPolicy({ ...allow({ Principal: '*' }), Effect: 'Deny' });
    await assert.rejects(
      plane.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'site/a.png' })),
      code('AccessDenied'),
    );
    await putPolicy(forDistribution(ARN));
    await plane.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'site/a.png' }));
  });

  it('refuses a policy about another bucket', async () => {
    await assert.rejects(
      putPolicy({ ...forDistribution(ARN), Resource: 'arn:aws:s3:::other/*' }),
      code('MalformedPolicy'),
    );
  });

  it('serves a presigned URL until it expires', async () => {
    await put('site/a.png');
    const sign = (signingDate: Date) =>
      getSignedUrl(plane.s3, new GetObjectCommand({ Bucket: BUCKET, Key: 'site/a.png' }), {
        expiresIn: 60,
        signingDate,
      });
    const fresh = await fetch(await sign(new Date()));
    assert.equal(await fresh.text(), 'bytes');
    const stale = await fetch(await sign(new Date(Date.now() - 3_600_000)));
    assert.equal(stale.status, 403);
    assert.match(await stale.text(), /Request has expired/);
  });

  it('knows its own buckets from those of others', async () => {
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const inEurope = { CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' as const } };
    const again = plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET, ...inEurope }));
    await assert.rejects(again, code('BucketAlreadyOwnedByYou'));
    const foreign = 'somebody-elses-photos';
    await assert.rejects(plane.s3.send(new CreateBucketCommand({ Bucket: foreign })), code('BucketAlreadyExists'));
    await assert.rejects(plane.s3.send(new ListObjectsV2Command({ Bucket: foreign })), code('AccessDenied'));
    await assert.rejects(
      plane.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ExpectedBucketOwner: '999999999999' })),
      code('AccessDenied'),
    );
    await plane.s3.send(new HeadBucketCommand({ Bucket: BUCKET, ExpectedBucketOwner: '123456789012' }));
  });

  it('deletes a bucket only when no version, marker or upload is left', async () => {
    const remove = () => plane.s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    const versioned = { Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' as const } };
    await plane.s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'big' }));
    await assert.rejects(remove(), code('BucketNotEmpty'));
    await plane.admin('POST', 'reset');
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await plane.s3.send(new PutBucketVersioningCommand(versioned));
    await put('a');
    await plane.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    await assert.rejects(remove(), code('BucketNotEmpty'));
  });

  it('has no ACLs unless ownership says so', async () => {
    const acl = () => plane.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x', ACL: 'public-read' }));
    await assert.rejects(acl(), code('AccessControlListNotSupported'));
    await plane.s3.send(
      new PutBucketOwnershipControlsCommand({
        Bucket: BUCKET,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
      }),
    );
    await assert.rejects(acl(), code('AccessDenied'));
    await plane.s3.send(new DeletePublicAccessBlockCommand({ Bucket: BUCKET }));
    await acl();
    assert.equal((await ask('/a')).body, 'x');
  });
});
