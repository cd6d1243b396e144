import { createHash } from 'node:crypto';

/** What chooses the samples of a run; undefined where everything is tried out. `npm test` sets it, and whoever wants the same samples again. */
export const SEED = process.env['SITELIFT_TEST'] === 'full' ? undefined : process.env['SITELIFT_SEED'];

/**
 * Some of the items, in their order, the best of each kind among them: as many as are asked for, or as there are kinds, if those are more. Which ones
 * follows from the seed and from `name`.
 */
export function sampleOf<Item>(
  items: readonly Item[],
  count: number,
  name: string,
  seed: string,
  kindOf: (item: Item) => unknown = () => undefined,
): Item[] {
  const rankOf = (index: number) => createHash('sha256').update(`${seed}\0${name}\0${index}`).digest('hex');
  const ranked = items
    .map((item, index) => ({ index, kind: kindOf(item), rank: rankOf(index) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1));
  const firsts = new Map(ranked.toReversed().map(({ index, kind }) => [kind, index]));
  const chosen = new Set(firsts.values());
  for (const { index } of ranked) if (chosen.size < count) chosen.add(index);
  return items.filter((_item, index) => chosen.has(index));
}

/** A sample in `npm test`, all items in `npm run test:full` and where a test is run by itself. */
export function sample<Item>(
  items: readonly Item[],
  count: number,
  name: string,
  kindOf?: (item: Item) => unknown,
): readonly Item[] {
  return SEED === undefined ? items : sampleOf(items, count, name, SEED, kindOf);
}
