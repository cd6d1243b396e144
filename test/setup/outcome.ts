import { stripVTControlCharacters } from 'node:util';

/** What a run of mocha says of itself. */
export interface Outcome {
  readonly passed: number;
  /** Skipped ones among them. */
  readonly failed: number;
  readonly failures: readonly Failure[];
}

/** A test that failed, by its whole title, or a command; why is in lines, as it was printed. */
export interface Failure {
  readonly title: string;
  readonly reason: string;
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
    failures: plain
      .split(/^\s*\d+ failing$/m)
      .slice(1)
      .flatMap(failuresIn),
  };
}

/**
 * Each failure begins with its number and the titles of its suites, each deeper than the one before, of which the last one ends with a
 * colon; the reason follows, up to the next one or to two empty lines.
 */
function failuresIn(printed: string): Failure[] {
  return Array.from(
    printed.matchAll(/^ {2}\d+\) (.*(?:\n {7,}\S.*)*):\n((?:(?! {2}\d+\) |\n\n).*\n)*)/gm),
    ([, titles = '', reason = '']) => ({
      title: titles
        .split('\n')
        .map((title) => title.trim())
        .join(' › '),
      reason: reason.replace(/^\n+/, '').trimEnd(),
    }),
  );
}
