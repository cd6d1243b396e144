import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateInvalidationCommand,
  CreateOriginAccessControlCommand,
  GetDistributionCommand,
  PublishFunctionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createRequestHandler } from '../../src/core/aws/http';
import { processesOf, startCommand, until } from './command';
import { enterSandbox } from './enterSandbox';
import { startSandbox, type Sandbox } from './sandbox';
import { Viewer } from './viewer';

const BUCKET = 'sandbox-photos';
const PICTURE = 'site/images/ä b.png';
const PICTURE_PATH = '/images/%C3%A4%20b.png';
const list = <T>(...Items: T[]) => ({ Quantity: Items.length, Items });

describe('the sandbox', () => {
  let sandbox: Sandbox;
  let viewer: Viewer;
  let leave: () => void;
  let s3: S3Client;
  let cloudFront: CloudFrontClient;
  before(async () => {
    sandbox = await startSandbox({ deploySeconds: 0.2 });
    const ca = readFileSync(sandbox.caFile, 'utf8');
    viewer = new Viewer(sandbox.proxyUrl, ca);
    leave = enterSandbox(sandbox);
    const settings = { region: 'us-east-1', requestHandler: createRequestHandler({}), maxAttempts: 1 };
    s3 = new S3Client(settings);
    cloudFront = new CloudFrontClient(settings);
  });
  after(async () => {
    leave();
    await sandbox.stop();
  });
  beforeEach(async () => {
    await sandbox.reset();
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await putPicture('picture');
  });

  const putPicture = (body: string) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: PICTURE, Body: body, ContentType: 'image/png' }));

  async function createDistribution(
    change: (config: DistributionConfig) => DistributionConfig = (config) => config,
  ): Promise<{ id: string; arn: string; url: string }> {
    const control = await cloudFront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name: 'photos',
          OriginAccessControlOriginType: 's3',
          SigningBehavior: 'always',
          SigningProtocol: 'sigv4',
        },
      }),
    );
    const { Distribution } = await cloudFront.send(
      new CreateDistributionCommand({
        DistributionConfig: change({
          CallerReference: 'one',
          Comment: '',
          Enabled: true,
          Origins: {
            Quantity: 1,
            Items: [
              {
                Id: 'bucket',
                DomainName: `${BUCKET}.s3.us-east-1.amazonaws.com`,
                OriginPath: '/site',
                OriginAccessControlId: control.OriginAccessControl?.Id ?? '',
                S3OriginConfig: { OriginAccessIdentity: '' },
              },
            ],
          },
          DefaultCacheBehavior: {
            TargetOriginId: 'bucket',
            ViewerProtocolPolicy: 'redirect-to-https',
            CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
          },
        }),
      }),
    );
    const id = Distribution?.Id ?? '';
    await until(async () => {
      const seen = await cloudFront.send(new GetDistributionCommand({ Id: id }));
      return seen.Distribution?.Status === 'Deployed';
    });
    return { id, arn: Distribution?.ARN ?? '', url: `https://${Distribution?.DomainName}` };
  }

  function admit(arn: string): Promise<unknown> {
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${BUCKET}/site/*`,
      Condition: { StringEquals: { 'AWS:SourceArn': arn } },
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    return s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: policy }));
  }

  it('serves a private bucket through its distribution alone', async () => {
    const { arn, url } = await createDistribution();
    assert.equal((await viewer.ask(url + PICTURE_PATH)).status, 403);
    await admit(arn);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'site/b.png', Body: 'other' }));
    for (const verdict of ['Miss', 'Hit']) {
      const answer = await viewer.ask(`${url}/b.png`);
      assert.equal(answer.body.toString(), 'other');
      assert.equal(answer.headers['x-cache'], `${verdict} from cloudfront`);
    }
    const direct = await viewer.ask(`https://${BUCKET}.s3.us-east-1.amazonaws.com/site/b.png`);
    assert.equal(direct.status, 403);
    assert.match(direct.body.toString(), /AccessDenied/);
    const pathStyle = await viewer.ask(`https://s3.us-east-1.amazonaws.com/${BUCKET}/site/b.png`);
    assert.equal(pathStyle.status, 403);
  });

  it('serves what changed once an invalidation is complete', async () => {
    const { id, arn, url } = await createDistribution();
    await admit(arn);
    await viewer.ask(url + PICTURE_PATH);
    await putPicture('new picture');
    assert.equal((await viewer.ask(url + PICTURE_PATH)).body.toString(), 'picture');
    const paths = { Quantity: 1, Items: [PICTURE_PATH] };
    const batch = { CallerReference: 'one', Paths: paths };
    await cloudFront.send(new CreateInvalidationCommand({ DistributionId: id, InvalidationBatch: batch }));
    await until(async () => (await viewer.ask(url + PICTURE_PATH)).body.toString() === 'new picture');
  });

  it('serves a whole site without its server: pages by a function, and its own page for what is missing', async () => {
    await sandbox.settings({ originSecondMs: 1 });
    const made = await cloudFront.send(
      new CreateFunctionCommand({
        ...{ Name: 'index', FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' } },
        FunctionCode: Buffer.from(
          `function handler(event) { return Object.assign(event.request, { uri: event.request.uri.replace(/\\/$/, '/index.html') }); }`,
        ),
      }),
    );
    await cloudFront.send(new PublishFunctionCommand({ Name: 'index', IfMatch: made.ETag }));
    const FunctionARN = made.FunctionSummary?.FunctionMetadata?.FunctionARN ?? '';
    const { arn, url } = await createDistribution((config) => ({
      ...config,
      Origins: list(...(config.Origins?.Items ?? []), {
        ...{ Id: 'server', DomainName: 'ec2-54-1-2-3.compute-1.amazonaws.com', ConnectionAttempts: 1 },
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' },
      }),
      OriginGroups: list({
        Id: 'group',
        FailoverCriteria: { StatusCodes: list(403, 404, 500, 502, 503, 504) },
        Members: list({ OriginId: 'server' }, { OriginId: 'bucket' }),
      }),
      DefaultCacheBehavior: {
        ...{ ViewerProtocolPolicy: 'redirect-to-https', CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' },
        ...{ TargetOriginId: 'group', ResponseHeadersPolicyId: 'e61eb60c-9c35-4d20-a928-2b84e02af89c' },
        FunctionAssociations: list({ EventType: 'viewer-request', FunctionARN }),
      },
      CustomErrorResponses: list({ ErrorCode: 403, ResponsePagePath: '/404.html', ResponseCode: '404' }),
    }));
    await admit(arn);
    for (const Key of ['site/blog/index.html', 'site/404.html']) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key, ContentType: 'text/html' }));
    }
    const page = await viewer.ask(`${url}/blog/`);
    assert.deepEqual([page.status, page.body.toString()], [200, 'site/blog/index.html']);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    const missing = await viewer.ask(`${url}/nothing.html`);
    assert.deepEqual([missing.status, missing.body.toString()], [404, 'site/404.html']);
    assert.equal(missing.headers['content-type'], 'text/html');
  });

  it('hands out objects over a presigned URL', async () => {
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: BUCKET, Key: PICTURE }), { expiresIn: 60 });
    assert.equal((await viewer.ask(url)).body.toString(), 'picture');
  });

  it('knows an encrypted connection from a plain one', async () => {
    const statement = {
      ...{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}/*` },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: policy }));
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: BUCKET, Key: PICTURE }), { expiresIn: 60 });
    assert.equal((await viewer.ask(url)).body.toString(), 'picture');
    const plain = await viewer.ask(url.replace('https:', 'http:'));
    assert.equal(plain.status, 403);
    assert.match(plain.body.toString(), /explicit deny in a resource-based policy/);
  });

  it('loses the answer of a call that took effect, when told to', async () => {
    await sandbox.clearCalls();
    await sandbox.fault({ service: 's3', action: 'DeleteObject', kind: 'cut', when: 'after' });
    const deletion = new DeleteObjectCommand({ Bucket: BUCKET, Key: PICTURE });
    await assert.rejects(s3.send(deletion), { code: 'ECONNRESET' });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: PICTURE })), { name: 'NoSuchKey' });
    assert.deepEqual(
      (await sandbox.calls()).map(({ action }) => action),
      ['DeleteObject', 'GetObject'],
    );
  });
});

describe('the end of a sandbox', () => {
  it('leaves no process and no folder when stopped', async () => {
    const sandbox = await startSandbox();
    const folder = dirname(sandbox.caFile);
    assert.notEqual(processesOf(folder).length, 0);
    await sandbox.stop();
    assert.deepEqual(processesOf(folder), []);
    assert.ok(!existsSync(folder));
  });

  for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
    it(`leaves no process and no folder when npm run sandbox ends by ${signal}`, async () => {
      const { child, folder } = await startCommand('--no-machines', '--deploy-seconds', '0');
      assert.notEqual(processesOf(folder).length, 0);
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      await until(() => Promise.resolve(processesOf(folder).length === 0 && !existsSync(folder)));
    });
  }
});
