import type { LocalCache } from '../../../src/core/release/localCache';

/** What a computer remembers, in memory, and how often it was told something. */
export interface MemoryCache extends LocalCache {
  readonly kept: Map<string, Buffer>;
  puts(): number;
}

/** A cache with nothing in it. */
export function newMemoryCache(): MemoryCache {
  const kept = new Map<string, Buffer>();
  let puts = 0;
  return {
    kept,
    puts: () => puts,
    get: (name) => Promise.resolve(kept.get(name)),
    put(name, bytes) {
      puts += 1;
      kept.set(name, Buffer.from(bytes));
      return Promise.resolve();
    },
  };
}
