import { sightingLines, type Sighting } from '../core/publish/edge/sighting';
import type { App } from './app';
import { tell, tellWarning } from './tell';

/** What came of publishing or rolling back that is to be known. */
export interface Aftermath {
  /** What was seen of it from outside: one page and one asset, those that were sent first of all. */
  readonly outside: readonly Sighting[];
  /** What other hands had changed, and whether the volume is nearly full, in sentences. */
  readonly warnings: readonly string[];
}

/** Keeps in the log what was looked at from outside, as a warning what readers do not get and what else is to be known. */
export function logAftermath({ log }: Pick<App, 'log'>, { outside, warnings }: Aftermath): void {
  const isSeen = ({ problem }: Sighting) => problem === undefined;
  for (const line of warnings) log.warn(line);
  for (const line of sightingLines(outside.filter(isSeen))) log.info(line);
  for (const line of sightingLines(outside.filter((sighting) => !isSeen(sighting)))) log.warn(line);
}

/**
 * Tells what was done to a site, with what else is to be known and what readers do not get of it, as a warning where there is something to look after; gives
 * the button that was clicked. The log gets all that was looked at.
 */
export function tellAftermath(
  app: Pick<App, 'log'>,
  told: string,
  aftermath: Aftermath,
  ...buttons: readonly string[]
): Thenable<string | undefined> {
  logAftermath(app, aftermath);
  const { outside, warnings } = aftermath;
  const problems = outside.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const isGrave = warnings.length > 0 || outside.some(({ isMild, problem }) => problem !== undefined && !isMild);
  const message = [told, ...warnings, ...(problems.length > 0 ? ['But from outside:'] : []), ...problems].join(' ');
  return isGrave ? tellWarning(message, ...buttons) : tell(message, ...buttons);
}
