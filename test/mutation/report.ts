import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';

/** What is read here of Stryker's report (its schema calls it a mutation test result). */
interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

const NOTICED = ['Killed', 'Timeout'];
const UNNOTICED = ['Survived', 'NoCoverage'];

/** Prints which mutants no test noticed, and the share of noticed ones for each file and folder and in all. */
export async function printReport(file: string): Promise<void> {
  const { files } = JSON.parse(await readFile(file, 'utf8')) as Report;
  const scores = new Map<string, { noticed: number; unnoticed: number }>();
  for (const [name, { mutants }] of Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const path = relative('src/core', name);
    for (const { status, mutatorName, replacement = '', location } of mutants) {
      if (UNNOTICED.includes(status)) {
        const { line, column } = location.start;
        console.log(`${name}:${line}:${column} ${status} ${mutatorName}: ${replacement.replaceAll(/\s+/g, ' ')}`);
      } else if (!NOTICED.includes(status)) continue;
      for (const scope of [path, ...(dirname(path) === '.' ? [] : [`${dirname(path)}/`]), 'in all']) {
        const score = scores.get(scope) ?? { noticed: 0, unnoticed: 0 };
        score[NOTICED.includes(status) ? 'noticed' : 'unnoticed'] += 1;
        scores.set(scope, score);
      }
    }
  }
  for (const [scope, { noticed, unnoticed }] of [...scores].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const all = noticed + unnoticed;
    console.log(`${scope.padEnd(40)}${String(Math.floor((100 * noticed) / all)).padStart(4)} %  ${noticed} of ${all}`);
  }
}
