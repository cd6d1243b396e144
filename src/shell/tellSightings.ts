import { sightingLines, type Sighting } from '../core/publish/sighting';
import type { App } from './app';
import { tell, tellWarning } from './tell';

/** Keeps in the log what was looked at from outside, as a warning what readers do not get. */
export function logSightings({ log }: Pick<App, 'log'>, sightings: readonly Sighting[]): void {
  const isSeen = ({ problem }: Sighting) => problem === undefined;
  for (const line of sightingLines(sightings.filter(isSeen))) log.info(line);
  for (const line of sightingLines(sightings.filter((sighting) => !isSeen(sighting)))) log.warn(line);
}

/**
 * Tells what was done to a site, with what readers do not get of it, as a warning where that is to be mended; gives the button that was clicked.
 * The log gets all that was looked at.
 */
export function tellWithSightings(
  app: Pick<App, 'log'>,
  told: string,
  sightings: readonly Sighting[],
  ...buttons: readonly string[]
): Thenable<string | undefined> {
  logSightings(app, sightings);
  const problems = sightings.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const isGrave = sightings.some(({ isMild, problem }) => problem !== undefined && !isMild);
  const message = [told, ...(problems.length > 0 ? ['But from outside:'] : []), ...problems].join(' ');
  return isGrave ? tellWarning(message, ...buttons) : tell(message, ...buttons);
}
