import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import { bucketName } from '../../../src/core/names';
import { readerOf, statementsOf } from '../../../src/core/resources/bucket/bucketPolicy';
import { waitUntilDeployed } from '../../../src/core/resources/distribution/distribution';
import type { Context } from '../../../src/core/context';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';

const provision = async (context: Context) => {
  const plan = planProvision('distribution', context, await describeSite(context, newOp()));
  await run(plan, newOp());
  return stepsOf(plan).map(({ key }) => key);
};

describe('bucket and distribution', () => {
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('are planned as absent, made, and then leave nothing to do', async () => {
    const context = newContext();
    assert.deepEqual(await provision(context), ['bucket', 'distribution', 'bucketPolicy']);
    const site = await describeSite(context, newOp());
    const bucket = known(site.bucket);
    const distribution = known(site.distribution);
    assert.ok(bucket && distribution);
    assert.ok(bucket.tagged && bucket.blocksPublicAccess && bucket.ownerEnforced);
    assert.ok(distribution.enabled && distribution.readsBucket);
    assert.equal(readerOf(bucket.policy), distribution.arn);
    assert.deepEqual(planProvision('distribution', context, site), []);
  });

  it('make no create call when they are provisioned a second time', async () => {
    const context = newContext();
    await provision(context);
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await provision(context), []);
    const changes = (await controlPlane().calls()).filter(({ action }) => !/^(Get|List|Head|Describe)/.test(action));
    assert.deepEqual(changes, []);
  });

  it('keep statements of the bucket policy that are not Sitelift’s', async () => {
    const context = newContext();
    await provision(context);
    const { policy } = known((await describeSite(context, newOp())).bucket) ?? assert.fail('no bucket');
    const Bucket = bucketName(context.site);
    const own = {
      Sid: 'Mine',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${context.site.account}:root` },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    };
    const onlyMine = JSON.stringify({ ...policy, Statement: [own] });
    await context.clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: onlyMine }));
    assert.deepEqual(await provision(context), ['bucketPolicy']);
    const after = known((await describeSite(context, newOp())).bucket) ?? assert.fail('no bucket');
    assert.ok(statementsOf(after.policy ?? assert.fail('no policy')).some(({ Sid }) => Sid === 'Mine'));
    assert.ok(readerOf(after.policy));
  });

  it('is Deployed after a while', async () => {
    const context = newContext();
    await provision(context);
    assert.ok((await waitUntilDeployed(context, newOp())).deployed);
  });
});
