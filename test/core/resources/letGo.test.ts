import { CreateOriginAccessControlCommand } from '@aws-sdk/client-cloudfront';
import {
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName, DESTROYING_TAG } from '../../../src/core/names';
import { isUserError } from '../../../src/core/op';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { bucketArn, grantReader, readPolicy, statementsOf } from '../../../src/core/resources/bucket/bucketPolicy';
import { markDestroying, readTags } from '../../../src/core/resources/bucket/bucketSettings';
import { isUrlFunction } from '../../../src/core/resources/distribution/urlFunction';
import { pagesHost } from '../../../src/core/resources/distribution/wholeSite';
import { known } from '../../../src/core/resources/resource';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import { deleteBucket } from '../../../src/core/resources/teardown/bucketRemoval';
import { deleteDistribution, disable } from '../../../src/core/resources/teardown/distributionRemoval';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { whatStays } from '../../../src/core/resources/teardown/whatStays';
import { sample } from '../../setup/sampling';
import { controlPlane, deny, newContext, newOp } from '../sandbox';
import { distributionOf, edit } from './edited';
import {
  bucketState,
  distributionState,
  makeBucketByHand,
  makeDistributionByHand,
  namingContext,
  putReleases,
  read,
  tagBucket,
  tagDistribution,
} from './olderEdge';
import { inventory } from './inventory';
import { callsOf, changesOf, keysOf, provision } from './provisioned';

async function teardown(what: ResourceName | 'all', context: Context): Promise<Plan> {
  const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
  return planTeardown(what, context, site, parts, 'delete');
}

async function destroy(what: ResourceName | 'all', context: Context): Promise<readonly string[]> {
  const plan = await teardown(what, context);
  await run(plan, newOp());
  return keysOf(plan);
}

const stepOf = (plan: Plan, key: string) =>
  stepsOf(plan).find((step) => step.key === key) ?? assert.fail(`no ${key} in ${keysOf(plan).join()}`);

/** A bucket and a distribution that were adopted together, and published to. */
async function adoptedTogether() {
  const context = namingContext();
  await makeBucketByHand(context);
  const distribution = await makeDistributionByHand(context);
  const before = { bucket: await bucketState(context), all: await inventory(context.clients) };
  await tagDistribution(context, distribution);
  await tagBucket(context);
  await provision(context, 'distribution');
  await putReleases(context);
  return { context, distribution, before };
}

/** A bucket that was adopted, and a distribution that was made for the site. */
async function adoptedBucket({ isBare = false } = {}) {
  const context = namingContext();
  await makeBucketByHand(context, { isBare });
  const before = { bucket: await bucketState(context), all: await inventory(context.clients) };
  await tagBucket(context);
  await provision(context, 'distribution');
  return { context, before };
}

describe('a bucket or distribution that was there before the site', function () {
  this.timeout(120_000);
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1, deploySeconds: 0.3 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('stays with all that was its own when the site goes, and readers go on getting what they got', async () => {
    const { before, context, distribution } = await adoptedTogether();
    const { config } = await distributionState(context, distribution);
    assert.equal(await read(context, distribution, 'images/a.png'), 'an image');
    const stays = whatStays(await describeSite(context, newOp()), 'delete');
    assert.match(stays, new RegExp(`the bucket ${bucketName(context.site)} with its objects, which was there before`));
    assert.match(stays, new RegExp(`the distribution ${distribution.id}, which was there before the site`));
    const plan = await teardown('all', context);
    assert.deepEqual(keysOf(plan), ['mark', 'letGoDistribution', 'letGoBucket']);
    assert.deepEqual([stepOf(plan, 'letGoDistribution').loses, stepOf(plan, 'letGoBucket').loses], [undefined, 'data']);
    assert.match(
      stepOf(plan, 'letGoBucket').title,
      new RegExp(`^delete the kept releases .*${distribution.id} goes on`),
    );
    await run(plan, newOp());
    assert.deepEqual(await bucketState(context), { ...before.bucket, isRead: true });
    assert.deepEqual(await distributionState(context, distribution), { config, tags: ['team'] });
    assert.equal(await read(context, distribution, 'images/a.png?again'), 'an image');
    const added = (await inventory(context.clients)).filter((item) => !before.all.includes(item));
    // It reads the bucket through that.
    assert.deepEqual(
      added.map((item) => item.split(' ')[0]),
      ['control'],
    );
    assert.deepEqual(keysOf(await teardown('all', context)), []);
  });

  it('is given back without a trace where the distribution was made for the site, which goes', async () => {
    for (const isBare of [true, false]) {
      const { before, context } = await adoptedBucket({ isBare });
      const { cloudfront } = context.clients;
      // Somebody’s own, called as the console calls them.
      const { OriginAccessControl: theirs } = await cloudfront.send(
        new CreateOriginAccessControlCommand({
          OriginAccessControlConfig: {
            ...{ Name: bucketName(context.site), OriginAccessControlOriginType: 's3' },
            ...{ SigningBehavior: 'always', SigningProtocol: 'sigv4' },
          },
        }),
      );
      const keys = await destroy('all', context);
      assert.deepEqual(keys, [
        ...['mark', 'disableDistribution', 'deleteDistribution', 'deleteAccessControl', 'letGoBucket'],
      ]);
      assert.deepEqual(await bucketState(context), before.bucket);
      assert.deepEqual(await inventory(context.clients), [...before.all, `control ${theirs?.Id}`].sort());
      assert.deepEqual(keysOf(await teardown('all', context)), []);
    }
  });

  it('is let go alone, and what was made for the site stays with it', async () => {
    const { before, context } = await adoptedBucket();
    const { id } = await distributionOf(context);
    const plan = await teardown('bucket', context);
    const step = stepOf(plan, 'letGoBucket');
    // Nothing was published, so no release is lost.
    assert.equal(step.loses, 'uptime');
    assert.match(step.title, new RegExp(`^take this site’s tags.*; distribution ${id} reads it no more\\)$`));
    // Where that could not be seen, some may be.
    await deny('s3', 'ListObjectVersions');
    assert.equal(stepOf(await teardown('bucket', context), 'letGoBucket').loses, 'data');
    await controlPlane().send('DELETE', 'faults');
    await run(plan, newOp());
    assert.deepEqual(await bucketState(context), before.bucket);
    assert.deepEqual(keysOf(await teardown('bucket', context)), []);
    assert.ok((await distributionOf(context)).enabled);
    const both = await adoptedTogether();
    assert.deepEqual(await destroy('distribution', both.context), ['letGoDistribution']);
    assert.deepEqual(keysOf(await teardown('distribution', both.context)), []);
    assert.equal((await bucketState(both.context)).isRead, true);
    assert.deepEqual(keysOf(await teardown('all', both.context)), ['letGoBucket']);
  });

  it('keeps the bucket that was made for the site from being deleted as long as it reads that', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    const distribution = await makeDistributionByHand(context);
    await tagDistribution(context, distribution);
    await provision(context, 'distribution');
    const refused = new RegExp(`The distribution ${distribution.id}, .* reads the bucket ${bucketName(context.site)}`);
    const assertKept = async () => {
      for (const what of ['all', 'bucket'] as const) {
        await assert.rejects(teardown(what, context), (error) => isUserError(error) && refused.test(error.message));
      }
      await assert.rejects(deleteBucket(context, newOp()), refused);
    };
    await assertKept();
    await destroy('distribution', context);
    await assertKept();
    await context.clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucketName(context.site) }));
    assert.deepEqual(await destroy('all', context), ['deleteBucket']);
  });

  it('is neither disabled nor deleted, whatever asks for that', async () => {
    const { context, distribution } = await adoptedTogether();
    const calls = await callsOf(async () => {
      const older = /was there before the site, so Sitelift (neither disables nor deletes|does not delete) it/;
      await assert.rejects(disable(context, distribution, newOp()), older);
      await assert.rejects(deleteDistribution(context, distribution, newOp()), older);
      await assert.rejects(deleteBucket(context, newOp()), older);
      const tags = { TagSet: (await readTags(context, newOp())).filter(({ Key }) => Key !== 'sitelift:adopted') };
      await context.clients.s3.send(new PutBucketTaggingCommand({ Bucket: bucketName(context.site), Tagging: tags }));
      // The site file names it, as it names none that was made for the site.
      await assert.rejects(deleteBucket(context, newOp()), older);
    });
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['PutBucketTagging'],
    );
    assert.deepEqual(keysOf(await teardown('bucket', context)), ['letGoBucket']);
  });

  it('reads no pages any more, of a server whose name may come to be a stranger’s', async () => {
    const context = namingContext((file) => void Object.assign(file, { distribution: { serves: 'site' } }));
    await makeBucketByHand(context);
    const distribution = await makeDistributionByHand(context);
    await tagDistribution(context, distribution);
    await tagBucket(context);
    const all = await inventory(context.clients);
    await provision(context, 'all');
    assert.ok(pagesHost((await distributionState(context, distribution)).config));
    // Somebody led more of it there.
    await edit(context, (now) => {
      const { CacheBehaviors, DefaultCacheBehavior } = now;
      const like = CacheBehaviors?.Items?.[0] ?? assert.fail('no behavior');
      const added = { ...like, PathPattern: '/news/*', TargetOriginId: DefaultCacheBehavior?.TargetOriginId };
      const Items = [...(CacheBehaviors?.Items ?? []), added];
      return { ...now, CacheBehaviors: { Quantity: Items.length, Items } };
    });
    const plan = await teardown('all', context);
    assert.deepEqual(
      keysOf(plan).filter((key) => /imagesAlone|letGo|Function|Control|terminate/.test(key)),
      ['imagesAlone', 'terminate', 'letGoDistribution', 'deleteFunction', 'letGoBucket'],
    );
    assert.equal(stepOf(plan, 'imagesAlone').loses, 'uptime');
    await run(plan, newOp());
    const { config, tags } = await distributionState(context, distribution);
    assert.deepEqual(
      [pagesHost(config), config.Origins?.Quantity, config.Enabled, tags],
      [undefined, 1, true, ['team']],
    );
    assert.ok(!/sitelift-(server|site)"/.test(JSON.stringify(config)));
    assert.deepEqual(
      config.CacheBehaviors?.Items?.map(({ PathPattern, TargetOriginId }) => [PathPattern, TargetOriginId]),
      [['/news/*', 'bucket']],
    );
    assert.ok(
      !config.DefaultCacheBehavior?.FunctionAssociations?.Items?.some((one) =>
        isUrlFunction(context.site, one.FunctionARN),
      ),
    );
    assert.equal(await read(context, distribution, 'images/a.png'), 'an image');
    assert.deepEqual(keysOf(await teardown('all', context)), []);
    const added = (await inventory(context.clients)).filter((item) => !all.includes(item));
    assert.deepEqual(
      added.map((item) => item.split(' ')[0]),
      ['control'],
    );
  });

  it('keeps a statement that lets everyone in from being put again, and says what to do', async () => {
    const { context } = await adoptedBucket({ isBare: true });
    const Bucket = bucketName(context.site);
    const { s3 } = context.clients;
    const policy = await readPolicy(context, newOp());
    const open = {
      ...{ Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 's3:GetObject' },
      Resource: `${bucketArn(context.site)}/*`,
    };
    const Policy = JSON.stringify({ ...policy, Statement: [...statementsOf(policy), open] });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
    // Put before public access was blocked, as it was in a bucket that was adopted.
    await openly(context, () => s3.send(new PutBucketPolicyCommand({ Bucket, Policy })));
    await assert.rejects(
      destroy('bucket', context),
      (error) =>
        isUserError(error) && /which is not Sitelift’s, lets everyone in\. Delete that statement/.test(error.message),
    );
    assert.ok(known((await describeSite(context, newOp())).bucket)?.tagged);
    // The same meets whoever lets another distribution read.
    const other = 'arn:aws:cloudfront::123456789012:distribution/EOTHER';
    await assert.rejects(grantReader(context, other, 'adopted', newOp()), /lets everyone in\. Delete that statement/);
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
    assert.deepEqual(await destroy('bucket', context), ['letGoBucket']);
  });

  it('goes on being destroyed without the mark where its bucket has as many tags as S3 takes', async () => {
    const { context } = await adoptedBucket({ isBare: true });
    const Bucket = bucketName(context.site);
    const tags = await readTags(context, newOp());
    const more = Array.from({ length: 50 - tags.length }, (_, index) => ({ Key: `tag-${index}`, Value: 'x' }));
    await context.clients.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [...tags, ...more] } }));
    await markDestroying(context, newOp());
    const { TagSet = [] } = await context.clients.s3.send(new GetBucketTaggingCommand({ Bucket }));
    assert.deepEqual([TagSet.length, TagSet.some(({ Key }) => Key === DESTROYING_TAG)], [50, false]);
    await destroy('all', context);
    assert.equal((await readTags(context, newOp())).length, more.length);
  });

  const changes = [
    ['cloudfront', 'UntagResource'],
    ['s3', 'DeleteObjects'],
    ['s3', 'AbortMultipartUpload'],
    ['s3', 'PutBucketLifecycleConfiguration'],
    ['s3', 'PutBucketPolicy'],
    ['s3', 'PutBucketTagging'],
  ] as const;
  const all = changes.flatMap(([service, action]) =>
    (['before', 'after', 'cut', 'conflict'] as const).map((way) => ({ service, action, way })),
  );
  const chosen = sample(all, 2 * changes.length, 'faults of letting go', ({ action, way }) => [action, way]);
  for (const { action, service, way } of chosen) {
    const goesOn = way === 'cut' || (way === 'conflict' && service === 's3');
    it(`is let go in the end where ${action} goes wrong (${way})`, async () => {
      const { before, context, distribution } = await adoptedTogether();
      const plan = await teardown('all', context);
      // The mark is put by one of these as well.
      await run(plan.slice(0, 1), newOp());
      const fault =
        way === 'cut'
          ? { kind: 'cut', when: 'after' }
          : way === 'conflict'
            ? { kind: 'error', code: 'OperationAborted', status: 409 }
            : { kind: 'error', when: way, code: 'AccessDenied', status: 403 };
      await controlPlane().send('POST', 'faults', { service, action, ...fault, message: 'sandbox' });
      if (goesOn) await run(plan.slice(1), newOp());
      else await assert.rejects(run(plan.slice(1), newOp()));
      await controlPlane().send('DELETE', 'faults');
      await destroy('all', context);
      assert.deepEqual(keysOf(await teardown('all', context)), []);
      assert.deepEqual(await bucketState(context), { ...before.bucket, isRead: true });
      assert.deepEqual((await distributionState(context, distribution)).tags, ['team']);
      assert.equal(await read(context, distribution, 'images/a.png'), 'an image');
    });
  }
});

/** Does something to the bucket while public access to it is not blocked. */
async function openly({ clients: { s3 }, site }: Context, change: () => Promise<unknown>): Promise<void> {
  const Bucket = bucketName(site);
  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await change();
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
}
