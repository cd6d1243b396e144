import type { Charge } from '../core/cost/charge';
import { changeText, priceNotes } from '../core/cost/costText';
import type { Prices } from '../core/cost/prices';
import { plainText } from '../core/plainText';
import { chargesOf, stepsOf, type Plan, type Step } from '../core/plan';
import { sizeText } from '../core/sizeText';
import type { Summary } from '../core/publish/summary';

/** What a user is shown before a plan runs. */
export interface Shown {
  /** Account, region and whose credentials. */
  readonly where: readonly string[];
  /** Totals and what else is to be known before the steps, e.g. the root folder. */
  readonly about: readonly string[];
  readonly plan: Plan;
  /** Of what the steps add and end, where they do. */
  readonly prices?: Prices | undefined;
}

const SHOWN_STEPS = 10;
const SHOWN_NOTES = 5;
const LOGGED_ITEMS = 20;

/**
 * The lines of a dialog: where, totals, then the steps, those that lose something before all others, each with the single files that it is about; where
 * that is too much, the steps first, then as many of their files as fit; and how many lines do not fit.
 */
export function planLines(shown: Shown): { readonly lines: readonly string[]; readonly hidden: number } {
  const steps = [...stepsOf(shown.plan)].sort((one, other) => Number(!one.loses) - Number(!other.loses));
  const lineOf = (step: Step) => `• ${stepLine(step, shown.prices)}`;
  const itemsOf = ({ items = [] }: Step) => items.map((item) => `– ${item}`);
  const all = steps.flatMap((step) => [lineOf(step), ...itemsOf(step)]);
  // Where not all fit, the steps do before what they are about.
  const fitting =
    all.length > SHOWN_STEPS + 1 ? [...steps.map(lineOf), ...steps.flatMap(itemsOf)].slice(0, SHOWN_STEPS) : all;
  const hidden = all.length - fitting.length;
  const lines = [
    ...shown.where,
    '',
    ...totals(shown),
    ...fitting,
    ...(hidden > 0 ? [`… and ${hidden} more`] : []),
    ...costNotes(shown),
  ];
  return { lines: lines.map((line) => plainText(line)), hidden };
}

/** The whole plan as a document, in the order in which it runs. */
export function planDocument(question: string, shown: Shown): string {
  const stages = shown.plan.flatMap((stage, index) =>
    stage.flatMap((step, place) => [
      `${(place === 0 ? `${index + 1}.` : '').padEnd(5)}${stepLine(step, shown.prices)}`,
      ...(step.items ?? []).map((item) => `     – ${plainText(item)}`),
    ]),
  );
  const order =
    shown.plan.length > 1
      ? ['In this order; the steps under one number run together.', '']
      : ['All at the same time.', ''];
  const lines = [question, '', ...shown.where, '', ...totals(shown), '', ...order];
  // A step's line keeps the spaces at its start, which `plainText` would take.
  return `${[...lines.map((line) => plainText(line)), ...stages, ...costNotes(shown)].join('\n')}\n`;
}

/** The plan for the log, with the first of the single files of each step. */
export function planLog({ where, plan }: Pick<Shown, 'where' | 'plan'>): string[] {
  const steps = stepsOf(plan).flatMap((step) => {
    const { items = [] } = step;
    const more = items.length > LOGGED_ITEMS ? [`… and ${items.length - LOGGED_ITEMS} more`] : [];
    return [`• ${stepLine(step)}`, ...[...items.slice(0, LOGGED_ITEMS), ...more].map((item) => `  – ${item}`)];
  });
  return [where.join(' '), ...steps];
}

/** What stands before the steps of a publication: what is to be heeded first, then the root folder, totals and sizes. */
export function summaryLines({ notes, pages, assets, left }: Summary, root: string): string[] {
  const shownNotes = notes.length > SHOWN_NOTES + 1 ? notes.slice(0, SHOWN_NOTES) : notes;
  const more = notes.length > shownNotes.length ? [`… and ${notes.length - shownNotes.length} more, in the log`] : [];
  const toUpload = assets.added + assets.changed;
  const removed = new Set([...(pages.removed ?? []), ...assets.removed]).size;
  const leftOut = left.map(({ reason, count }) => `${count} (${reason})`).join(', ');
  return [
    ...shownNotes,
    ...more,
    ...(shownNotes.length > 0 ? [''] : []),
    `Root folder: ${root}`,
    `Pages and other files: ${pages.count}, ${sizeText(pages.sizeBytes)}`,
    `Images and other assets: ${toUpload + assets.unchanged}; to upload: ${toUpload}, ${sizeText(assets.uploadBytes)}`,
    ...(removed > 0 ? [`To remove, as they are not among the files any more: ${removed}`] : []),
    ...(leftOut ? [`Left out: ${leftOut}`] : []),
  ];
}

/** Where the prices of a plan are from and what they leave out; nothing where no step has a price. */
function costNotes({ plan, prices }: Shown): string[] {
  const charges = chargesOf(plan);
  return prices && charges.length > 0 ? ['', ...priceNotes(charges, prices)] : [];
}

function totals({ plan, about, prices }: Shown): string[] {
  const steps = stepsOf(plan);
  const bytes = steps.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  const sends = bytes > 0 ? `, ${sizeText(bytes)} to send` : '';
  return [
    ...about,
    ...(about.length > 0 ? [''] : []),
    `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}${sends}${changeOf(chargesOf(plan), prices)}:`,
  ];
}

/** A step in one line: what it loses, what it does, how much it sends and what it costs. */
export function stepLine(step: Step, prices?: Prices): string {
  const losses = { data: 'LOSES DATA: ', uptime: 'Interrupts the site: ', files: 'REMOVES MANY FILES: ' };
  const size = step.sizeBytes === undefined ? '' : `, ${sizeText(step.sizeBytes)}`;
  const cost = changeOf(step.charges ?? [], prices);
  return plainText(`${step.loses ? losses[step.loses] : ''}${step.title}${size}${cost}`);
}

function changeOf(charges: readonly Charge[], prices: Prices | undefined): string {
  const change = prices && changeText(charges, prices);
  return change ? `, ${change}` : '';
}
