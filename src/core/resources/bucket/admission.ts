import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Step } from '../../plan';
import { admitReader, admitsReader, bucketArn, readerOf, type BucketPolicy } from './bucketPolicy';

/** The stage that lets a distribution read `site/` of a bucket that was there before the site; [] where the policy says so already. */
export function admissionStages(context: Context, policy: BucketPolicy, distributionArn: string): Step[][] {
  if (admitsReader(policy, bucketArn(context.site), distributionArn)) return [];
  const reader = readerOf(policy);
  const isTaken = reader !== undefined && reader !== distributionArn;
  const instead = isTaken ? ` instead of ${idOf(reader)}, which loses what that lets it read` : '';
  const title = `let distribution ${idOf(distributionArn)} read what is below site/ in the bucket${instead}, and nobody outside of the account what is private; all else that its policy says stays`;
  const run = (op: Op) => admitReader(context, distributionArn, op);
  return [[{ key: 'bucketReader', title, ...(isTaken ? { loses: 'uptime' } : {}), run }]];
}

function idOf(distributionArn: string): string {
  return distributionArn.split('/').pop() ?? distributionArn;
}
