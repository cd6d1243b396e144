import {
  GetDistributionCommand,
  GetDistributionConfigCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CreateBucketCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, ROLE_TAG, SITE_TAG } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import type { Adoption } from '../../../src/core/resources/adopt/adoption';
import { listCandidates, type Adoptable } from '../../../src/core/resources/adopt/candidates';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { wished } from '../../../src/core/resources/adopt/wants';
import { admitReader } from '../../../src/core/resources/bucket/bucketPolicy';
import { bucket as bucketResource } from '../../../src/core/resources/bucket/bucket';
import { driftOf } from '../../../src/core/resources/drift';
import { planProvision } from '../../../src/core/resources/planProvision';
import { known } from '../../../src/core/resources/resource';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { makeEdge, putStatements, readAt } from './handMadeEdge';
import { callsOf, changesOf, keysOf } from './provisioned';

const HOSTILE = ['a b/ü ë 🎉/$(x)\'"&+%25.svg', 'x//double/', '?query#hash', 'folder/', '`id`;~!*()', 'bell\u0007.svg'];

describe('adopting a bucket, and a distribution with its bucket', function () {
  this.timeout(180_000);
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  const plan = (kind: Adoptable, id: string, context: Context): Promise<Adoption> =>
    planAdoption(kind, id, context, '/', newOp());
  const withWants = ({ clients, site }: Context, { wants }: Adoption): Context => ({
    clients,
    site: wished(site, wants),
  });
  /** Adopts and gives the site as its file says it then. */
  async function adopt(kind: Adoptable, id: string, context: Context): Promise<Context> {
    const adoption = await plan(kind, id, context);
    await run(adoption.plan, newOp());
    return withWants(context, adoption);
  }
  const provisioning = async (context: Context, what: ResourceName = 'distribution') =>
    planProvision(what, context, await describeSite(context, newOp()));
  const configOf = async ({ clients }: Context, id: string) =>
    (await clients.cloudfront.send(new GetDistributionConfigCommand({ Id: id }))).DistributionConfig ??
    assert.fail('no config');
  const keysIn = async ({ clients }: Context, Bucket: string) =>
    (await clients.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key = '' }) => Key) ?? [];
  const tagsOf = async ({ clients }: Context, Bucket: string) =>
    Object.fromEntries(
      ((await clients.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? []).map(({ Key, Value }) => [
        Key,
        Value,
      ]),
    );

  it('copies what readers get, lets the distribution read it, gives both tags, and then provisions without a loss', async () => {
    const context = newContext();
    const objects = {
      'images/sun.svg': { Body: 'sun', CacheControl: 'max-age=7', ContentDisposition: 'inline', Metadata: { a: 'b' } },
      ...Object.fromEntries(HOSTILE.map((key) => [key, key])),
    };
    const { arn, bucket, domain, id } = await makeEdge(context, { objects });
    await context.clients.s3.send(
      new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet: [{ Key: 'Name', Value: 'mine' }] } }),
    );
    const found = await listCandidates('distribution', context, newOp());
    assert.equal(found.find((one) => one.id === id)?.unfit, undefined);
    const adoption = await plan('distribution', id, context);
    assert.deepEqual(adoption.wants, [{ path: ['bucket', 'name'], value: bucket }]);
    assert.deepEqual(keysOf(adoption.plan), ['copyImages', 'bucketReader', 'adopt']);
    assert.match(stepsOf(adoption.plan)[0]?.title ?? '', /copy 7 objects \(\d+ bytes\) of the bucket/);
    const before = await configOf(context, id);
    await run(adoption.plan, newOp());
    const adopted = withWants(context, adoption);
    const again = await plan('distribution', id, adopted);
    assert.deepEqual([again.wants, keysOf(again.plan)], [[], []]);
    assert.deepEqual(await tagsOf(context, bucket), {
      ...{ Name: 'mine', [SITE_TAG]: context.site.id, [ROLE_TAG]: 'bucket', [ADOPTED_TAG]: 'yes' },
    });
    const { Tags } = await context.clients.cloudfront.send(new ListTagsForResourceCommand({ Resource: arn }));
    assert.deepEqual(Tags?.Items?.map(({ Key }) => Key).sort(), [ADOPTED_TAG, ROLE_TAG, SITE_TAG]);
    assert.deepEqual(await configOf(context, id), before);

    const provision = await provisioning(adopted);
    assert.deepEqual(keysOf(provision), [
      ...['copyImages', 'distributionSettings', 'distributionDeployed', 'copyRest', 'bucketPolicy', 'bucket'],
    ]);
    assert.ok(stepsOf(provision).every(({ loses }) => loses === undefined));
    await run(provision, newOp());
    assert.deepEqual(keysOf(await provisioning(adopted)), []);
    const site = await describeSite(adopted, newOp());
    assert.deepEqual([driftOf('bucket', site), driftOf('distribution', site)], [[], []]);
    assert.equal(known(site.distribution)?.isAdopted, true);
    const after = await configOf(context, id);
    const [origin] = after.Origins?.Items ?? [];
    const [former] = before.Origins?.Items ?? [];
    assert.deepEqual(
      [origin?.Id, origin?.OriginPath, origin?.OriginAccessControlId],
      ['photos', '/site', former?.OriginAccessControlId],
    );
    assert.equal(after.Comment, 'photos');

    for (const key of Object.keys(objects)) {
      const [one, copy] = await Promise.all(
        [key, `site/${key}`].map((Key) => context.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key }))),
      );
      assert.equal(await copy?.Body?.transformToString(), await one?.Body?.transformToString(), key);
    }
    const head = await context.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'site/images/sun.svg' }));
    assert.deepEqual(
      [head.ContentType, head.CacheControl, head.ContentDisposition, head.Metadata, head.ServerSideEncryption],
      ['image/svg+xml', 'max-age=7', 'inline', { a: 'b' }, 'AES256'],
    );
    assert.deepEqual(await readAt(context, domain, 'images/sun.svg'), {
      ...{ status: 200, body: 'sun', type: 'image/svg+xml' },
    });
    assert.equal((await readAt(context, domain, HOSTILE[0] ?? '')).body, HOSTILE[0]);
  });

  it('of a public bucket, closes it only when the distribution reads it by right, and no reader misses an image', async () => {
    const context = newContext();
    const paths = Array.from({ length: 400 }, (_, index) => `images/${index}.svg`);
    const objects = Object.fromEntries([...paths, 'index.html'].map((path) => [path, path]));
    const { bucket, domain, id } = await makeEdge(context, { isPublic: true, objects });
    const adopted = await adopt('distribution', id, context);
    const provision = await provisioning(adopted, 'bucket');
    assert.deepEqual(keysOf(provision), [
      ...['copyImages', 'distributionSettings', 'distributionDeployed', 'copyRest', 'bucketPolicy', 'bucket'],
    ]);
    assert.deepEqual(
      stepsOf(provision).flatMap(({ key, loses }) => (loses ? [[key, loses]] : [])),
      [['bucket', 'uptime']],
    );
    assert.match(stepsOf(provision).at(-1)?.title ?? '', /links straight to S3, does so no more/);
    // Each is asked for once, so that no edge has it yet.
    const waiting = paths.values();
    let isRunning = true;
    const reading = (async () => {
      let count = 0;
      for (const path of waiting) {
        if (!isRunning) break;
        assert.deepEqual(await readAt(context, domain, path), { status: 200, body: path, type: 'image/svg+xml' });
        count += 1;
      }
      return count;
    })();
    await run(provision, newOp()).finally(() => (isRunning = false));
    assert.ok((await reading) > 5);
    assert.deepEqual(keysOf(await provisioning(adopted, 'bucket')), []);
    const last = paths.at(-1) ?? '';
    assert.equal((await readAt(context, domain, last)).status, 200);
    const straight = await readAt(context, `${bucket}.s3.us-east-1.amazonaws.com`, last);
    assert.equal(straight.status, 403);
  });

  it('closes a bucket only when the edges know the distribution, also while lists show it as it was before', async () => {
    const context = newContext();
    const { bucket, domain, id } = await makeEdge(context, { isPublic: true, objects: { 'a.svg': 'a' } });
    const adopted = await adopt('distribution', id, context);
    const provision = await provisioning(adopted);
    await controlPlane().send('POST', 'settings', { cloudfrontChangeLagSeconds: 3600, deploySeconds: 1 });
    try {
      await run(provision, newOp());
      const { Distribution } = await context.clients.cloudfront.send(new GetDistributionCommand({ Id: id }));
      assert.equal(Distribution?.Status, 'Deployed');
    } finally {
      await controlPlane().send('POST', 'settings', { cloudfrontChangeLagSeconds: 0, deploySeconds: 0.2 });
    }
    assert.equal((await readAt(context, domain, 'a.svg')).status, 200);
    assert.equal((await readAt(context, `${bucket}.s3.us-east-1.amazonaws.com`, 'a.svg')).status, 403);
  });

  it('publishes nothing that the distribution could not read, nor what Sitelift keeps private', async () => {
    const context = newContext();
    const objects = { 'images/a.svg': 'a', 'secret/b.txt': 'b', 'images/hidden/c.svg': 'c', '_sitelift/d': 'd' };
    const { arn, bucket, domain, id } = await makeEdge(context, { objects });
    const about = (more: object, Resource: string) => ({
      ...{ Action: 's3:Get*', Resource: `arn:aws:s3:::${bucket}/${Resource}` },
      ...more,
    });
    const reader = { Principal: { Service: 'cloudfront.amazonaws.com' } };
    await putStatements(context, bucket, [
      about({ Effect: 'Allow', ...reader, Condition: { ArnLike: { 'aws:SourceArn': arn } } }, 'images/*'),
      about({ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' } }, '*'),
      about({ Effect: 'Deny', Principal: '*' }, 'images/hidden/?.svg'),
    ]);
    const adoption = await plan('distribution', id, context);
    assert.match(
      adoption.about.join('\n'),
      /does not let the distribution read them: images\/hidden\/c\.svg, secret\/b\.txt\./,
    );
    await run(adoption.plan, newOp());
    const adopted = withWants(context, adoption);
    await run(await provisioning(adopted), newOp());
    const keys = await keysIn(context, bucket);
    assert.deepEqual(
      keys.filter((key) => key.startsWith('site/')),
      ['site/images/a.svg'],
    );
    assert.equal((await readAt(context, domain, 'images/a.svg')).status, 200);
    for (const path of ['secret/b.txt', '_sitelift/d']) assert.equal((await readAt(context, domain, path)).status, 403);
    // What others’ statements let everybody read is kept from them where it is private, but not from the account.
    const get = new GetObjectCommand({ Bucket: bucket, Key: '_sitelift/d' });
    assert.equal(await (await context.clients.s3.send(get)).Body?.transformToString(), 'd');
  });

  it('copies what comes to the old place until the distribution leaves it, and replaces nothing', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context, { objects: { 'a.svg': 'a', 'b.svg': 'b' } });
    const put = (Key: string, Body: string) =>
      context.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    const adopted = await adopt('distribution', id, context);
    await put('late.svg', 'late');
    await run(await provisioning(adopted), newOp());
    assert.ok((await keysIn(context, bucket)).includes('site/late.svg'));

    const other = newContext();
    const made = await makeEdge(other, { objects: { 'a.svg': 'a' } });
    const late = await adopt('distribution', made.id, other);
    // Times of objects have whole seconds.
    await setTimeout(1100);
    await other.clients.s3.send(new PutObjectCommand({ Bucket: made.bucket, Key: 'a.svg', Body: 'changed' }));
    await assert.rejects(
      run(await provisioning(late), newOp()),
      /changed after they were copied to site\/.*a\.svg\. The distribution was not changed/,
    );
    assert.equal((await configOf(other, made.id)).Origins?.Items?.[0]?.OriginPath, '');
  });

  it('tells what was changed at the old place while the distribution left it, replaces nothing, and goes on', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context, { isPublic: true, objects: { 'a.svg': 'a' } });
    const adopted = await adopt('distribution', id, context);
    const provision = await provisioning(adopted);
    const left = provision.findIndex((stage) => stage.some(({ key }) => key === 'copyRest'));
    await run(provision.slice(0, left), newOp());
    const put = (Key: string, Body: string) =>
      context.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    // Times of objects have whole seconds.
    await setTimeout(1100);
    await put('a.svg', 'changed');
    await put('late.svg', 'late');
    await assert.rejects(
      run(provision.slice(left), newOp()),
      /While the distribution was led to site\/, some objects were changed .*: a\.svg\. Readers get them as they were before/,
    );
    const bodyOf = async (Key: string) =>
      (await context.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString();
    assert.deepEqual([await bodyOf('site/a.svg'), await bodyOf('site/late.svg')], ['a', 'late']);
    const rest = await provisioning(adopted);
    assert.deepEqual(keysOf(rest), ['bucketPolicy', 'bucket']);
    await run(rest, newOp());
    assert.deepEqual(keysOf(await provisioning(adopted)), []);
  });

  it('tells of another distribution that loses its right to read the bucket', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context);
    const there = { ...context, site: wished(context.site, [{ path: ['bucket', 'name'], value: bucket }]) };
    // As one does that was let go with the bucket.
    await admitReader(there, 'arn:aws:cloudfront::123456789012:distribution/EOTHER', newOp());
    const [step] = stepsOf((await plan('distribution', id, context)).plan).filter(({ key }) => key === 'bucketReader');
    assert.equal(step?.loses, 'uptime');
    assert.match(step.title, new RegExp(`let distribution ${id} read .* instead of EOTHER, which loses`));
  });

  it('tells before what of its caching readers may miss afterwards', async () => {
    const context = newContext();
    const common = { TargetOriginId: 'photos', ViewerProtocolPolicy: 'allow-all', MinTTL: 0 } as const;
    const caching = (QueryString: boolean) => ({
      DefaultCacheBehavior: { ...common, ForwardedValues: { QueryString, Cookies: { Forward: 'none' as const } } },
    });
    const { id } = await makeEdge(context, { config: caching(true) });
    const about = async (there: Context, one: string) => (await plan('distribution', one, there)).about.join('\n');
    assert.match(
      await about(context, id),
      /caches by the policy CachingOptimized instead of settings of its own: .*whatever query string, cookies or headers/,
    );
    const other = newContext();
    const plain = await makeEdge(other, { config: caching(false) });
    assert.match(await about(other, plain.id), /instead of settings of its own: edges keep an object as long as/);
    const as = newContext();
    assert.doesNotMatch(await about(as, (await makeEdge(as)).id), /caches by the policy/);
  });

  it('takes what a distribution reads below a path along', async () => {
    const context = newContext();
    const objects = { 'photos/a.svg': 'a', 'photos/site/b.svg': 'b', 'other.svg': 'o' };
    const { bucket, domain, id } = await makeEdge(context, { objects, origin: { OriginPath: '/photos' } });
    const adopted = await adopt('distribution', id, context);
    await run(await provisioning(adopted), newOp());
    const keys = await keysIn(context, bucket);
    assert.deepEqual(
      keys.filter((key) => key.startsWith('site/')),
      ['site/a.svg', 'site/site/b.svg'],
    );
    assert.equal((await readAt(context, domain, 'site/b.svg')).body, 'b');
    assert.deepEqual(keysOf((await plan('distribution', id, adopted)).plan), []);
  });

  it('keeps a distribution disabled that is, and its price class and countries', async () => {
    const context = newContext((file) =>
      Object.assign(file, { distribution: { priceClass: 'PriceClass_200', geoRestriction: { block: ['FR'] } } }),
    );
    const Restrictions = { GeoRestriction: { RestrictionType: 'blacklist' as const, Quantity: 1, Items: ['DE'] } };
    const { id } = await makeEdge(context, { config: { Enabled: false, PriceClass: 'PriceClass_All', Restrictions } });
    const adopted = await adopt('distribution', id, context);
    assert.deepEqual(adopted.site.distribution, { serves: 'images', enabled: false });
    await run(await provisioning(adopted), newOp());
    const config = await configOf(context, id);
    assert.deepEqual([config.Enabled, config.PriceClass, config.Restrictions], [false, 'PriceClass_All', Restrictions]);
  });

  it('gives a bucket alone its tags, and the site a distribution that reads it', async () => {
    const context = newContext();
    const bucket = `alone-${context.site.id}`;
    await context.clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await context.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a.svg', Body: 'a' }));
    assert.equal((await listCandidates('bucket', context, newOp())).find(({ id }) => id === bucket)?.unfit, undefined);
    const adoption = await plan('bucket', bucket, context);
    assert.deepEqual(keysOf(adoption.plan), ['adopt']);
    const calls = await callsOf(() => run(adoption.plan, newOp()));
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['PutBucketTagging'],
    );
    const adopted = withWants(context, adoption);
    assert.deepEqual(keysOf((await plan('bucket', bucket, adopted)).plan), []);
    await run(await provisioning(adopted, 'bucket'), newOp());
    assert.deepEqual(keysOf(await provisioning(adopted)), [
      ...['distribution', 'distributionDeployed', 'bucketPolicy'],
    ]);
    await run(await provisioning(adopted), newOp());
    assert.deepEqual([keysOf(await provisioning(adopted)), keysOf(await provisioning(adopted, 'bucket'))], [[], []]);
    assert.deepEqual(await keysIn(context, bucket), ['a.svg']);
  });

  it('never makes or tags a bucket that the site file names, nor leaves the one that the distribution reads', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context);
    const named = (name: string | undefined): Context => ({
      clients: context.clients,
      site: wished(context.site, [{ path: ['bucket', 'name'], value: name }]),
    });
    const refused = async (there: Context, reason: RegExp) => {
      for (const what of ['bucket', 'distribution'] as const) {
        const calls = await callsOf(() => assert.rejects(provisioning(there, what), reason));
        assert.deepEqual(changesOf(calls), []);
      }
    };
    await refused(named(bucket), /names, lacks this site’s tag\. Run “Adopt Resource…” for it, or take “name” out/);
    await refused(named(`${bucket}-gone`), /names, does not exist\. Make it and run “Adopt Resource…”/);
    const step = bucketResource.plan(named(`${bucket}-gone`), { bucket: { kind: 'absent' } });
    await assert.rejects(run(step, newOp()), /does not exist/);

    const adopted = await adopt('distribution', id, context);
    await run(await provisioning(adopted), newOp());
    const nameless = await provisioning(named(undefined));
    const calls = await callsOf(() =>
      assert.rejects(
        run(nameless, newOp()),
        /reads another bucket than sitelift\.json says\. Images are in the bucket photos-/,
      ),
    );
    assert.deepEqual(changesOf(calls), []);
    const second = `second-${context.site.id}`;
    await context.clients.s3.send(new CreateBucketCommand({ Bucket: second }));
    await assert.rejects(plan('bucket', second, adopted), new RegExp(`this site has the bucket ${bucket} already`));
    const TagSet = [{ Key: SITE_TAG, Value: context.site.id }];
    await context.clients.s3.send(new PutBucketTaggingCommand({ Bucket: second, Tagging: { TagSet } }));
    await assert.rejects(provisioning(named(second)), /Images are in the bucket photos-/);
    const drift = driftOf('distribution', await describeSite(named(second), newOp()));
    assert.match(drift.map(({ refusal }) => refusal).join(), /put “name” in “bucket”/);
  });
});
