import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import {
  bucketState,
  makeBucketByHand,
  makeDistributionByHand,
  namingContext,
  putReleases,
  tagBucket,
  tagDistribution,
} from '../resources/olderEdge';
import { keysOf, provision } from '../resources/provisioned';
import { controlPlane, newOp } from '../sandbox';
import { asUser } from './asUser';

async function destroy(context: Context): Promise<readonly string[]> {
  const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
  const plan = planTeardown('all', context, site, parts, 'delete');
  await run(plan, newOp());
  return keysOf(plan);
}

describe('a user with docs/iam-policy.json, to which the bucket that was there before the site was added,', () => {
  before(() => controlPlane().send('POST', 'settings', { deploySeconds: 0.2 }));

  for (const isBare of [true, false]) {
    it(`lets bucket and distribution go ${isBare ? 'that had nothing of others' : 'with what others have set'}`, async () => {
      const admin = namingContext();
      await makeBucketByHand(admin, { isBare });
      const distribution = await makeDistributionByHand(admin);
      await tagDistribution(admin, distribution);
      await tagBucket(admin);
      await provision(admin, 'distribution');
      await putReleases(admin);
      // As the README says.
      const added = (policy: string) =>
        policy
          .replace(
            '"Resource":"arn:aws:s3:::sitelift-*"',
            `"Resource":["arn:aws:s3:::sitelift-*","arn:aws:s3:::${bucketName(admin.site)}"]`,
          )
          .replace(
            '"Resource":"arn:aws:s3:::sitelift-*/*"',
            `"Resource":["arn:aws:s3:::sitelift-*/*","arn:aws:s3:::${bucketName(admin.site)}/*"]`,
          );
      const user = await asUser(admin, 'iam-policy.json', added);
      assert.deepEqual(await destroy(user), ['mark', 'letGoDistribution', 'letGoBucket']);
      assert.deepEqual((await bucketState(admin)).statements, isBare ? [] : ['Theirs']);
    });
  }
});
