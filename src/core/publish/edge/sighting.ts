import type { Sample } from './sample';

/** How a published file looks to readers. */
export interface Sighting extends Pick<Sample, 'kind' | 'path' | 'url'> {
  /** What is not as it was published, why, and what to do; undefined when readers get the published bytes. */
  readonly problem?: string;
  /** The problem passes by itself, or says more of this computer's way to the outside than of the site. */
  readonly isMild?: boolean;
}

/** What the sightings say, one line each. */
export function sightingLines(sightings: readonly Sighting[]): string[] {
  return sightings.map(({ problem, url }) =>
    problem === undefined ? `Seen from outside as it was published: ${url}` : `Not seen from outside: ${problem}`,
  );
}
