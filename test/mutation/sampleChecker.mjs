// A plugin of Stryker: lets a seeded random sample of the mutants pass, and gives the others back as not checked.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';

/**
 * @typedef {{ id: string, fileName: string, replacement: string, location: unknown }} Mutant
 */

const { SITELIFT_SAMPLE_SIZE = '', SITELIFT_SAMPLE_SEED = '', SITELIFT_SAMPLE_FILE = '' } = process.env;

/** A number for each mutant that depends on nothing but the seed and what it changes. @param {Mutant} mutant */
function lot({ fileName, location, replacement }) {
  const text = JSON.stringify([SITELIFT_SAMPLE_SEED, fileName, location, replacement]);
  return createHash('sha256').update(text).digest('hex');
}

const checker = {
  init: async () => undefined,
  /** Called once with all mutants; what is drawn goes into a file, since other processes check. @param {Mutant[]} mutants */
  async group(mutants) {
    const byLot = mutants.map((mutant) => ({ id: mutant.id, drawn: lot(mutant) }));
    byLot.sort((one, other) => (one.drawn < other.drawn ? -1 : 1));
    const ids = byLot.map(({ id }) => id);
    await writeFile(SITELIFT_SAMPLE_FILE, JSON.stringify(ids.slice(0, Number(SITELIFT_SAMPLE_SIZE))));
    return [ids];
  },
  /** @param {Mutant[]} mutants */
  async check(mutants) {
    const sample = new Set(/** @type {string[]} */ (JSON.parse(await readFile(SITELIFT_SAMPLE_FILE, 'utf8'))));
    return Object.fromEntries(
      mutants.map(({ id }) => [
        id,
        sample.has(id) ? { status: 'passed' } : { status: 'compileError', reason: 'It is not in the sample.' },
      ]),
    );
  },
};

export const strykerPlugins = [{ kind: 'Checker', name: 'sample', factory: () => checker }];
