import type { Ledger } from '../../release/ledger';

/** So many paths of all distributions of an account are invalidated free of charge each month (Amazon CloudFront pricing). */
export const FREE_PATHS = 1000;

/** What publications asked the edges to forget in a month, once they have asked for some more paths at a time (ISO 8601, UTC). */
export function pathsAfter({ forgotten }: Ledger, paths: number, at: string): Ledger['forgotten'] {
  const month = at.slice(0, 7);
  const before = forgotten?.month === month ? forgotten.paths : 0;
  return before + paths === 0 ? undefined : { month, paths: before + paths };
}

/** What is to be known of the month's free paths before some more are asked for; nothing while there are plenty. */
export function freePathsNote(ledger: Ledger, paths: number, at: string): string | undefined {
  const used = pathsAfter(ledger, paths, at)?.paths ?? 0;
  if (used <= FREE_PATHS / 2) return undefined;
  const free = FREE_PATHS.toLocaleString('en');
  const text = used.toLocaleString('en');
  if (used <= FREE_PATHS) return `with this ${text} of the ${free} paths that the account has free this month`;
  return `with this ${text} paths this month; AWS charges for each beyond ${free}`;
}
