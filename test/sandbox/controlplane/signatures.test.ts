import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CloudFrontClient, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { DescribeRegionsCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';

const BUCKET = 'sitelift-photos';
const OBJECT = { Bucket: BUCKET, Key: 'site/ä b+c~d(e).png' };

describe('the control plane, on signatures', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await plane.s3.send(new PutObjectCommand({ ...OBJECT, Body: 'bytes' }));
  });
  after(() => plane.stop());

  const options = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => ({
    endpoint: plane.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials,
  });

  /** One call to each service with some credentials, by the error code that they answer. */
  async function answers(credentials: Parameters<typeof options>[0]): Promise<Record<string, unknown>> {
    const given = options(credentials);
    const outcome = async (call: Promise<unknown>): Promise<unknown> => {
      const error: unknown = await call.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return error instanceof Error
        ? [(error as Error & { Code?: string }).Code ?? error.name, Reflect.get(error, '$metadata')?.httpStatusCode]
        : 'answered';
    };
    const s3 = new S3Client({ ...given, forcePathStyle: true });
    return {
      s3: await outcome(s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))),
      ec2: await outcome(new EC2Client(given).send(new DescribeVolumesCommand({}))),
      ssm: await outcome(new SSMClient(given).send(new DescribeInstanceInformationCommand({}))),
      iam: await outcome(new IAMClient(given).send(new ListRolesCommand({}))),
      sts: await outcome(new STSClient(given).send(new GetCallerIdentityCommand({}))),
      cloudfront: await outcome(new CloudFrontClient(given).send(new ListDistributionsCommand({}))),
    };
  }

  it('refuses keys that nobody has, in the words of each service', async () => {
    assert.deepEqual(await answers({ accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'sandbox-secret' }), {
      s3: ['InvalidAccessKeyId', 403],
      ec2: ['AuthFailure', 401],
      ssm: ['UnrecognizedClientException', 400],
      iam: ['InvalidClientTokenId', 403],
      sts: ['InvalidClientTokenId', 403],
      cloudfront: ['InvalidClientTokenId', 403],
    });
  });

  it('knows nobody’s keys in a region that the account has not switched on, and tells so in the others', async () => {
    const closed = {
      ...options({ accessKeyId: 'AKIASANDBOX0000000AA', secretAccessKey: 'sandbox-secret' }),
      region: 'eu-south-1',
    };
    const identity = () => new STSClient(closed).send(new GetCallerIdentityCommand({}));
    const listed = async (more: object) => {
      const { Regions = [] } = await plane.ec2.send(new DescribeRegionsCommand(more));
      return Regions.filter(({ RegionName }) => RegionName === 'eu-south-1').map(({ OptInStatus }) => OptInStatus);
    };
    await assert.rejects(identity(), code('InvalidClientTokenId'));
    await assert.rejects(new EC2Client(closed).send(new DescribeVolumesCommand({})), code('AuthFailure'));
    assert.deepEqual([await listed({}), await listed({ AllRegions: true })], [[], ['not-opted-in']]);
    await plane.admin('POST', 'settings', { optInRegions: 1 });
    await identity();
    assert.deepEqual(await listed({}), ['opted-in']);
    await assert.rejects(listed({ RegionNames: ['eu-nowhere-1'] }), code('InvalidParameterValue'));
    await plane.admin('POST', 'settings', { optInRegions: 0 });
  });

  it('refuses a wrong secret, in the words of each service', async () => {
    assert.deepEqual(await answers({ accessKeyId: 'AKIASANDBOX0000000AA', secretAccessKey: 'a-guess' }), {
      s3: ['SignatureDoesNotMatch', 403],
      ec2: ['AuthFailure', 401],
      ssm: ['InvalidSignatureException', 400],
      iam: ['SignatureDoesNotMatch', 403],
      sts: ['SignatureDoesNotMatch', 403],
      cloudfront: ['SignatureDoesNotMatch', 403],
    });
  });

  it('answers nobody who signs nothing, but in S3 the public', async () => {
    const ask = (headers: Record<string, string>, body: string) =>
      fetch(plane.endpoint, { method: 'POST', headers: { ...headers }, body });
    const unsigned = await ask(
      { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.DescribeInstanceInformation' },
      '{}',
    );
    assert.equal(unsigned.ok, false);
    assert.equal((await fetch(`${plane.endpoint}/${BUCKET}`)).status, 403);
  });

  const sign = (command: GetObjectCommand | PutObjectCommand, signingDate = new Date()) =>
    getSignedUrl(plane.s3, command as GetObjectCommand, { expiresIn: 60, signingDate });

  it('takes a presigned URL for what was signed, and for nothing else', async () => {
    const url = await sign(new GetObjectCommand(OBJECT));
    assert.equal(await (await fetch(url)).text(), 'bytes');
    const other = new URL(url);
    const forged = (change: (one: URL) => void): URL => {
      const one = new URL(url);
      change(one);
      return one;
    };
    const tries: Record<string, [URL, RequestInit?]> = {
      'another signature': [forged(({ searchParams }) => searchParams.set('X-Amz-Signature', 'f'.repeat(64)))],
      'a longer life': [forged(({ searchParams }) => searchParams.set('X-Amz-Expires', '604800'))],
      'another key': [forged((one) => (one.pathname = `/${BUCKET}/site/b.png`))],
      'a parameter more': [forged(({ searchParams }) => searchParams.set('versionId', 'null'))],
      'another method': [other, { method: 'PUT', body: 'forged' }],
      'a region that is another': [
        forged(({ searchParams }) =>
          searchParams.set('X-Amz-Credential', (searchParams.get('X-Amz-Credential') ?? '').replace('us-', 'eu-')),
        ),
      ],
    };
    for (const [what, [address, init]] of Object.entries(tries)) {
      const answer = await fetch(address, init);
      assert.equal(answer.status, 403, what);
      assert.match(await answer.text(), /<Code>SignatureDoesNotMatch<\/Code>/, what);
    }
    const stranger = forged(({ searchParams }) =>
      searchParams.set('X-Amz-Credential', (searchParams.get('X-Amz-Credential') ?? '').replace('AKIA', 'AKIB')),
    );
    assert.match(await (await fetch(stranger)).text(), /<Code>InvalidAccessKeyId<\/Code>/);
    const body = await plane.s3.send(new GetObjectCommand(OBJECT));
    assert.equal(await body.Body?.transformToString(), 'bytes');
  });

  it('takes a presigned PUT, but no header that changes it unseen', async () => {
    const url = await sign(new PutObjectCommand(OBJECT));
    const sneaked = await fetch(url, { method: 'PUT', body: 'x', headers: { 'x-amz-tagging': 'a=b' } });
    assert.match(await sneaked.text(), /<HeadersNotSigned>x-amz-tagging<\/HeadersNotSigned>/);
    assert.equal((await fetch(url, { method: 'PUT', body: 'new' })).status, 200);
    const { Body } = await plane.s3.send(new GetObjectCommand(OBJECT));
    assert.equal(await Body?.transformToString(), 'new');
  });

  it('tells when a presigned URL is too old or too new', async () => {
    const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    const late = await fetch(await sign(new GetObjectCommand(OBJECT), minutesFromNow(-2)));
    assert.match(await late.text(), /<Message>Request has expired<\/Message><X-Amz-Expires>60</);
    const early = await fetch(await sign(new GetObjectCommand(OBJECT), minutesFromNow(20)));
    assert.match(await early.text(), /Request is not yet valid/);
  });

  it('takes a body that is streamed with its checksum behind it, and none that is not what was signed', async () => {
    const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);
    await plane.s3.send(new PutObjectCommand({ ...OBJECT, Body, ContentLength: 140_000 }));
    const { ContentLength } = await plane.s3.send(new GetObjectCommand(OBJECT));
    assert.equal(ContentLength, 140_000);
    const s3 = new S3Client({
      ...options({ accessKeyId: 'AKIASANDBOX0000000AA', secretAccessKey: 'sandbox-secret' }),
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    s3.middlewareStack.add(
      (next) => (given) => {
        Object.assign(given.request as object, { body: 'other' });
        return next(given);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await assert.rejects(
      s3.send(new PutObjectCommand({ ...OBJECT, Body: 'bytes' })),
      code('XAmzContentSHA256Mismatch'),
    );
  });

  it('has a clock of its own, by which the SDK sets itself right', async () => {
    for (const clockSkewSeconds of [-3600, 3600]) {
      await plane.admin('POST', 'settings', { clockSkewSeconds });
      const answer = await fetch(`${plane.endpoint}/${BUCKET}`);
      const aheadSeconds = (Date.parse(answer.headers.get('date') ?? '') - Date.now()) / 1000;
      assert.ok(Math.abs(aheadSeconds - clockSkewSeconds) < 60, `AWS is ${aheadSeconds} s ahead`);
      const keys = { accessKeyId: 'AKIASANDBOX0000000AA', secretAccessKey: 'sandbox-secret' };
      assert.deepEqual(await answers(keys), {
        s3: ['RequestTimeTooSkewed', 403],
        ec2: ['RequestExpired', 400],
        ssm: ['InvalidSignatureException', 400],
        iam: ['SignatureDoesNotMatch', 403],
        sts: ['SignatureDoesNotMatch', 403],
        cloudfront: ['SignatureDoesNotMatch', 403],
      });
      const s3 = new S3Client({ ...options(keys), forcePathStyle: true, maxAttempts: 2 });
      await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      const ssm = new SSMClient({ ...options(keys), maxAttempts: 2 });
      await ssm.send(new DescribeInstanceInformationCommand({}));
      const url = await sign(new GetObjectCommand(OBJECT));
      assert.equal((await fetch(url)).status, 403);
      const byAws = await sign(new GetObjectCommand(OBJECT), new Date(Date.now() + clockSkewSeconds * 1000));
      assert.equal((await fetch(byAws)).status, 200);
    }
  });

  it('refuses more than five gigabytes in one request before they were sent', async () => {
    const url = new URL(await sign(new PutObjectCommand(OBJECT)));
    const socket = connect(Number(url.port), url.hostname);
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: ${5 * 1024 ** 3 + 1}\r\n\r\n`,
    );
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.[01] 400 /);
    assert.match(answer, /<Code>EntityTooLarge<\/Code>/);
  });
});
