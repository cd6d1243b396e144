import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Plan } from '../../plan';
import { distribution } from '../../resources/distribution/distribution';
import { invalidationStep } from './invalidate';
import { itemFrom, itemProblem, joinItems } from './invalidationItems';

/** What making the edges forget paths would do. */
export interface InvalidationPlan {
  readonly plan: Plan;
  /** As CloudFront is told them. */
  readonly items: readonly string[];
  readonly distributionId: string;
}

/** The paths as CloudFront is told them, without those that others cover. Throws `UserError` for one that it does not take, and for none. */
function itemsFrom(paths: readonly string[]): string[] {
  const problem = paths.map(itemProblem).find((each) => each !== undefined);
  if (problem !== undefined) throw new UserError(problem);
  if (paths.length === 0) throw new UserError('No path is named. Name one, as in /images/*.');
  return joinItems(paths.map(itemFrom));
}

/** Plans to make the edges forget paths, such as `/images/*`. Throws `UserError` when there is no distribution, or it cannot be read. */
export async function planInvalidation(context: Context, paths: readonly string[], op: Op): Promise<InvalidationPlan> {
  const items = itemsFrom(paths);
  const seen = await distribution.describe(context, op);
  if (seen.kind !== 'known') {
    throw new UserError('This site has no distribution yet, so that no edge holds anything of it.', {
      remedy: { title: 'Provision Distribution…', command: 'sitelift.provisionDistribution' },
    });
  }
  const { id } = seen.have;
  const step = invalidationStep(context, id, items, `make the edges forget ${items.join(', ')}`);
  return { plan: [[step]], items, distributionId: id };
}
