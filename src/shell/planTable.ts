import { changeText, chargeLines, costText, priceNotes } from '../core/cost/costText';
import { costOf, type Prices } from '../core/cost/prices';
import type { SiteCharges } from '../core/cost/siteCharges';
import { plainText } from '../core/plainText';
import { chargesOf, stepsOf, type Plan, type Step } from '../core/plan';

/** A plan and what the site costs before it runs. */
export interface Priced {
  readonly name: string;
  /** Account, region and whose credentials. */
  readonly where: readonly string[];
  /** What was found out before the first change. */
  readonly findings?: readonly string[];
  readonly plan: Plan;
  readonly now: SiteCharges;
  readonly prices: Prices;
}

const STEP_WIDTH = 72;
const LOSES = { data: 'DATA', uptime: 'uptime', files: 'many files' } as const;

/** The whole plan as a table of text: each step with what it loses and costs, then what the site costs before and after it. */
export function planTable({ findings = [], name, now, plan, prices, where }: Priced): string {
  const charges = chargesOf(plan);
  const steps = stepsOf(plan).length;
  const does =
    steps === 0
      ? ['There is nothing to do: all that sitelift.json asks for is there.']
      : [
          `${steps} ${steps === 1 ? 'step' : 'steps'}, which “Provision All…” would run; those of one stage run together. Nothing has been changed.`,
          '',
          ...stepTable(plan, prices),
        ];
  const all = [...now.charges, ...charges];
  return `${[
    plainText(`Plan for “${name}”`),
    '',
    ...where.map((line) => plainText(line)),
    '',
    ...does,
    '',
    ...findings.flatMap((line) => wrapped(plainText(line))),
    ...(findings.length > 0 ? [''] : []),
    ...costLines(now, plan, prices),
    '',
    ...priceNotes(all, prices),
  ].join('\n')}\n`;
}

function stepTable(plan: Plan, prices: Prices): string[] {
  const rows = plan.flatMap((stage, index) => stage.map((step, place) => rowOf(step, place, index, prices)));
  const change = changeText(chargesOf(plan), prices, '') || '–';
  const sum = ['', 'in all', '', change] as const;
  const heads = ['Stage', 'Step', 'Loses', 'Cost a month'] as const;
  const widths = heads.map((_, column) => Math.max(...[heads, sum, ...rows].map((row) => widest(row[column] ?? ''))));
  const rule = widths.map((width) => '─'.repeat(width));
  return [heads, rule, ...rows, rule, sum].flatMap((row) => linesOf(row, widths));
}

function rowOf(step: Step, place: number, stage: number, prices: Prices): readonly string[] {
  return [
    place === 0 ? String(stage + 1) : '',
    wrapped(plainText(step.title)).join('\n'),
    step.loses ? LOSES[step.loses] : '–',
    changeText(step.charges ?? [], prices, '') || '–',
  ];
}

/** A row in as many lines as its longest text has; the last column is of numbers, which end where its head ends. */
function linesOf(row: readonly string[], widths: readonly number[]): string[] {
  const cells = row.map((text) => text.split('\n'));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, column) => {
        const [text = '', width = 0] = [cell[line], widths[column]];
        return column === cells.length - 1 ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function costLines(now: SiteCharges, plan: Plan, prices: Prices): string[] {
  const isWhole = now.unread.length === 0;
  const text = (charges: SiteCharges['charges']) => costText(costOf(charges, prices), isWhole);
  const parts = chargeLines(now.charges, prices).map((line) => plainText(line));
  return [
    `Cost now: ${text(now.charges)}`,
    ...parts.map((line) => `  – ${line}`),
    ...now.unread.map((name) => `  – ${name}: could not be read`),
    ...(plan.length > 0 ? [`Cost afterwards: ${text([...now.charges, ...chargesOf(plan)])}`] : []),
  ];
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length));
}

/** A text in lines that are broken at spaces. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= STEP_WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
