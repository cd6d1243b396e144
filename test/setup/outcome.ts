import { stripVTControlCharacters } from 'node:util';

/** What a run of mocha says of itself. */
export interface Outcome {
  readonly passed: number;
  /** Skipped ones among them. */
  readonly failed: number;
  /** The whole titles of those that failed. */
  readonly failedTitles: readonly string[];
}

/** Reads the summaries of one or more runs of mocha, such as `  12 passing (3s)`, out of what was printed. */
export function outcomeOf(output: string): Outcome {
  const plain = stripVTControlCharacters(output);
  const sumOf = (word: string): number =>
    Array.from(plain.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm')), ([, count]) => Number(count)).reduce(
      (sum, count) => sum + count,
      0,
    );
  return {
    passed: sumOf('passing'),
    failed: sumOf('failing') + sumOf('pending'),
    failedTitles: plain
      .split(/^\s*\d+ failing$/m)
      .slice(1)
      .flatMap(titlesIn),
  };
}

/** Each failure begins with its number and the titles of its suites, each deeper than the one before; the last one ends with a colon. */
function titlesIn(failures: string): string[] {
  return Array.from(failures.matchAll(/^ {2}\d+\) (.*(?:\n {7,}\S.*)*):$/gm), ([, titles = '']) =>
    titles
      .split('\n')
      .map((title) => title.trim())
      .join(' › '),
  );
}
