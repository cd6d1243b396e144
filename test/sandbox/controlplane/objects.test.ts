import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  UploadPartCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { code, setInstant, setNever, startTestControlPlane, type TestControlPlane } from './testControlPlane';

const BUCKET = 'sitelift-photos';
const OBJECT = { Bucket: BUCKET, Key: 'site/a.png' };
const ARN = 'arn:aws:cloudfront::123456789012:distribution/E1';

describe('the control plane, on objects', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  after(() => plane.stop());

  const put = (more: Partial<PutObjectCommandInput> = {}) =>
    plane.s3.send(new PutObjectCommand({ ...OBJECT, Body: 'bytes', ...more }));
  const md5 = (body: string) => `"${createHash('md5').update(body).digest('hex')}"`;

  /** The status that CloudFront gets for the object. */
  function edgeStatus(): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(plane.endpoint);
      const headers = { Host: `${BUCKET}.s3.us-east-1.amazonaws.com`, 'x-sandbox-cloudfront-source-arn': ARN };
      const sent = request({ host: '127.0.0.1', port, path: `/${OBJECT.Key}`, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject).end();
    });
  }

  it('gives the MD5 as ETag, unless the account’s rules encrypt with KMS and the PUT does not say otherwise', async () => {
    const statement = {
      ...{ Effect: 'Allow', Principal: { Service: 'cloudfront.amazonaws.com' }, Action: 's3:GetObject' },
      Resource: `arn:aws:s3:::${BUCKET}/*`,
      Condition: { StringEquals: { 'AWS:SourceArn': ARN } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await plane.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    const plain = await put();
    assert.deepEqual([plain.ETag, plain.ServerSideEncryption], [md5('bytes'), 'AES256']);
    assert.equal(await edgeStatus(), 200);

    await plane.admin('POST', 'settings', { kmsEtags: 1 });
    const encrypted = await put();
    assert.match(encrypted.ETag ?? '', /^"[0-9a-f]{32}"$/);
    assert.notEqual(encrypted.ETag, md5('bytes'));
    assert.equal(encrypted.ServerSideEncryption, 'aws:kms');
    const head = await plane.s3.send(new HeadObjectCommand(OBJECT));
    assert.deepEqual([head.ETag, head.ServerSideEncryption], [encrypted.ETag, 'aws:kms']);
    const { Contents } = await plane.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assert.equal(Contents?.[0]?.ETag, encrypted.ETag);
    assert.equal(await edgeStatus(), 403);
    const { Body } = await plane.s3.send(new GetObjectCommand(OBJECT));
    assert.equal(await Body?.transformToString(), 'bytes');
    const copied = await plane.s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'site/b.png', CopySource: `${BUCKET}/${OBJECT.Key}` }),
    );
    const copy = await plane.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'site/b.png' }));
    assert.equal(copied.CopyObjectResult?.ETag, copy.ETag);
    assert.notEqual(copy.ETag, md5('bytes'));

    const explicit = await put({ ServerSideEncryption: 'AES256' });
    assert.deepEqual([explicit.ETag, explicit.ServerSideEncryption], [md5('bytes'), 'AES256']);
    assert.equal(await edgeStatus(), 200);
  });

  it('writes under a condition only while it is met', async () => {
    const failed = code('PreconditionFailed');
    await assert.rejects(put({ IfMatch: md5('bytes') }), code('NoSuchKey'));
    const { ETag } = await put({ IfNoneMatch: '*' });
    await assert.rejects(put({ IfNoneMatch: '*' }), failed);
    await assert.rejects(put({ IfMatch: md5('other') }), failed);
    await assert.rejects(put({ IfNoneMatch: ETag }), code('NotImplemented'));
    await put({ IfMatch: ETag, Body: 'new' });
    await assert.rejects(put({ IfMatch: ETag }), failed);
    const remove = (IfMatch: string) => plane.s3.send(new DeleteObjectCommand({ ...OBJECT, IfMatch }));
    await assert.rejects(remove(md5('bytes')), failed);
    await remove(md5('new'));
    await put({ IfNoneMatch: '*' });
    await remove('*');
  });

  it('copies under a condition only while the source meets it', async () => {
    const { ETag: CopySourceIfMatch } = await put();
    const source = { Bucket: BUCKET, CopySource: `${BUCKET}/${OBJECT.Key}`, CopySourceIfMatch };
    const copy = () => plane.s3.send(new CopyObjectCommand({ ...source, Key: 'site/b.png' }));
    await copy();
    await put({ Body: 'new' });
    await assert.rejects(copy(), code('PreconditionFailed'));
  });

  it('lets one of several writers win who all want to be the first', async () => {
    const bodies = ['one', 'two', 'three', 'four'];
    const outcomes = await Promise.allSettled(bodies.map((Body) => put({ Body, IfNoneMatch: '*' })));
    const won = bodies.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    assert.equal(won.length, 1);
    const { Body } = await plane.s3.send(new GetObjectCommand(OBJECT));
    assert.equal(await Body?.transformToString(), won[0]);
  });

  it('answers a conflict of conditional writes when it is told to', async () => {
    const conflict = { code: 'ConditionalRequestConflict', status: 409 };
    await plane.admin('POST', 'faults', { service: 's3', action: 'PutObject', kind: 'error', ...conflict });
    await assert.rejects(put({ IfNoneMatch: '*' }), code('ConditionalRequestConflict'));
    await put({ IfNoneMatch: '*' });
  });

  it('puts an upload together from its parts, once and under a condition', async () => {
    const { UploadId } = await plane.s3.send(new CreateMultipartUploadCommand(OBJECT));
    const part = async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await plane.s3.send(new UploadPartCommand({ ...OBJECT, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    const Parts = [await part(1, Buffer.alloc(5 * 1024 * 1024, 'a')), await part(2, Buffer.from('end'))];
    const listed = await plane.s3.send(new ListPartsCommand({ ...OBJECT, UploadId }));
    assert.equal(listed.Parts?.length, 2);
    const complete = (more: object = {}) =>
      plane.s3.send(new CompleteMultipartUploadCommand({ ...OBJECT, UploadId, MultipartUpload: { Parts }, ...more }));
    await put();
    await assert.rejects(complete({ IfNoneMatch: '*' }), code('PreconditionFailed'));
    await assert.rejects(complete({ IfMatch: md5('other') }), code('PreconditionFailed'));
    const { ETag } = await complete({ IfMatch: md5('bytes') });
    assert.match(ETag ?? '', /-2"$/);
    assert.equal((await complete({ IfNoneMatch: '*' })).ETag, ETag);
    const head = await plane.s3.send(new HeadObjectCommand(OBJECT));
    assert.equal(head.ContentLength, 5 * 1024 * 1024 + 3);
  });

  it('refuses small parts before the last, and forgets an upload that is aborted', async () => {
    const { UploadId } = await plane.s3.send(new CreateMultipartUploadCommand(OBJECT));
    const Parts = await Promise.all(
      [1, 2].map(async (PartNumber) => {
        const { ETag } = await plane.s3.send(new UploadPartCommand({ ...OBJECT, UploadId, PartNumber, Body: 'small' }));
        return { PartNumber, ETag };
      }),
    );
    const complete = new CompleteMultipartUploadCommand({ ...OBJECT, UploadId, MultipartUpload: { Parts } });
    await assert.rejects(plane.s3.send(complete), code('EntityTooSmall'));
    await plane.s3.send(new AbortMultipartUploadCommand({ ...OBJECT, UploadId }));
    await assert.rejects(plane.s3.send(complete), code('NoSuchUpload'));
  });

  it('can take a while to know a new bucket', async () => {
    await setNever(plane, 'bucketLagSeconds');
    const Bucket = 'sitelift-new';
    await plane.s3.send(new CreateBucketCommand({ Bucket }));
    await assert.rejects(plane.s3.send(new HeadBucketCommand({ Bucket })), code('NotFound'));
    await assert.rejects(plane.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' })), code('NoSuchBucket'));
    await plane.admin('POST', 'settings', { bucketLagSeconds: 0 });
    await plane.s3.send(new HeadBucketCommand({ Bucket }));
  });
});
