import { ratesOf } from '../core/cost/charge';
import { costText, NOT_KNOWN, priceNotes, usdText } from '../core/cost/costText';
import { costOf, type Prices } from '../core/cost/prices';
import { plainText } from '../core/plainText';
import type { Leftover } from '../core/resources/teardown/leftover';
import type { Leftovers } from '../core/resources/teardown/leftovers';
import type { Site } from '../core/site';

/** What is left, and the prices of the regions in which it is, by their names. */
export interface PricedLeftovers extends Leftovers {
  readonly prices: ReadonlyMap<string, Prices>;
}

const REGIONS_A_LINE = 6;
const ORDER: readonly Leftover['costs'][] = ['existence', 'use', 'nothing'];

/** What is left in a sentence: what still costs first. */
export function leftText({ found, unread }: Leftovers): string {
  const costing = found.filter(({ costs }) => costs !== 'nothing').map(({ id, kind }) => `${kind} ${id}`);
  const rest = found.length - costing.length;
  const isAll = unread.length === 0;
  const nothing = isAll ? 'Nothing of it costs any more.' : 'Of what could be read, nothing costs any more.';
  return [
    costing.length > 0 ? `What still costs: ${costing.join(', ')}.` : nothing,
    ...(rest > 0 ? [`Left as well, at no cost: ${rest} ${rest === 1 ? 'thing' : 'things'}.`] : []),
    ...unread,
  ].join(' ');
}

/** What is left as a document: a table for each site with what it costs a month, those of this window by their names. */
export function leftoversDocument(
  title: string,
  left: PricedLeftovers,
  sites: readonly Pick<Site, 'id' | 'name'>[],
  where: readonly string[] = [],
): string {
  const { found, prices, regions, unread } = left;
  const ids = [...new Set(found.map(({ siteId }) => siteId))].sort();
  const notes = [...prices].flatMap(([region, known]) => priceNotes(chargesIn(found, region), known));
  return `${[
    plainText(title),
    '',
    ...where.map((line) => plainText(line)),
    `Looked at ${regions.length} ${regions.length === 1 ? 'region' : 'regions'}, and at what is in no region.`,
    ...(found.length === 0 ? ['Nothing was found.'] : []),
    ...ids.flatMap((id) => tableOf(id, left, sites)),
    ...(notes.length > 0 ? ['', ...new Set(notes)] : []),
    ...(unread.length > 0 ? ['', 'Could not be read:', ...unread.map((line) => plainText(line))] : []),
    ...(regions.length > 1 ? ['', 'The regions:', ...inLines(regions)] : []),
  ].join('\n')}\n`;
}

/** The regions of what has a price, with the charges of each. */
export function chargedRegions({ found }: Leftovers): readonly string[] {
  const charged = found.filter(({ charges = [] }) => ratesOf(charges).length > 0);
  return [...new Set(charged.flatMap(({ region }) => region ?? []))].sort();
}

/** All charges of what is left in a region. */
export function chargesIn(found: readonly Leftover[], region: string) {
  return found.filter((left) => left.region === region).flatMap(({ charges = [] }) => charges);
}

function tableOf(
  id: string,
  { found, prices }: PricedLeftovers,
  sites: readonly Pick<Site, 'id' | 'name'>[],
): string[] {
  const known = sites.find((site) => site.id === id);
  const own = found.filter(({ siteId }) => siteId === id);
  const sums = chargedRegions({ found: own, regions: [], unread: [] }).map((region) => {
    const priced = prices.get(region);
    return priced ? `${costText(costOf(chargesIn(own, region), priced))} in ${region}` : `${NOT_KNOWN} in ${region}`;
  });
  const heading = known ? `Site “${known.name}” (${id})` : `Site ${id}, which is not of this window`;
  const rows = [...own]
    .sort((one, other) => ORDER.indexOf(one.costs) - ORDER.indexOf(other.costs))
    .map((left) =>
      [costOfOne(left, prices), left.region ?? 'no region', left.kind, left.id, left.about].map((cell) =>
        plainText(cell),
      ),
    );
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    '',
    plainText(`${heading}: ${sums.length > 0 ? sums.join(', ') : 'nothing that costs from hour to hour'}`),
    ...rows.map(
      (row) =>
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}`,
    ),
  ];
}

function inLines(names: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(names.length / REGIONS_A_LINE) }, (_, line) =>
    plainText(names.slice(line * REGIONS_A_LINE, (line + 1) * REGIONS_A_LINE).join(', ')),
  );
}

function costOfOne({ charges = [], costs, region }: Leftover, prices: ReadonlyMap<string, Prices>): string {
  if (costs === 'use') return 'costs by use';
  if (costs === 'nothing') return 'costs nothing';
  const priced = prices.get(region ?? '');
  if (charges.length === 0) return 'counted with its server';
  const cost = priced && costOf(charges, priced);
  return cost && cost.unknown.length === 0 ? `${usdText(cost.usd)} a month` : NOT_KNOWN;
}
