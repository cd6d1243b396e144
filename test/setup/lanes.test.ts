import assert from 'node:assert/strict';
import { inLanes } from './lanes';

/** Work of which each piece ends when it is told to. */
function newWork() {
  const ends = new Map<string, () => void>();
  const done: string[] = [];
  return {
    running: () => [...ends.keys()].sort(),
    done,
    start: (names: readonly string[], lanes: number) =>
      inLanes(
        names,
        lanes,
        (name) => name.startsWith('single'),
        (name) => new Promise((resolve) => ends.set(name, resolve)),
      ),
    async end(name: string) {
      ends.get(name)?.();
      ends.delete(name);
      done.push(name);
      await new Promise(setImmediate);
    },
  };
}

describe('lanes', () => {
  it('take what is next when they are free, and never two that may only be done one at a time', async () => {
    const work = newWork();
    const all = work.start(['a', 'b', 'single 1', 'single 2', 'c'], 2);
    assert.deepEqual(work.running(), ['a', 'single 1']);
    await work.end('a');
    assert.deepEqual(work.running(), ['b', 'single 1']);
    await work.end('single 1');
    assert.deepEqual(work.running(), ['b', 'single 2']);
    await work.end('b');
    await work.end('c');
    assert.deepEqual(work.running(), ['single 2']);
    await work.end('single 2');
    await all;
    assert.equal(work.done.length, 5);
  });

  it('do the rest together once nothing else is left', async () => {
    const work = newWork();
    const all = work.start(['single', 'a', 'b', 'c'], 2);
    await work.end('single');
    assert.deepEqual(work.running(), ['a', 'b']);
    await work.end('b');
    assert.deepEqual(work.running(), ['a', 'c']);
    await Promise.all(['a', 'c'].map((name) => work.end(name)));
    await all;
  });
});
