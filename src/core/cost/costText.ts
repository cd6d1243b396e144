import { HOURS_A_MONTH, ratesOf, type Charge } from './charge';
import { costOf, usdOf, type Cost, type Prices } from './prices';
import { pricingPage } from './product';

/** What stands where AWS’s price could not be had. */
export const NOT_KNOWN = 'price not known';
/** What no sum holds. */
export const NOT_INCLUDED = 'Traffic, requests and taxes are not included.';

/** A sum of US dollars, e.g. `$7.59`. */
export function usdText(usd: number): string {
  const size = Math.abs(usd);
  if (size === 0) return '$0.00';
  return isTiny(usd) ? 'less than $0.01' : `${usd < 0 ? '−' : ''}$${size.toFixed(2)}`;
}

/** What steps change of the cost, e.g. `+$7.59 a month`; empty for those that are about nothing with a price. */
export function changeText(charges: readonly Charge[], prices: Prices, per = ' a month'): string {
  if (charges.length === 0) return '';
  const { usd, unknown } = costOf(charges, prices);
  if (isZero(usd)) return unknown.length > 0 ? NOT_KNOWN : 'the same cost';
  if (isTiny(usd)) return unknown.length > 0 ? NOT_KNOWN : 'nearly the same cost';
  const change = `${usd > 0 ? '+' : ''}${usdText(usd)}${per}`;
  return unknown.length > 0 ? `${change} and what has no known price` : change;
}

/** What something costs, e.g. `about $14.20 a month`. */
export function costText({ usd, unknown }: Cost, isWhole = true): string {
  if (unknown.length === 0 && isWhole)
    return isZero(usd) ? 'nothing' : `${isTiny(usd) ? '' : 'about '}${usdText(usd)} a month`;
  return isZero(usd) ? NOT_KNOWN : `at least ${usdText(usd)} a month`;
}

/** Charges in lines, each with what it comes to. */
export function chargeLines(charges: readonly Charge[], prices: Prices): string[] {
  return charges.map((charge) => `${charge.what}: ${chargeText(charge, prices)}`);
}

/** What one charge comes to. */
export function chargeText(charge: Charge, prices: Prices): string {
  const usd = usdOf(charge, prices);
  return usd === undefined ? NOT_KNOWN : `${usdText(usd)} a month`;
}

/** From where and when the prices are, what they leave out, and where those are told that are not known. */
export function priceNotes(charges: readonly Charge[], prices: Prices): string[] {
  const { readMs, region } = prices;
  const day = readMs !== undefined && dayText(readMs);
  const unknown = costOf(charges, prices).unknown;
  const pages = [...new Set(ratesOf(unknown).map(pricingPage))];
  return [
    ...(day ? [`Prices: AWS’s list for ${region}, read on ${day}; a month has ${HOURS_A_MONTH} hours.`] : []),
    ...(pages.length > 0 ? [`Price not known; AWS tells it at ${pages.join(' and ')}`] : []),
    NOT_INCLUDED,
  ];
}

/** It would be shown as nothing. */
function isTiny(usd: number): boolean {
  return Math.abs(usd) < 0.005;
}

function isZero(usd: number): boolean {
  return Math.abs(usd) < 1e-9;
}

function dayText(ms: number): string {
  return new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}
