import { GetDistributionConfigCommand, GetFunctionCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront';
import { StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import type { Context } from '../../../src/core/context';
import { run } from '../../../src/core/plan';
import { waitUntilDeployed, type DistributionHave } from '../../../src/core/resources/distribution/distribution';
import { correctedConfig, driftOf, newConfig } from '../../../src/core/resources/distribution/distributionConfig';
import { driftText } from '../../../src/core/resources/driftText';
import { runningInstance } from '../../../src/core/resources/lookup';
import { known } from '../../../src/core/resources/resource';
import { describeSite, describeUrl } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf, keysOf, planned, provision } from './provisioned';

const serving = (serves: string) => (file: Record<string, unknown>) => void (file['distribution'] = { serves });
const PAGES = {
  host: 'ec2-1-2-3-4.compute-1.amazonaws.com',
  functionArn: 'arn:aws:cloudfront::1:function/sitelift-abcd1234-urls-1',
  proof: undefined,
};

const distributionOf = async (context: Context): Promise<DistributionHave> =>
  known((await describeSite(context, newOp())).distribution) ?? assert.fail('no distribution');

async function configOf(context: Context, Id: string) {
  const { DistributionConfig: config, ETag } = await context.clients.cloudfront.send(
    new GetDistributionConfigCommand({ Id }),
  );
  return { config: config ?? assert.fail('no config'), etag: ETag };
}

/** The same site with another wish. */
function asServing({ site, clients }: Context, serves: 'images' | 'site'): Context {
  return { site: { ...site, distribution: { ...site.distribution, serves } }, clients };
}

describe('the config of a distribution that serves the whole site', () => {
  const { site, ...rest } = newContext((file) => {
    file['id'] = 'abcd1234';
    serving('site')(file);
  });
  const whole = newConfig({ site, ...rest }, 'OAC1', 1, PAGES);
  const images = newConfig({ site, ...rest }, 'OAC1', 1);
  const target = (config: DistributionConfig) => config.DefaultCacheBehavior?.TargetOriginId;

  it('asks the server first and soon the bucket, and the bucket alone for images', () => {
    assert.deepEqual(driftOf(site, whole), []);
    const [group] = whole.OriginGroups?.Items ?? [];
    assert.equal(target(whole), group?.Id);
    assert.deepEqual(group?.Members?.Items, [{ OriginId: 'sitelift-server' }, { OriginId: 'bucket' }]);
    assert.deepEqual(group.FailoverCriteria?.StatusCodes?.Items, [403, 404, 500, 502, 503, 504]);
    const server = whole.Origins?.Items?.find(({ Id }) => Id === 'sitelift-server');
    assert.equal(server?.DomainName, PAGES.host);
    assert.deepEqual([server.ConnectionAttempts, server.ConnectionTimeout], [1, 2]);
    assert.equal(server.CustomOriginConfig?.OriginProtocolPolicy, 'http-only');
    const behaviors = whole.CacheBehaviors?.Items ?? [];
    assert.ok(behaviors.every(({ TargetOriginId }) => TargetOriginId === 'bucket'));
    assert.ok(behaviors.some(({ PathPattern }) => PathPattern === '*.png'));
    // Some accounts have the former quota of 25 still, the default one included.
    assert.ok(behaviors.length < 25);
  });

  it('is put right from one that serves images, and back to just that', () => {
    const corrected = correctedConfig(site, images, 'OAC1', PAGES);
    assert.deepEqual(driftOf(site, images).map(driftText), ['what it serves is the images, wanted the whole site']);
    assert.deepEqual(driftOf(site, corrected), []);
    assert.deepEqual(correctedConfig(site, corrected, 'OAC1', PAGES), corrected);
    const forImages = { ...site, distribution: { ...site.distribution, serves: 'images' as const } };
    assert.deepEqual(driftOf(forImages, corrected).map(driftText), [
      'what it serves is the whole site, wanted the images',
    ]);
    const back = correctedConfig(forImages, corrected, 'OAC1');
    assert.deepEqual(driftOf(forImages, back), []);
    assert.equal(target(back), 'bucket');
    for (const list of [back.OriginGroups, back.CacheBehaviors, back.CustomErrorResponses]) {
      assert.deepEqual([list?.Quantity, list?.Items], [0, undefined]);
    }
    assert.deepEqual(
      back.Origins?.Items?.map(({ Id }) => Id),
      ['bucket'],
    );
    assert.equal(back.DefaultCacheBehavior?.FunctionAssociations?.Quantity, 0);
  });

  it('keeps what somebody else added: behaviors, error pages, a function of their own', () => {
    const theirs: DistributionConfig = {
      ...images,
      CacheBehaviors: { Quantity: 1, Items: [{ ...images.DefaultCacheBehavior!, PathPattern: '*.png' }] },
      CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ResponsePagePath: '/lost.html' }] },
      DefaultCacheBehavior: {
        ...images.DefaultCacheBehavior!,
        FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: 'arn:x/theirs' }] },
      },
    };
    const corrected = correctedConfig(site, theirs, 'OAC1', PAGES);
    assert.deepEqual(driftOf(site, corrected), []);
    const answers = corrected.CustomErrorResponses?.Items?.map(({ ErrorCode, ResponsePagePath }) => [
      ErrorCode,
      ResponsePagePath,
    ]);
    assert.deepEqual(answers, [
      [404, '/lost.html'],
      [403, '/404.html'],
    ]);
    assert.equal(corrected.CacheBehaviors?.Items?.filter(({ PathPattern }) => PathPattern === '*.png').length, 1);
    assert.deepEqual(corrected.DefaultCacheBehavior?.FunctionAssociations?.Items, [
      { EventType: 'viewer-request', FunctionARN: 'arn:x/theirs' },
    ]);
  });

  it('shows the server who asks, with one secret that stays, where that answers nobody else', () => {
    const closed = { ...site, server: { ...site.server, openTo: 'cloudfront' as const } };
    assert.deepEqual(driftOf(closed, whole).map(driftText), [
      'the proof that it shows the server is missing, wanted there',
    ]);
    const corrected = correctedConfig(closed, whole, 'OAC1', { ...PAGES, proof: 'secret' });
    assert.deepEqual(driftOf(closed, corrected), []);
    const server = corrected.Origins?.Items?.find(({ Id }) => Id === 'sitelift-server');
    assert.deepEqual(server?.CustomHeaders?.Items, [{ HeaderName: 'X-Sitelift-Proof', HeaderValue: 'secret' }]);
    const others = corrected.Origins?.Items?.filter(({ Id }) => Id !== 'sitelift-server') ?? [];
    assert.ok(others.every(({ CustomHeaders }) => CustomHeaders === undefined));
  });

  it('tells what of it is lacking', () => {
    assert.deepEqual(
      driftOf(site, {
        ...whole,
        CacheBehaviors: { Quantity: 0 },
        CustomErrorResponses: { Quantity: 0 },
        DefaultCacheBehavior: { ...whole.DefaultCacheBehavior!, FunctionAssociations: { Quantity: 0 } },
      }).map(driftText),
      [
        'the function that finds the pages of short URLs is missing, wanted there',
        'the origin of some images is the server, wanted the bucket alone',
        'the page for what is not found is missing, wanted /404.html',
      ],
    );
  });
});

describe('a distribution that serves the whole site', () => {
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('is planned with the server that it reads from, made, and then leaves nothing to do', async () => {
    const context = newContext(serving('site'));
    const keys = await provision(context, 'distribution');
    assert.deepEqual(keys, ['role', 'securityGroup', 'instance', 'bucket', 'distribution', 'bucketPolicy']);
    const { PublicDnsName } = await runningInstance(context, newOp());
    const have = await distributionOf(context);
    assert.equal(have.pagesHost, PublicDnsName);
    assert.equal(await describeUrl(context, newOp()), `https://${have.domain}/`);
    assert.ok(have.readsBucket);
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
    const calls = await callsOf(() => provision(context, 'distribution'));
    assert.deepEqual(changesOf(calls), []);
  });

  it('comes of one that serves images and goes back to that, which costs those who read pages there', async () => {
    const context = newContext();
    await provision(context, 'server');
    await provision(context, 'distribution');
    const before = await configOf(context, (await distributionOf(context)).id);
    const whole = asServing(context, 'site');
    assert.deepEqual(
      (await planned(whole, 'distribution')).flat().map(({ title, loses }) => [title.replace(/E\w+/, 'E'), loses]),
      [['put distribution E in order (what it serves is the images, wanted the whole site)', undefined]],
    );
    await provision(whole, 'distribution');
    assert.deepEqual(keysOf(await planned(whole, 'distribution')), []);
    assert.deepEqual(
      (await planned(context, 'distribution')).flat().map(({ title, loses }) => [title.replace(/E\w+/, 'E'), loses]),
      [['put distribution E in order (what it serves is the whole site, wanted the images)', 'uptime']],
    );
    await provision(context, 'distribution');
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
    const after = await configOf(context, (await distributionOf(context)).id);
    assert.deepEqual(after.config, before.config);
  });

  it('finds index pages and pages without their ending, by a function that the edges run', async () => {
    const context = newContext(serving('site'));
    await provision(context, 'distribution');
    const { config } = await configOf(context, (await distributionOf(context)).id);
    const [association] = config.DefaultCacheBehavior?.FunctionAssociations?.Items ?? [];
    const Name = association?.FunctionARN?.split('/').pop();
    const { FunctionCode } = await context.clients.cloudfront.send(new GetFunctionCommand({ Name, Stage: 'LIVE' }));
    const code = new TextDecoder().decode(FunctionCode);
    const became = (uri: string): string =>
      runInNewContext(`${code}; handler(${JSON.stringify({ request: { uri } })}).uri`) as string;
    const uris = ['/', '/news/', '/about', '/about.html', '/style.css', '/v1.2/notes', '/a%20b', '/v1.2/'];
    assert.deepEqual(uris.map(became), [
      ...['/index.html', '/news/index.html', '/about.html', '/about.html', '/style.css', '/v1.2/notes.html'],
      ...['/a%20b.html', '/v1.2/index.html'],
    ]);
  });

  it('converges after a failure of each of its calls', async () => {
    const context = newContext();
    await provision(context, 'server');
    await provision(context, 'distribution');
    const whole = asServing(context, 'site');
    for (const action of ['DescribeFunction', 'CreateFunction', 'PublishFunction', 'UpdateDistribution']) {
      await controlPlane().send('POST', 'faults', {
        ...{ service: 'cloudfront', action, kind: 'error', code: 'AccessDenied', status: 403, message: 'not now' },
      });
      await assert.rejects(provision(whole, 'distribution'));
      await controlPlane().send('DELETE', 'faults');
    }
    await provision(whole, 'distribution');
    assert.deepEqual(keysOf(await planned(whole, 'distribution')), []);
  });

  it('keeps the secret that it shows its server when it is put in order', async () => {
    const context = newContext((file) => {
      serving('site')(file);
      file['server'] = { openTo: 'cloudfront' };
    });
    await provision(context, 'distribution');
    const proofOf = async () => (await distributionOf(context)).proofSha1 ?? assert.fail('no proof');
    const proof = await proofOf();
    const { InstanceId } = await runningInstance(context, newOp());
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await provision(context, 'server');
    assert.equal(await proofOf(), proof);
    assert.ok(!JSON.stringify(await distributionOf(context)).includes('X-Sitelift'));
  });

  it('follows its server to another address, and to another server', async () => {
    const context = newContext(serving('site'));
    await provision(context, 'distribution');
    const { InstanceId } = await runningInstance(context, newOp());
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    const plan = await planned(context, 'server');
    assert.deepEqual(keysOf(plan), ['startInstance', 'distributionSettings']);
    assert.match(
      plan.flat()[1]?.title ?? '',
      /\(the server that it asks for pages is ec2-\S+, wanted the name that it has once it runs\)$/,
    );
    await run(plan, newOp());
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    assert.deepEqual((await provision(context, 'distribution')).slice(-2), ['instance', 'distributionSettings']);
    await waitUntilDeployed(context, newOp());
    const { PublicDnsName } = await runningInstance(context, newOp());
    assert.equal((await distributionOf(context)).pagesHost, PublicDnsName);
  });
});
