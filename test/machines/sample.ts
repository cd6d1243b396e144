import { SEED, sample, sampleOf } from '../setup/sampling';
import { whyNoContainer } from './container';

const isFull = process.env['SITELIFT_TEST'] === 'full';
const reason = isFull ? undefined : whyNoContainer();
if (reason !== undefined) {
  console.log(
    `Only a sample of the kills and faults of the server scripts is tried out, on an emulated server: ${reason}.`,
  );
}

/** How many items a sample has: with containers, and where servers are emulated, which takes ten times as long. */
export interface Count {
  readonly contained: number;
  readonly emulated: number;
}

/** A sample as `sample` takes it; where servers are emulated, also for a test that is run by itself. */
export function sampleOnServer<Item>(items: readonly Item[], count: Count, name: string): readonly Item[] {
  if (reason === undefined) return sample(items, count.contained, name);
  return sampleOf(items, count.emulated, name, SEED ?? '');
}

/** The items in groups of at most `size`. */
export function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
