import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeOf } from './outcome';

const CHECKOUT = join(__dirname, '..', '..');

/** Runs mocha as the project configures it on the text of a test file. */
async function runFile(
  spec: string,
  options: readonly string[],
  reporter = 'json',
): Promise<{ code: number; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-mocha-'));
  try {
    const file = join(folder, 'given.test.ts');
    await writeFile(file, spec);
    const args = [require.resolve('mocha/bin/mocha.js'), '--reporter', reporter, ...options, file];
    return await new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: CHECKOUT }, (error, stdout, stderr) =>
        resolve({ code: error ? 1 : 0, output: stdout + stderr }),
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const titles = (output: string, kind: 'passes' | 'failures'): string[] =>
  (JSON.parse(output) as Record<typeof kind, { title: string }[]>)[kind].map(({ title }) => title);

for (const [mode, ...options] of [['one after the other'], ['side by side', '--parallel', '--jobs', '2']] as const) {
  describe(`a run of files ${mode}`, () => {
    const runMocha = (spec: string) => runFile(spec, options);
    it('fails when one is marked to run alone', async () => {
      const { code, output } = await runMocha(`it('a', () => {}); it.only('b', () => {});`);
      assert.equal(code, 1);
      assert.match(output, /forbid-?only|`\.only` is not supported/i);
    });

    it('fails when one is skipped, whether from outside or inside', async () => {
      const { code, output } = await runMocha(`
      it.skip('outside', () => {}); it('inside', function () { this.skip(); }); it('later'); it('runs', () => {});`);
      assert.equal(code, 1);
      assert.deepEqual(titles(output, 'failures').sort(), ['inside', 'later', 'outside']);
      assert.deepEqual(titles(output, 'passes'), ['runs']);
    });

    it('reports each test of a suite whose preparation failed', async () => {
      const { output } = await runMocha(`
      describe('s', () => { before(() => { throw new Error('no'); }); it('a', () => {}); it('b', () => {}); });`);
      assert.deepEqual(titles(output, 'failures').slice(-2), ['a', 'b']);
    });

    it('reports each test that builds on one that failed, and runs those of other suites', async () => {
      const { output } = await runMocha(`
      import { inSequence } from '${join(__dirname, 'sequence.ts')}';
      describe('s', function () {
        inSequence(this);
        it('a', () => {});
        it('b', () => { throw new Error('no'); });
        it('c', () => {});
        it('d', () => {});
      });
      describe('t', function () { inSequence(this); it('e', () => {}); });`);
      assert.deepEqual(titles(output, 'passes'), ['a', 'e']);
      const failures = titles(output, 'failures');
      assert.ok(
        ['b', 'c', 'd'].every((title) => failures.includes(title)),
        failures.join(', '),
      );
    });

    it('is read from what is printed: how many passed and failed, and the whole titles of those that failed, with the reasons', async () => {
      const spec = `
      describe('s', () => {
        it('a', () => {});
        describe('t: u', () => {
          it('b', () => { throw new Error('  1) no:\\n\\n       no:'); });
          it.skip('c');
        });
      });
      it('d', () => { require('node:assert/strict').deepEqual({ a: 1 }, { a: 2 }); });`;
      const { output } = await runFile(spec, options, 'spec');
      const failedTitles = ['d', 's › t: u › b', 's › t: u › c'];
      const { failures, ...counts } = outcomeOf(`${output}\nThat was all.\n`);
      assert.deepEqual(failures.map(({ title }) => title).sort(), failedTitles);
      const reasonOf = (title: string) => failures.find((failure) => failure.title === title)?.reason ?? '';
      assert.match(reasonOf('s › t: u › b'), /^\s+Error:\s+1\) no:\n\n\s+no:\n\s+at /);
      assert.match(reasonOf('d'), /\+ +a: 1\n- +a: 2\n[^]+\n\s+at /);
      assert.ok(!failures.some(({ reason }) => /given\.test\.ts:\d+[^]*(\d\) |That was all)/.test(reason)));
      assert.deepEqual(counts, { passed: 1, failed: 3 });
    });
  });
}
