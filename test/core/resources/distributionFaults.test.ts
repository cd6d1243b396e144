import assert from 'node:assert/strict';
import { describeSite, planProvision } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { provision as provisionAny } from './provisioned';

const provision = (context: ReturnType<typeof newContext>) => provisionAny(context, 'distribution');

describe('bucket and distribution that were cut short', () => {
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  const changes = [
    ['s3', 'CreateBucket'],
    ['s3', 'PutBucketTagging'],
    ['s3', 'PutBucketLifecycleConfiguration'],
    ['cloudfront', 'CreateOriginAccessControl'],
    ['cloudfront', 'CreateDistributionWithTags'],
    ['s3', 'PutBucketPolicy'],
  ] as const;
  for (const [service, action] of changes) {
    for (const when of ['before', 'after'] as const) {
      it(`converge on the next run when access is lost ${when} ${action}`, async () => {
        const context = newContext();
        const fault = { service, action, kind: 'error', when, code: 'AccessDenied', status: 403, message: 'sandbox' };
        await controlPlane().send('POST', 'faults', fault);
        await assert.rejects(provision(context));
        await controlPlane().send('DELETE', 'faults');
        await provision(context);
        const site = await describeSite(context, newOp());
        assert.deepEqual(planProvision('distribution', context, site), []);
      });
    }
    it(`go on by themselves when the answer to ${action} is cut`, async () => {
      const context = newContext();
      await controlPlane().send('POST', 'faults', { service, action, kind: 'cut', when: 'after' });
      await provision(context);
      assert.deepEqual(planProvision('distribution', context, await describeSite(context, newOp())), []);
      await controlPlane().send('DELETE', 'faults');
    });
  }
});
