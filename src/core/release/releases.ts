import type { Context } from '../context';
import type { Op } from '../op';
import { readLedgerIfAny, type Ledger } from './ledger';
import type { LocalCache } from './localCache';
import { isExpired, ownTurns } from './signsOfLife';

/** The releases of a site, and what goes on. */
export interface Releases extends Pick<Ledger, 'current' | 'former' | 'publishing'> {
  /** What tells of them is there, and cannot be read. */
  readonly isUnreadable?: boolean;
}

/**
 * Reads the releases in one small request; none where there is no bucket yet. A publication without a sign of life is told as cut short, and one of this
 * process not at all: whoever runs it knows.
 */
export async function readReleases(context: Context, cache: LocalCache, op: Op): Promise<Releases> {
  const read = await readLedgerIfAny(context, cache, op);
  const { current, former, publishing } = read.ledger;
  const others = publishing && !ownTurns.has(publishing.id) ? publishing : undefined;
  const going = others && { ...others, isOver: others.isOver === true || isExpired(context, read) };
  return { current, former, publishing: going, isUnreadable: read.isUnreadable };
}
