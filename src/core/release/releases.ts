import type { Context } from '../context';
import type { Op } from '../op';
import { hasCode } from '../aws/errors';
import { readLedger, type Ledger } from './ledger';
import type { LocalCache } from './localCache';

/** The releases of a site, and what goes on. */
export type Releases = Pick<Ledger, 'current' | 'former' | 'publishing'>;

/** Reads the releases in one small request; none where there is no bucket yet. */
export async function readReleases(context: Context, cache: LocalCache, op: Op): Promise<Releases> {
  try {
    return (await readLedger(context, cache, op)).ledger;
  } catch (error) {
    if (hasCode(error, 'NoSuchBucket')) return { former: [] };
    throw error;
  }
}
