import { setMaxListeners } from 'node:events';
import { paginateGetProducts } from '@aws-sdk/client-pricing';
import type { Clients } from '../aws/clients';
import { explain } from '../aws/errors';
import { allItems } from '../aws/pages';
import { heeding, isUserError, type Op } from '../op';
import type { LocalCache } from '../release/localCache';
import type { Rate } from './charge';
import { keepPrices, keptPrices, type KeptPrice } from './keptPrices';
import { tiersOf, type Tier } from './priceList';
import type { Prices } from './prices';
import { productOf } from './product';

/** Where prices are remembered, and how long one that could not be had is not asked for again. */
export interface PriceSource {
  readonly cache: LocalCache;
  readonly retrySeconds: number;
  readonly nowMs?: number;
  /** What AWS has not told by then is not known. */
  readonly limitSeconds?: number;
}

/** Prices, and why AWS did not tell those that it was asked for and that are missing. */
export interface PriceReading {
  readonly prices: Prices;
  readonly problems: readonly string[];
}

const WEEK_MS = 7 * 24 * 3600 * 1000;
const LIMIT_SECONDS = 4;

type Remembered = KeptPrice | { readonly failedMs: number };
const memory = new WeakMap<Clients, Map<string, Map<Rate, Remembered>>>();

/**
 * The prices of rates in a region: those that are remembered for a week at most, and the others from AWS, for which nobody waits long. One that cannot be
 * had is missing, whatever the reason; throws only when the `Op` is cancelled.
 */
export async function readPrices(
  clients: Clients,
  region: string,
  rates: readonly Rate[],
  { cache, retrySeconds, nowMs = Date.now(), limitSeconds = LIMIT_SECONDS }: PriceSource,
  op: Op,
): Promise<PriceReading> {
  const known = memoryOf(clients, region);
  const isFresh = (one: Remembered | undefined): one is KeptPrice =>
    one !== undefined && 'readMs' in one && Math.abs(nowMs - one.readMs) < WEEK_MS;
  if (rates.some((rate) => !isFresh(known.get(rate)))) {
    for (const [rate, kept] of await keptPrices(cache, region)) {
      if (isFresh(kept) && !isFresh(known.get(rate))) known.set(rate, kept);
    }
  }
  const missing = rates.filter((rate) => {
    const one = known.get(rate);
    return !isFresh(one) && !(one && 'failedMs' in one && nowMs - one.failedMs < retrySeconds * 1000);
  });
  const fresh = new Map<Rate, KeptPrice>();
  const limit = AbortSignal.any([op.signal, AbortSignal.timeout(limitSeconds * 1000)]);
  setMaxListeners(0, limit);
  const ask = async (rate: Rate): Promise<string | undefined> => {
    try {
      fresh.set(rate, { readMs: nowMs, tiers: await heeding(limit, () => askPrice(clients, region, rate, limit)) });
      return undefined;
    } catch (error) {
      // A deadline of the reading ends what was not told by then; a cancel ends all.
      if (!isUserError(op.signal.reason)) op.signal.throwIfAborted();
      known.set(rate, { failedMs: nowMs });
      return `Price of ${rate} in ${region} not known: ${explain(error).message}`;
    }
  };
  const problems = (await Promise.all(missing.map(ask))).filter((problem) => problem !== undefined);
  for (const [rate, price] of fresh) known.set(rate, price);
  if (fresh.size > 0) await keepPrices(cache, region, fresh);
  const had = rates.flatMap((rate) => {
    const one = known.get(rate);
    return isFresh(one) ? [[rate, one] as const] : [];
  });
  const tiers = new Map(had.map(([rate, one]) => [rate, one.tiers]));
  const readMs = had.length > 0 ? Math.min(...had.map(([, one]) => one.readMs)) : undefined;
  return { prices: { region, tiers, readMs }, problems };
}

function memoryOf(clients: Clients, region: string): Map<Rate, Remembered> {
  const regions = memory.get(clients) ?? new Map<string, Map<Rate, Remembered>>();
  memory.set(clients, regions);
  const known = regions.get(region) ?? new Map<Rate, Remembered>();
  regions.set(region, known);
  return known;
}

async function askPrice(
  { pricing }: Clients,
  region: string,
  rate: Rate,
  abortSignal: AbortSignal,
): Promise<readonly Tier[]> {
  const product = productOf(rate);
  if (!product) throw new Error('It has no single price.');
  const attributes = { regionCode: region, locationType: 'AWS Region', ...product.attributes };
  const Filters = Object.entries(attributes).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }));
  const pages = paginateGetProducts(
    { client: pricing },
    { ServiceCode: product.serviceCode, FormatVersion: 'aws_v1', Filters },
    { abortSignal },
  );
  const items = await allItems(pages, ({ PriceList }) => PriceList);
  return tiersOf(items.map(String), product, region);
}
