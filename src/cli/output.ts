import { plainText } from '../core/plainText';
import { soFarLines, soFarOf } from '../core/soFar';
import type { Arguments } from './arguments';
import type { Result } from './work';

const SHOWN_ITEMS = 20;
let last = '';

/** Tells on standard error what is being done, each thing once. */
export function tellProgress(message: string): void {
  const line = plainText(message);
  if (line === last) return;
  last = line;
  console.error(line);
}

/** Tells on standard error which steps of a plan that ended early were done, begun and left. */
export function tellSoFar(error: unknown): void {
  const soFar = soFarOf(error);
  if (soFar) for (const line of soFarLines(soFar)) console.error(plainText(line));
}

/** Tells on standard output what came of it: for programs as one JSON object, for people in lines. */
export function tellResult(
  { json, command }: Pick<Arguments, 'json' | 'command'>,
  { lines, steps, ...told }: Result,
): void {
  if (json) {
    console.log(JSON.stringify({ command, ...told, steps }));
    return;
  }
  const stepLines = steps.flatMap(({ title, items = [] }) => {
    const more = items.length > SHOWN_ITEMS ? [`  … and ${items.length - SHOWN_ITEMS} more`] : [];
    return [`- ${title}`, ...items.slice(0, SHOWN_ITEMS).map((item) => `  - ${item}`), ...more];
  });
  for (const line of [...lines, ...stepLines]) console.log(plainText(line));
}
