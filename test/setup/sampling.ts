import { createHash } from 'node:crypto';

/** What chooses the samples of a run; undefined where everything is tried out. `npm test` sets it, and whoever wants the same samples again. */
export const SEED = process.env['SITELIFT_TEST'] === 'full' ? undefined : process.env['SITELIFT_SEED'];

/**
 * Some of the items, in their order, with each of the kinds that they are of (an item may be of several): as many as are asked for, or more where the kinds
 * take more. Which ones follows from the seed and from `name`.
 */
export function sampleOf<Item>(
  items: readonly Item[],
  count: number,
  name: string,
  seed: string,
  kindsOf: (item: Item) => readonly unknown[] = () => [],
): Item[] {
  const rankOf = (index: number) => createHash('sha256').update(`${seed}\0${name}\0${index}`).digest('hex');
  const ranked = items
    .map((item, index) => ({ index, kinds: kindsOf(item), rank: rankOf(index) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1));
  const chosen = new Set<number>();
  const seen = new Set<unknown>();
  for (const { index, kinds } of ranked) {
    if (kinds.some((kind) => !seen.has(kind))) chosen.add(index);
    for (const kind of kinds) seen.add(kind);
  }
  for (const { index } of ranked) if (chosen.size < count) chosen.add(index);
  return items.filter((_item, index) => chosen.has(index));
}

/** Those of some test files that `npm test` runs beside those that it always runs; all of them elsewhere. What it leaves out it says. */
export function sampleOfFiles(files: readonly string[], count: number, name: string): readonly string[] {
  const chosen = sample(files, count, name);
  const left = files.filter((file) => !chosen.includes(file));
  if (left.length > 0) console.log(`Left to npm run test:full and to other seeds: ${left.join(', ')}`);
  return chosen;
}

/** A sample in `npm test`, all items in `npm run test:full` and where a test is run by itself. */
export function sample<Item>(
  items: readonly Item[],
  count: number,
  name: string,
  kindsOf?: (item: Item) => readonly unknown[],
): readonly Item[] {
  return SEED === undefined ? items : sampleOf(items, count, name, SEED, kindsOf);
}
