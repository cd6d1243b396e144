import { chargeLines, chargeText, costText, priceNotes } from '../../core/cost/costText';
import { costOf, usdOf, type Prices } from '../../core/cost/prices';
import { pricingPage } from '../../core/cost/product';
import { chargesOfSite } from '../../core/cost/siteCharges';
import type { SiteHave } from '../../core/resources/stack';
import type { Detail, Icon } from './shown';

/** How the row is shown that tells what a site costs. */
export interface CostView {
  readonly label: string;
  readonly state: string;
  readonly icon: Icon;
  readonly tooltip: readonly string[];
  readonly details: readonly Detail[];
}

/** What a site costs a month; undefined while there is nothing that could cost. */
export function costView(have: SiteHave, prices: Prices): CostView | undefined {
  const { charges, unread } = chargesOfSite(have);
  const isThere = Object.values(have).some(({ kind }) => kind !== 'absent');
  if (charges.length === 0 && !isThere) return undefined;
  const cost = costOf(charges, prices);
  const isWhole = unread.length === 0;
  const isFree = charges.length === 0 && isWhole;
  const state = isFree ? 'nothing but traffic and requests' : costText(cost, isWhole);
  const missing = unread.map((name) => `${name}: could not be read`);
  return {
    ...{ label: 'Cost', state },
    icon: isWhole && cost.unknown.length === 0 ? { id: 'credit-card' } : { id: 'credit-card', tone: 'attention' },
    tooltip: [`Cost: ${state}`, ...chargeLines(charges, prices), ...missing, ...priceNotes(charges, prices)],
    details: charges.map((charge) => ({
      ...{ label: charge.what, value: chargeText(charge, prices) },
      about:
        usdOf(charge, prices) === undefined ? `AWS tells it at ${pricingPage(charge.rate)}` : 'By AWS’s price list.',
    })),
  };
}
