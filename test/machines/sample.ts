import { createHash } from 'node:crypto';

/** True when everything is to be tested, however long it takes: SITELIFT_TEST=full. */
export const IS_FULL = process.env['SITELIFT_TEST'] === 'full';

/**
 * Some of the items, in their order; all of them in a full test. Which ones follows from `seed`, so that a failure comes again until what is
 * tested changes; SITELIFT_SEED chooses others.
 */
export function sample<Item>(items: readonly Item[], count: number, seed: string): Item[] {
  if (IS_FULL) return [...items];
  const rank = (index: number) =>
    createHash('sha256')
      .update(`${process.env['SITELIFT_SEED'] ?? ''}\0${seed}\0${index}`)
      .digest('hex');
  const chosen = new Set(
    items
      .map((_item, index) => ({ index, rank: rank(index) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .slice(0, count)
      .map(({ index }) => index),
  );
  return items.filter((_item, index) => chosen.has(index));
}
