import type { Site } from '../site';
import { patternSource, sourceTest } from './pathPattern';

/** How long files may be kept, by pattern; the first that matches counts. */
export type Caching = Site['publish']['caching'];

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
