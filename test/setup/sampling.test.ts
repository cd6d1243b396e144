import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sampleOf } from './sampling';

const ITEMS = Array.from({ length: 100 }, (_, index) => index);
const SEEDS = ['', 'winter', 'summer', '7f3a'];

describe('a sample', () => {
  it('has as many items as are asked for, each once and in their order', () => {
    for (const seed of SEEDS) {
      const chosen = sampleOf(ITEMS, 12, 'x', seed);
      assert.equal(new Set(chosen).size, 12);
      assert.deepEqual(
        chosen,
        chosen.toSorted((one, other) => one - other),
      );
    }
    assert.deepEqual(sampleOf(ITEMS, 200, 'x', ''), ITEMS);
  });

  it('has at least one item of each kind, however few are asked for', () => {
    for (const seed of SEEDS) {
      for (const count of [1, 10, 20]) {
        const chosen = sampleOf(ITEMS, count, 'x', seed, (item) => [item % 10]);
        assert.equal(new Set(chosen.map((item) => item % 10)).size, 10);
        assert.equal(chosen.length, Math.max(10, count));
      }
    }
  });

  it('has each of several kinds that each item is of', () => {
    for (const seed of SEEDS) {
      const chosen = sampleOf(ITEMS, 1, 'x', seed, (item) => [`tens ${Math.floor(item / 10)}`, item % 3]);
      assert.equal(new Set(chosen.map((item) => Math.floor(item / 10))).size, 10);
      assert.equal(new Set(chosen.map((item) => item % 3)).size, 3);
      assert.ok(chosen.length <= 13, `${chosen.length}`);
    }
  });

  it('is the same for the same seed and name, and another for others', () => {
    const chosen = (name: string, seed: string) => sampleOf(ITEMS, 10, name, seed).join();
    assert.equal(chosen('x', 'winter'), chosen('x', 'winter'));
    assert.equal(new Set(['x', 'y'].flatMap((name) => SEEDS.map((seed) => chosen(name, seed)))).size, 8);
  });

  it('leaves out nothing where no seed is given, or the whole is asked for', () => {
    const counted = (env: NodeJS.ProcessEnv): string => {
      const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SITELIFT_'));
      const script = `console.log(require('./test/setup/sampling').sample([1, 2, 3], 1, 'x').length)`;
      const options = {
        cwd: join(__dirname, '..', '..'),
        env: { ...Object.fromEntries(own), ...env },
        encoding: 'utf8',
      } as const;
      return execFileSync(process.execPath, ['--require', 'tsx/cjs', '-e', script], options).trim();
    };
    assert.equal(counted({}), '3');
    assert.equal(counted({ SITELIFT_SEED: 'winter' }), '1');
    assert.equal(counted({ SITELIFT_SEED: 'winter', SITELIFT_TEST: 'full' }), '3');
  });
});
