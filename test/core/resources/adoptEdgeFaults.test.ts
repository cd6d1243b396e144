import { GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run } from '../../../src/core/plan';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { wished } from '../../../src/core/resources/adopt/wants';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { sample } from '../../setup/sampling';
import { controlPlane, newContext, newOp } from '../sandbox';
import { makeEdge, readAt } from './handMadeEdge';
import { cancelledAt, keysOf } from './provisioned';

const OBJECTS = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`images/${index}.svg`, String(index)]));

describe('adopting a distribution that was cut short', function () {
  this.timeout(180_000);
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => controlPlane().send('DELETE', 'faults'));

  const plan = (id: string, context: Context) => planAdoption('distribution', id, context, '/', newOp());
  /** Adopts and provisions, as far as it goes; the site file says what is wanted from the first step on. */
  async function wholeWay(id: string, context: Context): Promise<Context> {
    const { plan: adoption, wants } = await plan(id, context);
    await run(adoption, newOp());
    const adopted: Context = { ...context, site: wished(context.site, wants) };
    await run(planProvision('distribution', adopted, await describeSite(adopted, newOp())), newOp());
    return adopted;
  }
  /** All is as the site needs it, each object is where readers get it, and the originals are there. */
  async function isWhole(id: string, bucket: string, domain: string, adopted: Context): Promise<void> {
    assert.deepEqual(planProvision('distribution', adopted, await describeSite(adopted, newOp())), []);
    const again = await plan(id, adopted);
    assert.deepEqual([again.wants, keysOf(again.plan)], [[], []]);
    const { Contents = [] } = await adopted.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const wanted = Object.keys(OBJECTS).flatMap((key) => [key, `site/${key}`]);
    assert.deepEqual(Contents.map(({ Key }) => Key).sort(), wanted.sort());
    assert.equal((await readAt(adopted, domain, 'images/7.svg')).body, '7');
  }

  const CALLS = [
    ['s3', 'CopyObject'],
    ['s3', 'PutBucketPolicy'],
    ['cloudfront', 'TagResource'],
    ['s3', 'PutBucketTagging'],
    ['cloudfront', 'UpdateDistribution'],
    ['s3', 'PutBucketLifecycleConfiguration'],
  ] as const;
  const all = CALLS.flatMap(([service, action]) =>
    (['before', 'after', 'cut'] as const).map((way) => ({ service, action, way })),
  );
  for (const { service, action, way } of sample(
    all,
    1.5 * CALLS.length,
    'faults of adopting',
    ({ action: name, way: how }) => [name, how],
  )) {
    it(`comes to the same end when ${way === 'cut' ? `the answer to ${action} is cut` : `access is lost ${way} ${action}`}`, async () => {
      const context = newContext();
      const { bucket, domain, id } = await makeEdge(context, { objects: OBJECTS });
      const fault =
        way === 'cut'
          ? { kind: 'cut', when: 'after' }
          : { kind: 'error', when: way, code: 'AccessDenied', status: 403, message: 'sandbox' };
      await controlPlane().send('POST', 'faults', { service, action, ...fault });
      if (way !== 'cut') {
        await assert.rejects(wholeWay(id, context), /./);
        await controlPlane().send('DELETE', 'faults');
        // Until it reads the copies, the distribution reads the originals.
        const { DistributionConfig } = await context.clients.cloudfront.send(
          new GetDistributionConfigCommand({ Id: id }),
        );
        const path = DistributionConfig?.Origins?.Items?.[0]?.OriginPath;
        assert.ok(path === '' || path === '/site');
        assert.equal((await readAt(context, domain, 'images/3.svg')).body, '3');
      }
      // The file may say by then what is wanted, or not.
      const file =
        way === 'before'
          ? context
          : { ...context, site: wished(context.site, [{ path: ['bucket', 'name'], value: bucket }]) };
      await isWhole(id, bucket, domain, await wholeWay(id, file));
    });
  }

  it('stops copying soon after a cancel, and goes on from there', async () => {
    const context = newContext();
    const { bucket, domain, id } = await makeEdge(context, { objects: OBJECTS });
    const { plan: adoption } = await plan(id, context);
    await assert.rejects(run(adoption, cancelledAt(context.clients.s3, 'CopyObjectCommand')), { name: 'AbortError' });
    const copied = async () =>
      (await context.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'site/' }))).KeyCount ?? 0;
    assert.ok((await copied()) < 30);
    const fresh = newContext((file) => Object.assign(file, { id: context.site.id }));
    await isWhole(id, bucket, domain, await wholeWay(id, fresh));
  });

  it('copies each object once when two windows adopt at once', async () => {
    const context = newContext();
    const { bucket, domain, id } = await makeEdge(context, { objects: OBJECTS });
    const plans = await Promise.all([plan(id, context), plan(id, context)]);
    await Promise.all(plans.map((one) => run(one.plan, newOp())));
    await isWhole(id, bucket, domain, await wholeWay(id, context));
  });
});
