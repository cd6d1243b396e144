import * as v from 'valibot';
import { jsonValue } from '../json';
import type { LocalCache } from '../release/localCache';
import type { Rate } from './charge';
import type { Tier } from './priceList';

/** Prices of one rate and when AWS told them, as milliseconds since 1970. */
export interface KeptPrice {
  readonly readMs: number;
  readonly tiers: readonly Tier[];
}

const number = v.pipe(v.number(), v.finite(), v.minValue(0));
const KEPT = v.record(
  v.string(),
  v.object({ readMs: number, tiers: v.pipe(v.array(v.object({ from: number, usd: number })), v.minLength(1)) }),
);

/** The prices of a region that this computer remembers; none when they are not what we once wrote. */
export async function keptPrices(cache: LocalCache, region: string): Promise<ReadonlyMap<Rate, KeptPrice>> {
  const bytes = await cache.get(nameOf(region));
  const { success, output } = v.safeParse(KEPT, bytes && jsonValue(bytes.toString()));
  return new Map(success ? (Object.entries(output) as [Rate, KeptPrice][]) : []);
}

/** Makes this computer remember prices of a region besides those that it does. */
export async function keepPrices(
  cache: LocalCache,
  region: string,
  fresh: ReadonlyMap<Rate, KeptPrice>,
): Promise<void> {
  const all = new Map([...(await keptPrices(cache, region)), ...fresh]);
  await cache.put(nameOf(region), Buffer.from(JSON.stringify(Object.fromEntries(all))));
}

function nameOf(region: string): string {
  return `prices ${region}`;
}
