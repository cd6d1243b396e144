import type { Context } from '../context';
import type { Op } from '../op';
import type { SiteHave } from '../resources/stack';
import { ratesOf, type Charge } from './charge';
import { chargeLines, costText, priceNotes } from './costText';
import { costOf } from './prices';
import { readPrices, type PriceSource } from './readPrices';
import { stoppedCharges } from './siteCharges';

/** What still costs once the server is stopped: the sum, then each part with what it comes to, then where the prices are from. */
export async function whatStillCosts(
  { clients, site }: Context,
  have: SiteHave,
  source: PriceSource,
  op: Op,
  more: readonly Charge[] = [],
): Promise<{ readonly sum: string; readonly lines: readonly string[]; readonly notes: readonly string[] }> {
  const { charges, unread } = stoppedCharges(have);
  const all = [...charges, ...more];
  const { prices } = await readPrices(clients, site.region, ratesOf(all), source, op);
  const unreadLines = unread.map((name) => `${name}: could not be read`);
  return {
    sum: costText(costOf(all, prices), unread.length === 0),
    lines: [...chargeLines(all, prices), ...unreadLines],
    notes: priceNotes(all, prices),
  };
}
