import type { Site } from '../site';
import { patternSource, sourceTest } from './pathPattern';

/** How long files may be kept, by pattern; the first that matches counts. */
export type Caching = Site['publish']['caching'];

/** How long the edges may keep pages, of which they are told when one changes, in case that failed. */
export const EDGE_SECONDS = 86_400;

/** The Cache-Control that a site wants for a file; undefined where it names none. */
export function wantedCaching(caching: Caching, path: string): string | undefined {
  return caching.find(({ files }) => testOf(files)(path))?.cacheControl;
}

const tests = new Map<string, (path: string) => boolean>();

function testOf(files: string): (path: string) => boolean {
  const test = tests.get(files) ?? sourceTest(patternSource(files), 'is');
  tests.set(files, test);
  return test;
}
