import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Plan } from '../../plan';
import { count } from '../assets/assetSteps';
import { invalidationStep } from './invalidate';
import { invalidationItems, joinItems, urlsOf } from './invalidationItems';
import type { SiteState } from '../siteState';

/** What the edges may hold old bytes of. What was removed in the console is new here and old at the edges, which keep it for a year. */
export function forgottenBy(
  { read, target }: SiteState,
  paths: readonly string[],
  isWhole: boolean,
  more: readonly string[] = [],
): string[] {
  const { current, publishing } = read.ledger;
  // Edges that serve pages ask the server for them before anything was published.
  const isFirst = !isWhole && !current && !publishing && !read.isUnreadable && target.found?.objects.size === 0;
  const stale = (isWhole ? paths.flatMap(urlsOf) : [...paths]).sort();
  const items = isFirst ? [] : [...more, ...(stale.length === 0 ? [] : invalidationItems(stale))];
  return joinItems(publishing?.forgets ?? [], items);
}

/**
 * The step that makes the edges forget items, and waits until they have where that is wanted; none when there are no items. `counted` gets how many paths it
 * has asked for, and `note` tells of the month’s.
 */
export function invalidationSteps(
  context: Context,
  { target, read }: SiteState,
  forgets: readonly string[],
  isAwaited: boolean,
  counted: (paths: number) => void,
  note?: string,
): Plan {
  if (forgets.length === 0) return [];
  const isLeft = forgets.every((item) => read.ledger.publishing?.forgets.includes(item));
  const title = forgettingTitle(forgets, isLeft ? 'an earlier run was cut short' : 'changed', note);
  const one = invalidationStep(context, target.distribution.id, forgets, title, isAwaited);
  const run = async (op: Op) => {
    await one.run(op);
    counted(forgets.length);
  };
  return [[{ ...one, run }]];
}

/** The title of a step that makes the edges forget items: how many, why, and what is to be known of the month’s free paths. */
export function forgettingTitle(items: readonly string[], reason: string, note: string | undefined): string {
  const brackets = note === undefined ? reason : `${reason}; ${note}`;
  return `invalidate ${count(items.length, 'path')} in the CDN (${brackets})`;
}
