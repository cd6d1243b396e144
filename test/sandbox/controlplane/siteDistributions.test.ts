import assert from 'node:assert/strict';
import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateOriginAccessControlCommand,
  DeleteFunctionCommand,
  DescribeFunctionCommand,
  GetDistributionConfigCommand,
  GetFunctionCommand,
  GetResponseHeadersPolicyCommand,
  ListFunctionsCommand,
  PublishFunctionCommand,
  UpdateDistributionCommand,
  UpdateFunctionCommand,
  type CacheBehavior,
  type CustomErrorResponse,
  type DefaultCacheBehavior,
  type DistributionConfig,
  type Origin,
  type OriginGroup,
} from '@aws-sdk/client-cloudfront';
import type { Distribution, PublishedFunction } from '../controlPlane';
import type { MadeUser } from '../sandbox';
import { code, setInstant, setNever, startTestControlPlane, type TestControlPlane } from './testControlPlane';

const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const CORS_AND_SECURITY = 'e61eb60c-9c35-4d20-a928-2b84e02af89c';
const CODE = 'function handler(event) { return event.request; }';

const list = <T>(...Items: T[]) => ({ Quantity: Items.length, Items });

const SERVER: Origin = {
  Id: 'server',
  DomainName: 'ec2-54-1-2-3.compute-1.amazonaws.com',
  ConnectionAttempts: 1,
  ConnectionTimeout: 2,
  CustomHeaders: list({ HeaderName: 'X-Secret', HeaderValue: 'abc' }),
  CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only', OriginReadTimeout: 5 },
};
const BUCKET: Origin = {
  Id: 'bucket',
  DomainName: 'photos.s3.us-east-1.amazonaws.com',
  OriginPath: '/site',
  S3OriginConfig: { OriginAccessIdentity: '' },
};
const GROUP: OriginGroup = {
  Id: 'group',
  FailoverCriteria: { StatusCodes: list(403, 404, 500, 502, 503, 504) },
  Members: list({ OriginId: 'server' }, { OriginId: 'bucket' }),
};
const BEHAVIOR: DefaultCacheBehavior = {
  TargetOriginId: 'group',
  ViewerProtocolPolicy: 'redirect-to-https',
  CachePolicyId: CACHING_OPTIMIZED,
  ResponseHeadersPolicyId: CORS_AND_SECURITY,
};
const PAGE = { ResponsePagePath: '/404.html', ResponseCode: '404' };

const images = (PathPattern: string): CacheBehavior => ({ ...BEHAVIOR, PathPattern, TargetOriginId: 'bucket' });

function siteConfig(changes: Partial<DistributionConfig> = {}): DistributionConfig {
  return {
    ...{ CallerReference: `site-${siteConfig.made++}`, Comment: 'sitelift demo', Enabled: true },
    Origins: list(SERVER, BUCKET),
    OriginGroups: list(GROUP),
    DefaultCacheBehavior: BEHAVIOR,
    CacheBehaviors: list(images('*.png')),
    CustomErrorResponses: list({ ErrorCode: 403, ...PAGE }, { ErrorCode: 404, ...PAGE, ErrorCachingMinTTL: 60 }),
    ...changes,
  };
}
siteConfig.made = 0;

describe('the control plane, on a distribution of a whole site', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const create = async (changes: Partial<DistributionConfig> = {}): Promise<string> => {
    const made = await plane.cloudFront.send(
      new CreateDistributionCommand({ DistributionConfig: siteConfig(changes) }),
    );
    return made.Distribution?.Id ?? '';
  };
  const refused = async (changes: Partial<DistributionConfig>, name: string): Promise<void> => {
    await assert.rejects(create(changes), (error: unknown) => {
      assert.ok(code(name)(error), JSON.stringify(changes));
      return true;
    });
  };
  const makeFunction = async (Name = 'index', text = CODE): Promise<{ arn: string; etag: string }> => {
    const { FunctionSummary, ETag } = await plane.cloudFront.send(
      new CreateFunctionCommand({
        ...{ Name, FunctionCode: Buffer.from(text) },
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
      }),
    );
    return { arn: FunctionSummary?.FunctionMetadata?.FunctionARN ?? '', etag: ETag ?? '' };
  };
  const publish = (IfMatch: string, Name = 'index') =>
    plane.cloudFront.send(new PublishFunctionCommand({ Name, IfMatch }));
  const describeFunction = (Stage: 'DEVELOPMENT' | 'LIVE', Name = 'index') =>
    plane.cloudFront.send(new DescribeFunctionCommand({ Name, Stage }));
  const withFunction = (
    FunctionARN: string,
    ...events: ('viewer-request' | 'viewer-response' | 'origin-request')[]
  ) => ({
    DefaultCacheBehavior: {
      ...BEHAVIOR,
      FunctionAssociations: list(...events.map((EventType) => ({ FunctionARN, EventType }))),
    },
  });

  it('keeps everything that a site asks for, and shows it to the edge', async () => {
    const { arn, etag } = await makeFunction();
    await publish(etag);
    await create(withFunction(arn, 'viewer-request'));
    const [report] = await plane.admin<Distribution[]>('GET', 'distributions');
    const config = report?.config;
    assert.deepEqual(config?.origins[0], {
      ...{ id: 'server', domainName: SERVER.DomainName, originPath: '', originAccessControlId: null },
      ...{ customHeaders: { 'X-Secret': 'abc' }, connectionAttempts: 1, connectionTimeoutSeconds: 2 },
      custom: { protocolPolicy: 'http-only', httpPort: 80, readTimeoutSeconds: 5 },
    });
    assert.equal(config.origins[1]?.custom, null);
    assert.deepEqual(config.originGroups, [
      { id: 'group', members: ['server', 'bucket'], statusCodes: [403, 404, 500, 502, 503, 504] },
    ]);
    assert.deepEqual(config.functions, { 'viewer-request': arn });
    assert.equal(config.responseHeadersPolicyId, CORS_AND_SECURITY);
    assert.equal(config.cacheBehaviors[0]?.targetOriginId, 'bucket');
    const page = { responsePagePath: '/404.html', responseCode: 404 };
    assert.deepEqual(config.customErrorResponses, [
      { errorCode: 403, ...page, minTtlSeconds: 10 },
      { errorCode: 404, ...page, minTtlSeconds: 60 },
    ]);
    assert.deepEqual(await plane.admin('GET', 'functions'), [{ name: 'index', arn, code: CODE }]);
  });

  it('refuses origins that CloudFront cannot ask', async () => {
    const server = (changes: Partial<Origin>) => ({ Origins: list({ ...SERVER, ...changes }, BUCKET) });
    const custom = (changes: Partial<Origin['CustomOriginConfig']>) =>
      server({ CustomOriginConfig: { ...SERVER.CustomOriginConfig, ...changes } as Origin['CustomOriginConfig'] });
    for (const DomainName of [
      '54.1.2.3',
      '2001:db8::1',
      'localhost',
      'http://a.example',
      'a_b.example/x',
      'a..example',
      '',
    ]) {
      await refused(server({ DomainName }), 'InvalidArgument');
    }
    await refused(server({ ConnectionAttempts: 4 }), 'InvalidArgument');
    await refused(server({ ConnectionTimeout: 0 }), 'InvalidArgument');
    await refused(custom({ OriginReadTimeout: 121 }), 'InvalidOriginReadTimeout');
    await refused(custom({ OriginKeepaliveTimeout: 0 }), 'InvalidOriginKeepaliveTimeout');
    await refused(custom({ HTTPPort: 22 }), 'InvalidArgument');
    await refused(server({ S3OriginConfig: { OriginAccessIdentity: '' } }), 'InvalidOrigin');
    const { OriginAccessControl } = await plane.cloudFront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          ...{ Name: 'demo', SigningProtocol: 'sigv4', SigningBehavior: 'always', OriginAccessControlOriginType: 's3' },
        },
      }),
    );
    await refused(
      server({ OriginAccessControlId: OriginAccessControl?.Id ?? '' }),
      'InvalidDomainNameForOriginAccessControl',
    );
    await create(server({ DomainName: 'ec2-54-1-2-3.eu-central-1.compute.amazonaws.com' }));
  });

  it('refuses custom headers that CloudFront cannot add', async () => {
    const headers = (...names: string[]) => ({
      Origins: list(
        { ...SERVER, CustomHeaders: list(...names.map((HeaderName) => ({ HeaderName, HeaderValue: 'abc' }))) },
        BUCKET,
      ),
    });
    for (const name of ['Host', 'Cookie', 'Via', 'X-Amz-Secret', 'X-Edge-Secret', 'X-Real-Ip', 'a b', 'ü']) {
      await refused(headers(name), 'InvalidArgument');
    }
    await refused(headers('X-Secret', 'x-secret'), 'InvalidArgument');
    await refused(headers(...Array.from({ length: 11 }, (_, index) => `X-${index}`)), 'TooManyOriginCustomHeaders');
  });

  it('refuses origin groups whose members or statuses it does not know', async () => {
    const group = (changes: Partial<OriginGroup>) => ({ OriginGroups: list({ ...GROUP, ...changes }) });
    await refused(group({ Members: list({ OriginId: 'server' }, { OriginId: 'nobody' }) }), 'NoSuchOrigin');
    await refused(group({ Members: list({ OriginId: 'server' }, { OriginId: 'server' }) }), 'InvalidArgument');
    await refused(group({ Members: list({ OriginId: 'server' }) }), 'InvalidArgument');
    await refused(group({ FailoverCriteria: { StatusCodes: list(200) } }), 'InvalidArgument');
    await refused(group({ Id: 'server' }), 'InvalidArgument');
    await refused({ DefaultCacheBehavior: { ...BEHAVIOR, TargetOriginId: 'nobody' } }, 'NoSuchOrigin');
  });

  it('refuses path patterns with other characters, twice the same, or more than 75 behaviors', async () => {
    for (const pattern of ['*.p g', '*.ü', 'a|b', '[a]', '*.{png}', 'a#b', '', 'a'.repeat(256)]) {
      await refused({ CacheBehaviors: list(images(pattern)) }, 'InvalidArgument');
    }
    await refused({ CacheBehaviors: list(images('*.png'), images('/*.png')) }, 'InvalidArgument');
    const many = (count: number) => ({
      CacheBehaviors: list(...Array.from({ length: count }, (_, index) => images(`${index}/*`))),
    });
    await create(many(74));
    await refused(many(75), 'TooManyCacheBehaviors');
  });

  it('refuses error responses for other codes, or with half a page', async () => {
    const error = (changes: Partial<CustomErrorResponse>) => ({
      CustomErrorResponses: list({ ErrorCode: 404, ...PAGE, ...changes }),
    });
    await refused(error({ ErrorCode: 401 }), 'InvalidErrorCode');
    await refused(error({ ErrorCode: 200 }), 'InvalidErrorCode');
    await refused({ CustomErrorResponses: list({ ErrorCode: 404 }, { ErrorCode: 404 }) }, 'InvalidErrorCode');
    await refused(error({ ResponseCode: '302' }), 'InvalidResponseCode');
    await refused({ CustomErrorResponses: list({ ErrorCode: 404, ResponseCode: '404' }) }, 'InvalidArgument');
    await refused({ CustomErrorResponses: list({ ErrorCode: 404, ResponsePagePath: '/404.html' }) }, 'InvalidArgument');
    await refused(error({ ResponsePagePath: '404.html' }), 'InvalidArgument');
    await refused(error({ ErrorCachingMinTTL: -1 }), 'InvalidArgument');
    const id = await create({ CustomErrorResponses: list({ ErrorCode: 404, ErrorCachingMinTTL: 0 }) });
    const { DistributionConfig } = await plane.cloudFront.send(new GetDistributionConfigCommand({ Id: id }));
    assert.equal(DistributionConfig?.CustomErrorResponses?.Items?.[0]?.ErrorCachingMinTTL, 0);
  });

  it('associates published functions of the account with events of viewers, one each', async () => {
    const { arn, etag } = await makeFunction();
    await refused(withFunction(arn, 'viewer-request'), 'InvalidFunctionAssociation');
    await publish(etag);
    const stranger = arn.replace('123456789012', '210987654321');
    await refused(withFunction(stranger, 'viewer-request'), 'InvalidFunctionAssociation');
    await refused(withFunction(`${arn}2`, 'viewer-request'), 'InvalidFunctionAssociation');
    await refused(withFunction(arn, 'origin-request'), 'InvalidFunctionAssociation');
    await refused(withFunction(arn, 'viewer-request', 'viewer-request'), 'InvalidFunctionAssociation');
    await create(withFunction(arn, 'viewer-request', 'viewer-response'));
  });

  it('takes functions by name, size and runtime', async () => {
    for (const name of ['a b', 'a.b', 'ä', 'a'.repeat(65)]) {
      await assert.rejects(makeFunction(name), code('InvalidArgument'), name);
    }
    await assert.rejects(makeFunction('index', ' '.repeat(10 * 1024 + 1)), code('FunctionSizeLimitExceeded'));
    await makeFunction();
    await assert.rejects(makeFunction(), code('FunctionAlreadyExists'));
  });

  it('changes and publishes a function only under the current ETag of its development stage', async () => {
    const { etag } = await makeFunction();
    const update = (IfMatch: string, text = `${CODE}//2`) =>
      plane.cloudFront.send(
        new UpdateFunctionCommand({
          ...{ Name: 'index', IfMatch, FunctionCode: Buffer.from(text) },
          FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        }),
      );
    await assert.rejects(describeFunction('LIVE'), code('NoSuchFunctionExists'));
    await assert.rejects(
      plane.cloudFront.send(new GetFunctionCommand({ Name: 'index', Stage: 'LIVE' })),
      code('NoSuchFunctionExists'),
    );
    await publish(etag);
    const live = await describeFunction('LIVE');
    assert.equal((await describeFunction('DEVELOPMENT')).ETag, etag);
    assert.ok(live.ETag && live.ETag !== etag);
    await assert.rejects(update(live.ETag), code('PreconditionFailed'));
    const { ETag: next = '' } = await update(etag);
    await assert.rejects(publish(etag), code('PreconditionFailed'));
    await assert.rejects(update(etag), code('PreconditionFailed'));
    const published = await plane.cloudFront.send(new GetFunctionCommand({ Name: 'index', Stage: 'LIVE' }));
    assert.equal(Buffer.from(published.FunctionCode ?? []).toString(), CODE);
    await publish(next);
    await assert.rejects(publish(next, 'other'), code('NoSuchFunctionExists'));
    const { FunctionList } = await plane.cloudFront.send(new ListFunctionsCommand({ Stage: 'LIVE' }));
    assert.deepEqual(
      FunctionList?.Items?.map(({ Name }) => Name),
      ['index'],
    );
  });

  it('runs what was published before until a publication is through', async () => {
    const { arn, etag } = await makeFunction();
    const running = async () => (await plane.admin<PublishedFunction[]>('GET', 'functions')).map((one) => one.code);
    const status = async () => (await describeFunction('LIVE')).FunctionSummary?.Status;
    assert.deepEqual(await running(), []);
    await publish(etag);
    assert.equal(await status(), 'UNASSOCIATED');
    await create(withFunction(arn, 'viewer-request'));
    assert.equal(await status(), 'DEPLOYED');
    const { ETag = '' } = await plane.cloudFront.send(
      new UpdateFunctionCommand({
        ...{ Name: 'index', IfMatch: etag, FunctionCode: Buffer.from('function handler() {}') },
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
      }),
    );
    assert.equal((await describeFunction('DEVELOPMENT')).FunctionSummary?.Status, 'UNPUBLISHED');
    await setNever(plane, 'deploySeconds');
    await publish(ETag);
    assert.equal(await status(), 'IN_PROGRESS');
    assert.deepEqual(await running(), [CODE]);
    await plane.admin('POST', 'settings', { deploySeconds: 0 });
    assert.deepEqual(await running(), ['function handler() {}']);
  });

  it('keeps a function while a distribution has it, also one that is not deployed without it yet', async () => {
    const { arn, etag } = await makeFunction();
    await publish(etag);
    const remove = () => plane.cloudFront.send(new DeleteFunctionCommand({ Name: 'index', IfMatch: etag }));
    const Id = await create(withFunction(arn, 'viewer-request'));
    await assert.rejects(remove(), code('FunctionInUse'));
    const { DistributionConfig, ETag } = await plane.cloudFront.send(new GetDistributionConfigCommand({ Id }));
    assert.ok(DistributionConfig);
    await setNever(plane, 'deploySeconds');
    await plane.cloudFront.send(
      new UpdateDistributionCommand({
        ...{ Id, IfMatch: ETag },
        DistributionConfig: { ...DistributionConfig, DefaultCacheBehavior: BEHAVIOR },
      }),
    );
    await assert.rejects(remove(), code('FunctionInUse'));
    await plane.admin('POST', 'settings', { deploySeconds: 0 });
    await remove();
    await assert.rejects(describeFunction('DEVELOPMENT'), code('NoSuchFunctionExists'));
  });

  it('lets a user do with a function only what the user may do with that one', async () => {
    const { etag } = await makeFunction();
    await makeFunction('other');
    const may = (Action: string) => ({ Effect: 'Allow', Action, Resource: 'arn:aws:cloudfront::*:function/index' });
    const policy = ['cloudfront:DescribeFunction', 'cloudfront:PublishFunction'].map(may);
    const user = await plane.admin<MadeUser>('POST', 'users', { name: 'ann', policy });
    const ann = new CloudFrontClient({ region: 'us-east-1', endpoint: plane.endpoint, credentials: user });
    const send = (Name: string, IfMatch: string) => ann.send(new PublishFunctionCommand({ Name, IfMatch }));
    await ann.send(new DescribeFunctionCommand({ Name: 'index' }));
    await send('index', etag);
    await assert.rejects(send('other', etag), code('AccessDenied'));
    await assert.rejects(ann.send(new DeleteFunctionCommand({ Name: 'index', IfMatch: etag })), code('AccessDenied'));
  });

  it('shows which security headers the managed policy adds', async () => {
    const shown = await plane.cloudFront.send(new GetResponseHeadersPolicyCommand({ Id: CORS_AND_SECURITY }));
    const config = shown.ResponseHeadersPolicy?.ResponseHeadersPolicyConfig;
    assert.deepEqual(config?.CorsConfig?.AccessControlAllowOrigins?.Items, ['*']);
    assert.deepEqual(config.SecurityHeadersConfig?.ContentTypeOptions, { Override: true });
    assert.equal(config.SecurityHeadersConfig.FrameOptions?.FrameOption, 'SAMEORIGIN');
  });
});
