/** A step as it is told of when its plan ended before all was done. */
export interface Told {
  readonly title: string;
  /** What holds as long as it has not begun, e.g. `no page was changed`. */
  readonly untouched?: string;
  /** What it told last of itself. */
  readonly said?: string | undefined;
}

/** How far a plan had come when it ended before all was done; each list in the order of the plan. */
export interface SoFar {
  readonly done: readonly Told[];
  /** What had begun; whether it has an effect is not known. */
  readonly begun: readonly Told[];
  readonly waiting: readonly Told[];
}

/** The same in every bundle, each of which has a copy of this module. */
const KEY = Symbol.for('sitelift.soFar');
const SHOWN = 2;

/** The error, on which is noted how far its plan had come. */
export function noteSoFar(error: unknown, soFar: SoFar): unknown {
  if (error instanceof Error && Object.isExtensible(error))
    Object.defineProperty(error, KEY, { value: soFar, configurable: true });
  return error;
}

/** How far the plan had come that ended with an error; undefined when none ran. */
export function soFarOf(error: unknown): SoFar | undefined {
  return error instanceof Error ? (error as { [KEY]?: SoFar })[KEY] : undefined;
}

/** What was done, what had begun and what is as it was, in one sentence. */
export function soFarText({ done, begun, waiting }: SoFar): string {
  if (done.length + begun.length === 0) return 'Nothing was changed.';
  const total = done.length + begun.length + waiting.length;
  const parts = [
    `${done.length} of ${total} ${total === 1 ? 'step' : 'steps'} done`,
    ...begun.slice(0, SHOWN).map((step) => `under way: ${begunText(step)}`),
    ...(begun.length > SHOWN ? [`and ${begun.length - SHOWN} more under way`] : []),
    ...waiting.flatMap(({ untouched }) => untouched ?? []),
  ];
  return `${parts.join('; ')}.`;
}

/** A line for each step, for the log. */
export function soFarLines({ done, begun, waiting }: SoFar): string[] {
  return [
    ...done.map(({ title }) => `Done: ${title}`),
    ...begun.map((step) => `Begun, perhaps done: ${begunText(step)}`),
    ...waiting.map(({ title }) => `Not begun: ${title}`),
  ];
}

function begunText({ title, said }: Told): string {
  return said === undefined || said === title ? title : `${title} (${said})`;
}
