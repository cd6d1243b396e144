import assert from 'node:assert/strict';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from '../../../src/core/context';
import { bucketName } from '../../../src/core/names';
import { run, type Plan } from '../../../src/core/plan';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import type { VolumeFate } from '../../../src/core/resources/teardown/volumeRemoval';
import { controlPlane, newContext, newOp } from '../sandbox';
import { inventory } from './inventory';
import { keysOf, provision } from './provisioned';

async function teardown(context: Context, fate: VolumeFate): Promise<Plan> {
  const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
  return planTeardown('all', context, site, parts, fate);
}

async function tearDown(context: Context, fate: VolumeFate): Promise<readonly string[]> {
  const plan = await teardown(context, fate);
  await run(plan, newOp());
  return keysOf(plan);
}

const whole = (file: Record<string, unknown>) => {
  file['distribution'] = { serves: 'site' };
  (file['server'] as Record<string, unknown>)['address'] = 'elastic';
};

async function putObjects({ clients, site }: Context, count: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, index) => `site/images/${index}.png`);
  await Promise.all(
    keys.map((Key) => clients.s3.send(new PutObjectCommand({ Bucket: bucketName(site), Key, Body: 'x' }))),
  );
}

describe('destroying a site', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  for (const [title, change] of [
    ['of images', undefined],
    ['that serves the pages as well', whole],
  ] as const) {
    it(`leaves the account as it was before there was a site ${title}`, async () => {
      const context = newContext(change);
      const before = await inventory(context.clients);
      await provision(context, 'all');
      await putObjects(context, 3);
      await tearDown(context, 'delete');
      assert.deepEqual(await inventory(context.clients), before);
      assert.deepEqual(keysOf(await teardown(context, 'delete')), []);
    });
  }
});
