import { plainText } from '../core/plainText';
import type { Leftover } from '../core/resources/teardown/leftover';
import type { Leftovers } from '../core/resources/teardown/leftovers';
import type { Site } from '../core/site';

const COSTS = { existence: 'costs', use: 'costs by use', nothing: 'costs nothing' } as const;
const NOWHERE = 'no region';

/** What is left in a sentence: what still costs first. */
export function leftText({ found, unread }: Leftovers): string {
  const costing = found.filter(({ costs }) => costs !== 'nothing').map(({ id, kind }) => `${kind} ${id}`);
  const rest = found.length - costing.length;
  return [
    costing.length > 0
      ? `What still costs: ${costing.join(', ')}.`
      : unread.length > 0
        ? 'Of what could be read, nothing costs any more.'
        : 'Nothing of it costs any more.',
    ...(rest > 0
      ? [`${rest} ${rest === 1 ? 'thing is' : 'things are'} left that ${rest === 1 ? 'costs' : 'cost'} nothing.`]
      : []),
    ...(unread.length > 0 ? [unread.join(' ')] : []),
  ].join(' ');
}

/** What is left as a document: a table for each site, those of this window by their names. */
export function leftoversDocument(
  title: string,
  { found, regions, unread }: Leftovers,
  sites: readonly Pick<Site, 'id' | 'name'>[],
  where: readonly string[] = [],
): string {
  const ids = [...new Set(found.map(({ siteId }) => siteId))].sort();
  const tables = ids.flatMap((id) => {
    const known = sites.find((site) => site.id === id);
    const heading = known ? `Site “${known.name}” (${id})` : `Site ${id}, which is not of this window`;
    return ['', heading, ...table(found.filter(({ siteId }) => siteId === id))];
  });
  const lines = [
    title,
    '',
    ...where,
    `Looked at: ${regions.join(', ')}, and what is in no region.`,
    ...(found.length === 0 ? ['Nothing was found.'] : []),
    ...tables,
    ...(unread.length > 0 ? ['', 'Could not be read:', ...unread] : []),
  ];
  // A line of a table keeps the spaces at its start, which `plainText` would take.
  return `${lines.map((line) => (line.startsWith('  ') ? line : plainText(line))).join('\n')}\n`;
}

function table(found: readonly Leftover[]): string[] {
  const order = ['existence', 'use', 'nothing'];
  const sorted = [...found].sort((one, other) => order.indexOf(one.costs) - order.indexOf(other.costs));
  const rows = sorted.map(({ about, costs, id, kind, region }) =>
    [COSTS[costs], region ?? NOWHERE, kind, id, about].map((cell) => plainText(cell)),
  );
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
}
