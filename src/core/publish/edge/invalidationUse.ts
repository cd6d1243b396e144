import { GetInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import pLimit from 'p-limit';
import { isDenied } from '../../aws/errors';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { FREE_PATHS } from './freePaths';

/** So many invalidations are looked into, each by a call of its own. */
const MOST_CALLS = 24;
const CALLS_AT_ONCE = 6;

/** How many paths one distribution has used since the month began, in UTC. */
export interface InvalidationUse {
  readonly paths: number;
  /** There were more than could be counted by a few calls. */
  readonly isAtLeast: boolean;
}

/** Counts the paths that a distribution used this month, by 25 calls at most; undefined when the credentials may not look. */
export async function readInvalidationUse(
  { clients }: Pick<Context, 'clients'>,
  distributionId: string,
  op: Op,
  nowMs = Date.now(),
): Promise<InvalidationUse | undefined> {
  const options = { abortSignal: op.signal };
  const now = new Date(nowMs);
  const beginMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  try {
    const { InvalidationList: list } = await clients.cloudfront.send(
      new ListInvalidationsCommand({ DistributionId: distributionId, MaxItems: 100 }),
      options,
    );
    const items = list?.Items ?? [];
    // The newest come first (CloudFront API reference, “ListInvalidations”).
    const recent = items.filter(({ CreateTime }) => (CreateTime?.getTime() ?? 0) >= beginMs);
    const limit = pLimit(CALLS_AT_ONCE);
    const counts = await Promise.all(
      recent.slice(0, MOST_CALLS).map(({ Id }) =>
        limit(async () => {
          const command = new GetInvalidationCommand({ DistributionId: distributionId, Id });
          const { Invalidation: found } = await clients.cloudfront.send(command, options);
          return found?.InvalidationBatch?.Paths?.Quantity ?? 1;
        }),
      ),
    );
    const rest = recent.length - counts.length;
    const paths = counts.reduce((sum, count) => sum + count, rest);
    const isMore = list?.IsTruncated === true && recent.length === items.length;
    return { paths, isAtLeast: rest > 0 || isMore };
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

/** What a further invalidation uses of the free paths, in a sentence. */
export function useLine(use: InvalidationUse | undefined, count: number): string {
  const takes = `This uses ${count === 1 ? '1 path' : `${count} paths`} of the ${FREE_PATHS.toLocaleString('en')} that the account has free each month`;
  if (!use) return `${takes}; how many are used could not be counted with these credentials.`;
  const used = `${use.isAtLeast ? 'at least ' : ''}${use.paths === 1 ? '1 was' : `${use.paths} were`}`;
  return `${takes}; ${used} used by this distribution so far. AWS charges for each beyond them.`;
}
