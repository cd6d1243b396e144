import { createHash } from 'node:crypto';
import { whyNoContainer } from './container';

const isWhole = process.env['SITELIFT_TEST'] === 'full' || whyNoContainer() === undefined;
if (!isWhole) {
  console.log(
    `Only a sample of the kills and faults of the server scripts is tried out, on an emulated server: ${whyNoContainer()}.`,
  );
}

/**
 * Some of the items, in their order, where servers are emulated, and all of them elsewhere or with SITELIFT_TEST=full. Which ones follows
 * from `seed`, so that a failure comes again until what is tested changes; SITELIFT_SEED chooses others.
 */
export function sample<Item>(items: readonly Item[], count: number, seed: string): Item[] {
  if (isWhole) return [...items];
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

/** The items in groups of at most `size`. */
export function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
