import { sightingLines, type Sighting } from '../core/publish/sighting';
import type { App } from './app';
import { tell, tellWarning } from './tell';

/**
 * Tells what was done to a site, with what readers do not get of it, as a warning where that is to be mended; gives the button that was clicked.
 * The log gets all that was looked at.
 */
export function tellWithSightings(
  { log }: Pick<App, 'log'>,
  told: string,
  sightings: readonly Sighting[],
  ...buttons: readonly string[]
): Thenable<string | undefined> {
  for (const line of sightingLines(sightings)) log.info(line);
  const problems = sightings.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const isGrave = sightings.some(({ isMild, problem }) => problem !== undefined && !isMild);
  const message = [told, ...(problems.length > 0 ? ['But from outside:'] : []), ...problems].join(' ');
  return isGrave ? tellWarning(message, ...buttons) : tell(message, ...buttons);
}
