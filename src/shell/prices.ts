import type { Clients } from '../core/aws/clients';
import { ratesOf, type Charge } from '../core/cost/charge';
import { costText } from '../core/cost/costText';
import { costOf, type Prices } from '../core/cost/prices';
import { wantedCharges } from '../core/cost/siteCharges';
import { opFor, type Op } from '../core/op';
import type { Leftovers } from '../core/resources/teardown/leftovers';
import type { Site } from '../core/site';
import type { App } from './app';
import { loadAws } from './chunks';
import { chargedRegions, chargesIn, type PricedLeftovers } from './leftoversText';

/** So soon is a price asked for again that somebody could not be told. */
export const RETRY_SECONDS = 60;
/** Longer than prices are waited for. */
const LONGEST_SECONDS = 60;

/** The prices of what charges are about, as far as they can be had soon; the log tells why others cannot. */
export async function pricesOf(
  { cacheFolder, log }: Pick<App, 'cacheFolder' | 'log'>,
  clients: Clients,
  region: string,
  charges: readonly Charge[],
  op: Op,
): Promise<Prices> {
  const { folderCache, readPrices } = await loadAws();
  const source = { cache: folderCache(cacheFolder), retrySeconds: RETRY_SECONDS };
  const { prices, problems } = await readPrices(clients, region, ratesOf(charges), source, op);
  for (const problem of problems) log.warn(problem);
  return prices;
}

/** What is left of sites, with the prices of the regions in which it is. */
export async function pricedLeftovers(
  app: Pick<App, 'cacheFolder' | 'log'>,
  clients: Clients,
  left: Leftovers,
  op: Op,
): Promise<PricedLeftovers> {
  const prices = chargedRegions(left).map(
    async (region) => [region, await pricesOf(app, clients, region, chargesIn(left.found, region), op)] as const,
  );
  return { ...left, prices: new Map(await Promise.all(prices)) };
}

/** What a site would cost that is not there yet, as a sentence. */
export async function costOfNew(app: Pick<App, 'cacheFolder' | 'log'>, clients: Clients, site: Site): Promise<string> {
  const charges = wantedCharges(site);
  const cost = costOf(charges, await pricesOf(app, clients, site.region, charges, opFor(LONGEST_SECONDS)));
  const text = costText(cost);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
