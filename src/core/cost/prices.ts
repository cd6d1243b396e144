import type { Charge, Rate } from './charge';
import type { Tier } from './priceList';

/** The prices of one region, as far as they are known. */
export interface Prices {
  readonly region: string;
  readonly tiers: ReadonlyMap<Rate, readonly Tier[]>;
  /** When AWS told the oldest of them, as milliseconds since 1970; undefined without any. */
  readonly readMs: number | undefined;
}

/** What charges come to in a month: of those with a price, and the others. */
export interface Cost {
  readonly usd: number;
  readonly unknown: readonly Charge[];
}

/** What a charge comes to in a month, in US dollars, negative for one that ends; undefined when its price is not known. */
export function usdOf({ quantity, rate }: Charge, { tiers }: Prices): number | undefined {
  const known = tiers.get(rate);
  if (!known) return undefined;
  const size = Math.abs(quantity);
  const usd = known.reduce((sum, { from, usd: price }, index) => {
    const end = known[index + 1]?.from ?? Infinity;
    return sum + Math.max(0, Math.min(size, end) - from) * price;
  }, 0);
  return quantity < 0 ? -usd : usd;
}

/** What charges come to together. What begins and ends alike is nothing, also without its price. */
export function costOf(charges: readonly Charge[], prices: Prices): Cost {
  const left = withoutPairs(charges);
  const unknown = left.filter((charge) => usdOf(charge, prices) === undefined);
  return { usd: left.reduce((sum, charge) => sum + (usdOf(charge, prices) ?? 0), 0), unknown };
}

function withoutPairs(charges: readonly Charge[]): readonly Charge[] {
  const sums = new Map<Rate, number>();
  for (const { quantity, rate } of charges) sums.set(rate, (sums.get(rate) ?? 0) + quantity);
  return charges.filter(({ rate }) => Math.abs(sums.get(rate) ?? 0) > 1e-9);
}
