import type { Context } from '../../context';
import type { Op } from '../../op';
import { sequence, stepsOf, type Plan, type Step } from '../../plan';
import { copyFormer, copyLate, formerOf, type Former } from '../adopt/moving';
import { bucket, type BucketHave } from '../bucket/bucket';
import { admissionStages } from '../bucket/admission';
import type { Seen } from '../resource';

/** What there is to do with a bucket and its distribution, one of which was there before the site. */
export interface Parts {
  readonly bucket: Seen<BucketHave>;
  readonly bucketHave: BucketHave | undefined;
  readonly distribution:
    { readonly id: string; readonly arn: string; readonly deployed: boolean; readonly otherPath?: string } | undefined;
  /** What makes the distribution, or puts it in order. */
  readonly changes: Plan;
  /** What lets the distribution alone read by HTTPS. */
  readonly grants: Plan;
  /** Waits until all edges have the distribution as it is. */
  wait(op: Op): Promise<unknown>;
}

/**
 * Brings all into an order in which readers always get their images: first the distribution may read `site/`, where all is that it read before, then it does so, and only when all edges
 * know of it, others may read the bucket no more.
 */
export function adoptedOrder(context: Context, parts: Parts): Plan {
  const { bucketHave, changes, distribution, grants } = parts;
  const isMoving = distribution?.otherPath !== undefined && stepsOf(changes).length > 0;
  const moving = isMoving ? movingSteps(context, distribution.id) : undefined;
  // Where no distribution could be made, the bucket stays as it is read.
  const closing = bucket
    .plan(context, { bucket: parts.bucket })
    .map((stage) => stage.map((step): Step => ({ ...step, follows: 'distribution' })));
  const isLater = stepsOf(closing).length > 0 || stepsOf(grants).length > 0 || moving !== undefined;
  const isPending = stepsOf(changes).length > 0 || distribution?.deployed === false;
  const policy = bucketHave?.policy;
  return sequence(
    distribution && policy ? admissionStages(context, policy, distribution.arn) : [],
    moving ? [[moving.before]] : [],
    changes,
    isLater && isPending ? [[waiting(parts)]] : [],
    moving ? [[moving.after]] : [],
    grants,
    closing,
  );
}

function waiting({ wait }: Parts): Step {
  return {
    key: 'distributionDeployed',
    title: 'wait until all edges know the distribution as it is then, which takes minutes',
    follows: 'distribution',
    run: async (op) => void (await wait(op)),
  };
}

/** What came to the old place until the distribution left it is copied as well. */
function movingSteps(context: Context, id: string): { readonly before: Step; readonly after: Step } {
  let former: Former | undefined;
  return {
    before: {
      key: 'copyImages',
      title: 'copy to site/ what readers get of the bucket and is not there yet',
      untouched: 'the distribution is as it was',
      async run(op) {
        former = await formerOf(context, id, op);
        if (former) await copyFormer(context, former, op);
      },
    },
    after: {
      key: 'copyRest',
      title: 'copy to site/ what has come to the old place meanwhile; what comes there later is not served',
      async run(op) {
        if (former) await copyLate(context, former, op);
      },
    },
  };
}
