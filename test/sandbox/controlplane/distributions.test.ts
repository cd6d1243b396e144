import assert from 'node:assert/strict';
import {
  CreateDistributionCommand,
  CreateDistributionWithTagsCommand,
  CreateFunctionCommand,
  CreateInvalidationCommand,
  CreateMonitoringSubscriptionCommand,
  CreateOriginAccessControlCommand,
  DeleteDistributionCommand,
  DeleteMonitoringSubscriptionCommand,
  DeleteOriginAccessControlCommand,
  DescribeFunctionCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetInvalidationCommand,
  GetMonitoringSubscriptionCommand,
  GetOriginAccessControlCommand,
  GetResponseHeadersPolicyCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
  ListOriginAccessControlsCommand,
  ListTagsForResourceCommand,
  NoSuchResponseHeadersPolicy,
  PublishFunctionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateDistributionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import {
  askSigned,
  code,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';

const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const SIMPLE_CORS = '60669652-455b-4ae9-85a4-c4c02393f86c';
const DOMAIN = 'photos.s3.us-east-1.amazonaws.com';

function configOf(changes: Partial<DistributionConfig> = {}): DistributionConfig {
  return {
    CallerReference: 'demo-1',
    Comment: 'sitelift demo',
    Enabled: true,
    Origins: {
      Quantity: 1,
      Items: [{ Id: 'bucket', DomainName: DOMAIN, S3OriginConfig: { OriginAccessIdentity: '' } }],
    },
    DefaultCacheBehavior: {
      TargetOriginId: 'bucket',
      ViewerProtocolPolicy: 'redirect-to-https',
      CachePolicyId: CACHING_OPTIMIZED,
    },
    ...changes,
  };
}

describe('the control plane, on distributions', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  async function create(changes: Partial<DistributionConfig> = {}): Promise<{ id: string; etag: string; arn: string }> {
    const { Distribution, ETag } = await plane.cloudFront.send(
      new CreateDistributionCommand({ DistributionConfig: configOf(changes) }),
    );
    assert.ok(Distribution?.Id && Distribution.ARN && ETag);
    return { id: Distribution.Id, etag: ETag, arn: Distribution.ARN };
  }
  const get = async (id: string) => plane.cloudFront.send(new GetDistributionCommand({ Id: id }));
  const currentConfig = async (id: string) => {
    const { DistributionConfig, ETag } = await plane.cloudFront.send(new GetDistributionConfigCommand({ Id: id }));
    assert.ok(DistributionConfig && ETag);
    return { config: DistributionConfig, etag: ETag };
  };
  const createControl = async (name: string) => {
    const { OriginAccessControl, ETag } = await plane.cloudFront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name: name,
          SigningProtocol: 'sigv4',
          SigningBehavior: 'always',
          OriginAccessControlOriginType: 's3',
        },
      }),
    );
    assert.ok(OriginAccessControl?.Id && ETag);
    return { id: OriginAccessControl.Id, etag: ETag };
  };

  it('deploys after a create and again after an update, and serves the old configuration until then', async () => {
    await setNever(plane, 'deploySeconds');
    const { id } = await create({ DefaultRootObject: 'index.html' });
    assert.equal((await get(id)).Distribution?.Status, 'InProgress');
    const deployed = async () =>
      (await plane.admin<{ config: { defaultRootObject: string } | null }[]>('GET', 'distributions'))[0];
    assert.equal((await deployed())?.config, null);
    await plane.admin('POST', 'settings', { deploySeconds: 0 });
    assert.equal((await get(id)).Distribution?.Status, 'Deployed');

    await setNever(plane, 'deploySeconds');
    const { config, etag } = await currentConfig(id);
    const update = { Id: id, IfMatch: etag, DistributionConfig: { ...config, DefaultRootObject: 'home.html' } };
    await plane.cloudFront.send(new UpdateDistributionCommand(update));
    assert.equal((await get(id)).Distribution?.Status, 'InProgress');
    assert.equal((await deployed())?.config?.defaultRootObject, 'index.html');
    await plane.admin('POST', 'settings', { deploySeconds: 0 });
    assert.equal((await deployed())?.config?.defaultRootObject, 'home.html');
  });

  it('takes an update only under the current ETag, which every update changes', async () => {
    const { id, etag } = await create();
    const { config } = await currentConfig(id);
    const update = (IfMatch: string | undefined) =>
      plane.cloudFront.send(new UpdateDistributionCommand({ Id: id, DistributionConfig: config, IfMatch }));
    const first = await update(etag);
    assert.notEqual(first.ETag, etag);
    await assert.rejects(update(etag), code('PreconditionFailed'));
    await assert.rejects(update(undefined), code('InvalidIfMatchVersion'));
  });

  it('takes an update only whole, and never with another caller reference', async () => {
    const { id, etag } = await create();
    const update = (config: DistributionConfig) =>
      plane.cloudFront.send(new UpdateDistributionCommand({ Id: id, IfMatch: etag, DistributionConfig: config }));
    await assert.rejects(update(configOf()), code('IllegalUpdate'));
    const { config } = await currentConfig(id);
    await assert.rejects(update({ ...config, CallerReference: 'demo-2' }), code('IllegalUpdate'));
  });

  it('deletes a distribution only once it is disabled and that is deployed', async () => {
    const { id, etag } = await create();
    const remove = (IfMatch: string) => plane.cloudFront.send(new DeleteDistributionCommand({ Id: id, IfMatch }));
    await assert.rejects(remove(etag), code('DistributionNotDisabled'));
    await setNever(plane, 'deploySeconds');
    const { config } = await currentConfig(id);
    const { ETag } = await plane.cloudFront.send(
      new UpdateDistributionCommand({ Id: id, IfMatch: etag, DistributionConfig: { ...config, Enabled: false } }),
    );
    assert.ok(ETag);
    await assert.rejects(remove(ETag), code('DistributionNotDisabled'));
    await plane.admin('POST', 'settings', { deploySeconds: 0 });
    await remove(ETag);
    await assert.rejects(get(id), code('NoSuchDistribution'));
  });

  it('makes one distribution per caller reference', async () => {
    await create();
    await assert.rejects(create({ Comment: 'again' }), code('DistributionAlreadyExists'));
  });

  it('lists distributions with comment, state and origins', async () => {
    const { id } = await create();
    const { DistributionList } = await plane.cloudFront.send(new ListDistributionsCommand({}));
    const [item] = DistributionList?.Items ?? [];
    assert.equal(item?.Id, id);
    assert.equal(item.Comment, 'sitelift demo');
    assert.equal(item.Enabled, true);
    assert.equal(item.Origins?.Items?.[0]?.DomainName, DOMAIN);
    assert.equal(item.DefaultCacheBehavior?.TargetOriginId, 'bucket');
  });

  it('accepts an origin group as the default target, but not with methods that write', async () => {
    const group: Partial<DistributionConfig> = {
      Origins: {
        Quantity: 2,
        Items: ['one', 'two'].map((Id) => ({
          Id,
          DomainName: `${Id}.s3.us-east-1.amazonaws.com`,
          S3OriginConfig: { OriginAccessIdentity: '' },
        })),
      },
      OriginGroups: {
        Quantity: 1,
        Items: [
          {
            Id: 'both',
            FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [500] } },
            Members: { Quantity: 2, Items: [{ OriginId: 'one' }, { OriginId: 'two' }] },
          },
        ],
      },
    };
    const behavior = {
      ...configOf().DefaultCacheBehavior,
      TargetOriginId: 'both',
    } as DistributionConfig['DefaultCacheBehavior'];
    const { id } = await create({ ...group, DefaultCacheBehavior: behavior });
    const { config } = await currentConfig(id);
    assert.equal(config.OriginGroups?.Items?.[0]?.Members?.Items?.[1]?.OriginId, 'two');
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'DELETE'] as const;
    const writing = { ...behavior, AllowedMethods: { Quantity: 7, Items: [...methods] } } as typeof behavior;
    await assert.rejects(
      create({ ...group, CallerReference: 'demo-2', DefaultCacheBehavior: writing }),
      code('InvalidArgument'),
    );
  });

  it('refuses origins, targets, policies and countries that do not exist', async () => {
    const origin = (DomainName: string) => ({
      Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName, S3OriginConfig: { OriginAccessIdentity: '' } }] },
    });
    const geo = (Items: string[]) => ({
      Restrictions: { GeoRestriction: { RestrictionType: 'whitelist' as const, Quantity: Items.length, Items } },
    });
    const behavior = configOf().DefaultCacheBehavior;
    assert.ok(behavior);
    await assert.rejects(create(origin('54.1.2.3')), code('InvalidArgument'));
    await assert.rejects(create(geo(['ZZ'])), code('InvalidLocationCode'));
    await assert.rejects(
      create({ DefaultCacheBehavior: { ...behavior, TargetOriginId: 'nothing' } }),
      code('NoSuchOrigin'),
    );
    await assert.rejects(
      create({ DefaultCacheBehavior: { ...behavior, CachePolicyId: 'nothing' } }),
      code('NoSuchCachePolicy'),
    );
    await assert.rejects(create({ Aliases: { Quantity: 2, Items: ['a.example'] } }), code('InconsistentQuantities'));
    await create(geo(['DE', 'AT']));
  });

  it('keeps a managed response headers policy, and knows no other', async () => {
    const behavior = configOf().DefaultCacheBehavior;
    assert.ok(behavior);
    const withPolicy = (ResponseHeadersPolicyId: string) => ({
      DefaultCacheBehavior: { ...behavior, ResponseHeadersPolicyId },
    });
    await assert.rejects(create(withPolicy('60669652-0000-0000-0000-000000000000')), (error: unknown) => {
      assert.ok(error instanceof NoSuchResponseHeadersPolicy);
      assert.equal(error.$metadata.httpStatusCode, 404);
      return true;
    });
    const { id } = await create(withPolicy(SIMPLE_CORS));
    const { config } = await currentConfig(id);
    assert.equal(config.DefaultCacheBehavior?.ResponseHeadersPolicyId, SIMPLE_CORS);
    const shown = await plane.cloudFront.send(new GetResponseHeadersPolicyCommand({ Id: SIMPLE_CORS }));
    const cors = shown.ResponseHeadersPolicy?.ResponseHeadersPolicyConfig?.CorsConfig;
    assert.deepEqual(cors?.AccessControlAllowOrigins?.Items, ['*']);
    assert.equal(cors.OriginOverride, false);
    const [report] = await plane.admin<{ config: { responseHeadersPolicyId?: string } }[]>('GET', 'distributions');
    assert.equal(report?.config.responseHeadersPolicyId, SIMPLE_CORS);
  });

  it('keeps the access control of an origin, and the control while an origin uses it', async () => {
    const control = await createControl('demo');
    await assert.rejects(createControl('demo'), code('OriginAccessControlAlreadyExists'));
    const item = { Id: 'bucket', DomainName: DOMAIN, S3OriginConfig: { OriginAccessIdentity: '' } };
    const { id } = await create({
      Origins: { Quantity: 1, Items: [{ ...item, OriginAccessControlId: control.id }] },
    });
    const { config } = await currentConfig(id);
    assert.equal(config.Origins?.Items?.[0]?.OriginAccessControlId, control.id);
    const remove = (Id: string, IfMatch: string) =>
      plane.cloudFront.send(new DeleteOriginAccessControlCommand({ Id, IfMatch }));
    await assert.rejects(remove(control.id, control.etag), code('OriginAccessControlInUse'));
    const free = await createControl('other');
    await remove(free.id, free.etag);
    await assert.rejects(remove(free.id, free.etag), code('NoSuchOriginAccessControl'));
    await assert.rejects(
      plane.cloudFront.send(new GetOriginAccessControlCommand({ Id: free.id })),
      code('NoSuchOriginAccessControl'),
    );
    const unknown = { Origins: { Quantity: 1, Items: [{ ...item, OriginAccessControlId: 'E0000000000000' }] } };
    await assert.rejects(create({ ...unknown, CallerReference: 'demo-2' }), code('InvalidOriginAccessControl'));
  });

  it('completes an invalidation after a while and answers the same reference with the same one', async () => {
    const { id } = await create();
    await setNever(plane, 'invalidationSeconds');
    const invalidate = async (reference: string, ...paths: string[]) => {
      const { Invalidation } = await plane.cloudFront.send(
        new CreateInvalidationCommand({
          DistributionId: id,
          InvalidationBatch: { CallerReference: reference, Paths: { Quantity: paths.length, Items: paths } },
        }),
      );
      return Invalidation;
    };
    const first = await invalidate('r1', '/a.png', '/b/*');
    assert.equal(first?.Status, 'InProgress');
    assert.equal((await invalidate('r1', '/a.png', '/b/*'))?.Id, first.Id);
    await assert.rejects(invalidate('r1', '/c.png'), code('InvalidationBatchAlreadyExists'));
    for (const path of ['a.png', '/a b.png', '/ü.png', '/a*b', '/a~b.png']) {
      await assert.rejects(invalidate('r2', path), code('InvalidArgument'), path);
    }
    await plane.admin('POST', 'settings', { invalidationSeconds: 0 });
    const done = await plane.cloudFront.send(new GetInvalidationCommand({ DistributionId: id, Id: first.Id }));
    assert.equal(done.Invalidation?.Status, 'Completed');
    await assert.rejects(
      plane.cloudFront.send(new GetInvalidationCommand({ DistributionId: id, Id: 'I00000000' })),
      code('NoSuchInvalidation'),
    );
  });

  it('refuses a sixteenth wildcard in progress', async () => {
    const { id } = await create();
    await setNever(plane, 'invalidationSeconds');
    const paths = Array.from({ length: 16 }, (_, index) => `/${index}/*`);
    const batch = (reference: string, items: string[]) =>
      plane.cloudFront.send(
        new CreateInvalidationCommand({
          DistributionId: id,
          InvalidationBatch: { CallerReference: reference, Paths: { Quantity: items.length, Items: items } },
        }),
      );
    await batch('r1', paths.slice(0, 15));
    await assert.rejects(batch('r2', paths.slice(15)), code('TooManyInvalidationsInProgress'));
  });

  it('keeps tags from the creation on', async () => {
    const { Distribution } = await plane.cloudFront.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: {
          DistributionConfig: configOf(),
          Tags: { Items: [{ Key: 'sitelift:site', Value: 'demo' }] },
        },
      }),
    );
    const list = async () => {
      const { Tags } = await plane.cloudFront.send(new ListTagsForResourceCommand({ Resource: Distribution?.ARN }));
      return Tags?.Items;
    };
    assert.deepEqual(await list(), [{ Key: 'sitelift:site', Value: 'demo' }]);
    await plane.cloudFront.send(
      new UntagResourceCommand({ Resource: Distribution?.ARN, TagKeys: { Items: ['sitelift:site'] } }),
    );
    assert.deepEqual((await list()) ?? [], []);
  });

  it('refuses tags with characters that it does not take', async () => {
    const { arn } = await create();
    const tag = (Key: string, Value: string) =>
      plane.cloudFront.send(new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key, Value }] } }));
    await tag('sitelift:site', 'Ünï côdé 1 _.:/=+-@');
    for (const value of ['a,b', 'it’s', '(x)', 'a\tb', 'x'.repeat(257)]) {
      await assert.rejects(tag('sitelift:site', value), code('InvalidTagging'), value);
    }
    await assert.rejects(tag('a&b', ''), code('InvalidTagging'));
    const withTags = new CreateDistributionWithTagsCommand({
      DistributionConfigWithTags: {
        DistributionConfig: configOf({ CallerReference: 'demo-2' }),
        Tags: { Items: [{ Key: 'site', Value: 'a!' }] },
      },
    });
    await assert.rejects(plane.cloudFront.send(withTags), code('InvalidTagging'));
  });

  it('can take a while to list what it has', async () => {
    await setNever(plane, 'cloudfrontListLagSeconds');
    const { id } = await create();
    const control = await createControl('demo');
    const listed = async () => [
      ((await plane.cloudFront.send(new ListDistributionsCommand({}))).DistributionList?.Items ?? []).length,
      ((await plane.cloudFront.send(new ListOriginAccessControlsCommand({}))).OriginAccessControlList?.Items ?? [])
        .length,
    ];
    assert.deepEqual(await listed(), [0, 0]);
    await get(id);
    await plane.cloudFront.send(new GetOriginAccessControlCommand({ Id: control.id }));
    await plane.admin('POST', 'settings', { cloudfrontListLagSeconds: 0 });
    assert.deepEqual(await listed(), [1, 1]);
  });

  it('can take a while to list a change, which the distribution itself shows at once', async () => {
    const { id } = await create();
    await setNever(plane, 'cloudfrontChangeLagSeconds');
    const { config, etag } = await currentConfig(id);
    const DistributionConfig = { ...config, Comment: 'changed' };
    await plane.cloudFront.send(new UpdateDistributionCommand({ Id: id, IfMatch: etag, DistributionConfig }));
    const listed = async () => {
      const { DistributionList } = await plane.cloudFront.send(new ListDistributionsCommand({}));
      return DistributionList?.Items?.find(({ Id }) => Id === id)?.Comment;
    };
    assert.notEqual(await listed(), 'changed');
    assert.equal((await get(id)).Distribution?.DistributionConfig?.Comment, 'changed');
    await plane.admin('POST', 'settings', { cloudfrontChangeLagSeconds: 0 });
    assert.equal(await listed(), 'changed');
  });

  it('shows tagged distributions to the tagging API, in us-east-1 only', async () => {
    const tags = { Items: [{ Key: 'sitelift:site', Value: 'demo' }] };
    const { Distribution } = await plane.cloudFront.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: { DistributionConfig: configOf(), Tags: tags },
      }),
    );
    const find = async (region: string) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'ResourceGroupsTaggingAPI_20170126.GetResources',
      };
      const filters = {
        ResourceTypeFilters: ['cloudfront:distribution'],
        TagFilters: [{ Key: 'sitelift:site' }],
      };
      const answer = await askSigned(plane, ['tagging', region], headers, JSON.stringify(filters));
      const { ResourceTagMappingList } = (await answer.json()) as { ResourceTagMappingList: { ResourceARN: string }[] };
      return ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN);
    };
    assert.deepEqual(await find('us-east-1'), [Distribution?.ARN]);
    assert.deepEqual(await find('eu-central-1'), []);
  });

  it('has monitoring subscriptions and the managed cache policies', async () => {
    const { id } = await create();
    const subscription = {
      RealtimeMetricsSubscriptionConfig: { RealtimeMetricsSubscriptionStatus: 'Enabled' as const },
    };
    const ask = () => plane.cloudFront.send(new GetMonitoringSubscriptionCommand({ DistributionId: id }));
    await assert.rejects(ask(), code('NoSuchMonitoringSubscription'));
    await plane.cloudFront.send(
      new CreateMonitoringSubscriptionCommand({ DistributionId: id, MonitoringSubscription: subscription }),
    );
    assert.deepEqual((await ask()).MonitoringSubscription, subscription);
    await plane.cloudFront.send(new DeleteMonitoringSubscriptionCommand({ DistributionId: id }));
    await assert.rejects(ask(), code('NoSuchMonitoringSubscription'));
    const { CachePolicyList } = await plane.cloudFront.send(new ListCachePoliciesCommand({ Type: 'managed' }));
    const optimized = CachePolicyList?.Items?.find(({ CachePolicy }) => CachePolicy?.Id === CACHING_OPTIMIZED);
    assert.equal(optimized?.CachePolicy?.CachePolicyConfig?.Name, 'Managed-CachingOptimized');
  });

  it('associates functions once they are published', async () => {
    const { FunctionSummary, ETag } = await plane.cloudFront.send(
      new CreateFunctionCommand({
        Name: 'rewrite',
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: Buffer.from('function handler(event) { return event.request; }'),
      }),
    );
    const arn = FunctionSummary?.FunctionMetadata?.FunctionARN;
    assert.ok(arn && ETag);
    const behavior = {
      ...configOf().DefaultCacheBehavior,
      FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: arn }] },
    } as DistributionConfig['DefaultCacheBehavior'];
    await assert.rejects(create({ DefaultCacheBehavior: behavior }), code('InvalidFunctionAssociation'));
    await plane.cloudFront.send(new PublishFunctionCommand({ Name: 'rewrite', IfMatch: ETag }));
    await create({ DefaultCacheBehavior: behavior });
    const live = await plane.cloudFront.send(new DescribeFunctionCommand({ Name: 'rewrite', Stage: 'LIVE' }));
    assert.equal(live.FunctionSummary?.FunctionMetadata?.Stage, 'LIVE');
  });
});
