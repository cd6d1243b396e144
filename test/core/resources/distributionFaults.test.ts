import assert from 'node:assert/strict';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { sample } from '../../setup/sampling';
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
  const all = changes.flatMap(([service, action]) =>
    (['before', 'after', 'cut'] as const).map((way) => ({ service, action, way })),
  );
  const chosen = sample(all, 1.5 * changes.length, 'faults of a distribution', ({ action, way }) => [action, way]);
  for (const { service, action, way } of chosen) {
    if (way === 'cut') {
      it(`go on by themselves when the answer to ${action} is cut`, async () => {
        const context = newContext();
        await controlPlane().send('POST', 'faults', { service, action, kind: 'cut', when: 'after' });
        await provision(context);
        assert.deepEqual(planProvision('distribution', context, await describeSite(context, newOp())), []);
        await controlPlane().send('DELETE', 'faults');
      });
      continue;
    }
    it(`converge on the next run when access is lost ${way} ${action}`, async () => {
      const context = newContext();
      const fault = { service, action, kind: 'error', when: way, code: 'AccessDenied', status: 403 };
      await controlPlane().send('POST', 'faults', { ...fault, message: 'sandbox' });
      await assert.rejects(provision(context));
      await controlPlane().send('DELETE', 'faults');
      await provision(context);
      const site = await describeSite(context, newOp());
      assert.deepEqual(planProvision('distribution', context, site), []);
    });
  }
});
