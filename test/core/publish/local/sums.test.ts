import assert from 'node:assert/strict';
import { FileSums, type Stamp } from '../../../../src/core/publish/local/sums';
import { newMemoryCache, type MemoryCache } from '../../release/memoryCache';

const WRITTEN_MS = 1_000_000;
/** When a file that was written then does not change any more without another time. */
const SETTLED_MS = WRITTEN_MS + 2000;

describe('what is known of files', () => {
  let cache: MemoryCache;
  beforeEach(() => (cache = newMemoryCache()));

  const stamp = (path: string, change: Partial<Stamp> = {}): Stamp => ({
    ...{ path, sizeBytes: 7, modifiedMs: WRITTEN_MS, inode: 3 },
    ...change,
  });
  const sums = (root = '/site') => FileSums.of(root, cache);
  /** What the next window knows. */
  const later = async (known: FileSums) => {
    await known.save();
    return sums();
  };

  it('is nothing at first, and what was remembered from then on', async () => {
    const first = await sums();
    assert.equal(first.fileSum(stamp('a.png')), undefined);
    first.rememberFile(stamp('a.png'), 'sum', SETTLED_MS);
    assert.equal(first.fileSum(stamp('a.png')), 'sum');
    assert.equal((await later(first)).fileSum(stamp('a.png')), 'sum');
    assert.equal((await sums('/another')).fileSum(stamp('a.png')), undefined);
  });

  it('is void once the file has another size, time, number or name', async () => {
    const first = await sums();
    first.rememberFile(stamp('a.png'), 'sum', SETTLED_MS + 9000);
    for (const known of [first, await later(first)]) {
      for (const change of [
        { sizeBytes: 8 },
        { modifiedMs: WRITTEN_MS - 1 },
        { modifiedMs: WRITTEN_MS + 1 },
        { inode: 4 },
      ])
        assert.equal(known.fileSum(stamp('a.png', change)), undefined, JSON.stringify(change));
      assert.equal(known.fileSum(stamp('b.png')), undefined);
      assert.equal(known.fileSum(stamp('a.png')), 'sum');
    }
  });

  it('of a page counts as long as all hashed names in it are still those of assets', async () => {
    const first = await sums();
    const page = { sha256: 'sum', sizeBytes: 3, uses: ['a.1.png', 'b.2.png'] };
    first.rememberPage(stamp('index.html'), 'form', page, SETTLED_MS);
    first.rememberPage(stamp('plain.html'), 'form', { sha256: 'sum', sizeBytes: 3 }, SETTLED_MS);
    for (const known of [first, await later(first)]) {
      const of = (path: string, ...names: readonly string[]) =>
        known.pageSum(stamp(path), 'form', new Set(names))?.sha256;
      assert.equal(of('index.html', 'c.3.png', 'b.2.png', 'a.1.png'), 'sum');
      assert.equal(of('index.html', 'a.1.png', 'b.3.png'), undefined);
      assert.equal(known.pageSum(stamp('index.html'), 'form'), undefined);
      assert.equal(of('plain.html'), 'sum');
      assert.equal(known.pageSum(stamp('plain.html'), 'form')?.sha256, 'sum');
    }
  });

  it('does not count when the file was read in the two seconds in which it may be written to unnoticed', async () => {
    const first = await sums();
    first.rememberFile(stamp('early'), 'sum', SETTLED_MS - 1);
    first.rememberFile(stamp('late'), 'sum', SETTLED_MS);
    first.rememberFile(stamp('from the future', { modifiedMs: Date.now() + 1e9 }), 'sum', Date.now());
    for (const known of [first, await later(first)]) {
      assert.equal(known.fileSum(stamp('early')), undefined);
      assert.equal(known.fileSum(stamp('late')), 'sum');
      assert.equal(known.fileSum(stamp('from the future', { modifiedMs: Date.now() + 1e9 })), undefined);
    }
  });

  it('counts from the earlier of two readings on', async () => {
    const known = await sums();
    known.rememberFile(stamp('a.svg'), 'file', SETTLED_MS - 1);
    known.rememberPage(stamp('a.svg'), '', { sha256: 'page', sizeBytes: 1 }, SETTLED_MS + 1);
    assert.equal(known.fileSum(stamp('a.svg')), undefined);
  });

  it('is a page’s published form, with its note, as long as the form is the same', async () => {
    const first = await sums();
    const page = { sha256: 'sum', sizeBytes: 9, note: 'too deep' };
    first.rememberPage(stamp('a.html'), 'd1', page, SETTLED_MS);
    first.rememberPage(stamp('b.html'), 'd1', { sha256: 'sum', sizeBytes: 9 }, SETTLED_MS);
    for (const known of [first, await later(first)]) {
      const told = known.pageSum(stamp('a.html'), 'd1');
      assert.deepEqual([told?.sha256, told?.sizeBytes, told?.note], ['sum', 9, 'too deep']);
      assert.equal(known.pageSum(stamp('b.html'), 'd1')?.note, undefined);
      assert.equal(known.pageSum(stamp('a.html'), 'd2'), undefined);
      assert.equal(known.pageSum(stamp('a.html'), ''), undefined);
      assert.equal(known.fileSum(stamp('a.html')), undefined);
    }
  });

  it('is both of a file that is page and asset, and neither of what it was before', async () => {
    const first = await sums();
    first.rememberFile(stamp('a.svg'), 'file', SETTLED_MS);
    first.rememberPage(stamp('a.svg'), '', { sha256: 'page', sizeBytes: 1 }, SETTLED_MS);
    const known = await later(first);
    assert.equal(known.fileSum(stamp('a.svg')), 'file');
    assert.equal(known.pageSum(stamp('a.svg'), '')?.sha256, 'page');
    known.rememberFile(stamp('a.svg', { sizeBytes: 8 }), 'other', SETTLED_MS);
    assert.equal(known.fileSum(stamp('a.svg', { sizeBytes: 8 })), 'other');
    assert.equal(known.pageSum(stamp('a.svg', { sizeBytes: 8 }), ''), undefined);
  });

  it('is known of files with the names of an object’s own things', async () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', ''];
    const first = await sums();
    for (const name of names) {
      assert.equal(first.fileSum(stamp(name)), undefined);
      assert.equal(first.pageSum(stamp(name), ''), undefined);
      first.rememberFile(stamp(name), `sum of ${name}`, SETTLED_MS);
    }
    const known = await later(first);
    for (const name of names) assert.equal(known.fileSum(stamp(name)), `sum of ${name}`, name);
    assert.equal(({} as { stamp?: unknown }).stamp, undefined);
  });

  it('is kept only when it is more than before, and only of the files that were asked about', async () => {
    const first = await sums();
    await first.save();
    assert.equal(cache.puts(), 0);
    for (const path of ['a', 'b', 'gone']) first.rememberFile(stamp(path), 'sum', SETTLED_MS);
    await first.save();
    await first.save();
    assert.equal(cache.puts(), 1);
    const second = await sums();
    assert.equal(second.fileSum(stamp('a')), 'sum');
    await second.save();
    assert.equal(cache.puts(), 1);
    second.rememberFile(stamp('b'), 'other sum', SETTLED_MS);
    const third = await later(second);
    assert.equal(cache.puts(), 2);
    assert.deepEqual(
      ['a', 'b', 'gone'].map((path) => third.fileSum(stamp(path))),
      ['sum', 'other sum', undefined],
    );
  });

  it('is nothing where what was kept is of another kind, and is kept anew', async () => {
    const first = await sums();
    first.rememberFile(stamp('a'), 'sum', SETTLED_MS);
    await first.save();
    const [[name, whole] = assert.fail('nothing was kept')] = cache.kept;
    const broken = ['', 'null', '7', '[]', '{}', '{"a":7}', '[["a",{"stamp":[1,2]}]]', whole.toString().slice(1)];
    for (const text of [...broken, whole.toString().replace('"sum"', '7')]) {
      cache.kept.set(name, Buffer.from(text));
      const known = await sums();
      assert.equal(known.fileSum(stamp('a')), undefined, text);
      known.rememberFile(stamp('a'), 'sum', SETTLED_MS);
      assert.equal((await later(known)).fileSum(stamp('a')), 'sum');
    }
  });
});
