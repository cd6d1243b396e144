import assert from 'node:assert/strict';
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goneFrom, type Rewrite } from '../../../../src/core/publish/pages/bundle';
import { listRecord } from '../../../../src/core/release/manifest';
import { entriesOf, newBundling, sha256, type Asked, type Bundling } from './bundling';

describe('a bundle for a server that has pages', function () {
  this.timeout(30_000);
  let site: Bundling;
  beforeEach(async () => {
    site = await newBundling();
  });
  afterEach(() => site.remove());

  const baseOf = (pages: Record<string, string>) =>
    new Map(Object.entries(pages).map(([path, text]) => [path, { sha256: sha256(text) }]));

  it('holds only what is new or has other bytes there, and the records of what is gone', async () => {
    await site.put('index.html', 'as it was');
    await site.put('new/ü.html', 'new');
    await site.put('changed.txt', 'two');
    await site.put('same.txt', 'same');
    const base = baseOf({
      ...{ 'index.html': 'as it was', 'changed.txt': 'one', 'same.txt': 'same' },
      ...{ 'old/ä\n.html': 'old', constructor: 'odd' },
    });
    const bundle = await site.bundle({ base });
    assert.deepEqual(await entriesOf(bundle.file), {
      ...{ 'pages/changed.txt': 'two', 'pages/new/ü.html': 'new' },
      gone: listRecord('old/ä\n.html', sha256('old')) + listRecord('constructor', sha256('odd')),
    });
    assert.deepEqual([...bundle.sent.keys()], ['changed.txt', 'new/ü.html']);
    assert.equal(bundle.unpackedBytes, 6);
    assert.deepEqual([...bundle.pages.keys()], ['changed.txt', 'index.html', 'new/ü.html', 'same.txt']);
    assert.equal(bundle.pages.get('same.txt')?.sha256, sha256('same'));
  });

  it('tells of a page that has another name now as one new and one gone', async () => {
    await site.put('b.txt', 'text');
    const { file } = await site.bundle({ base: baseOf({ 'a.txt': 'text' }) });
    assert.deepEqual(await entriesOf(file), { 'pages/b.txt': 'text', gone: listRecord('a.txt', sha256('text')) });
  });

  it('compares what is published, not what lies in the folder', async () => {
    await site.put('a.html', 'source');
    const rewrite: Rewrite = () => Promise.resolve({ bytes: Buffer.from('published') });
    const same = await site.bundle({ rewrite, base: baseOf({ 'a.html': 'published' }) });
    assert.deepEqual(await entriesOf(same.file), {});
    assert.deepEqual([same.sent.size, same.unpackedBytes, same.pages.size], [0, 0, 1]);
    const other = await site.bundle({ rewrite, base: baseOf({ 'a.html': 'source' }) });
    assert.deepEqual(await entriesOf(other.file), { 'pages/a.html': 'published' });
  });

  it('has nothing to remove where nothing is gone', () => {
    const base = baseOf({ 'a.txt': 'a', 'b.txt': 'b' });
    assert.deepEqual(
      goneFrom(
        base,
        new Map([
          ['a.txt', 0],
          ['b.txt', 0],
          ['c.txt', 0],
        ]),
      ),
      [],
    );
    assert.deepEqual(goneFrom(base, new Map([['b.txt', 0]])), [listRecord('a.txt', sha256('a'))]);
    assert.deepEqual(goneFrom(new Map(), new Map()), []);
  });

  describe('from a folder whose files are known', () => {
    const reads: string[] = [];
    const rewrite: Rewrite = (bytes, path) => {
      reads.push(path);
      return Promise.resolve({ bytes, note: `note on ${path}` });
    };
    const again = async (asked: Pick<Asked, 'form' | 'base' | 'pages'> = {}) => {
      const sums = await site.sums();
      const bundle = await site.bundle({ rewrite, sums, ...asked });
      await sums.save();
      return bundle;
    };
    beforeEach(async () => {
      await site.putOld('a.html', 'a');
      await site.putOld('b.txt', 'b');
      await again();
      reads.length = 0;
    });

    it('does not read again what the server has, and repeats what was told of it', async () => {
      const listed = await site.scan();
      for (const path of ['a.html', 'b.txt']) await rm(join(site.root, path));
      const base = baseOf({ 'a.html': 'a', 'b.txt': 'b' });
      const { pages, sent } = await again({ pages: listed, base });
      assert.deepEqual([reads, sent.size], [[], 0]);
      assert.equal(pages.get('a.html')?.note, 'note on a.html');
      assert.equal(pages.get('a.html')?.sha256, sha256('a'));
      assert.equal(pages.get('b.txt')?.sha256, sha256('b'));
    });

    it('reads what the server has not, though it is known', async () => {
      const { file } = await again({ base: baseOf({ 'a.html': 'b', 'b.txt': 'b' }) });
      assert.deepEqual([reads, await entriesOf(file)], [['a.html'], { 'pages/a.html': 'a' }]);
      reads.length = 0;
      assert.equal((await again()).sent.size, 2);
      assert.deepEqual(reads, ['a.html']);
    });

    it('rewrites pages again once something else than their bytes decides about them', async () => {
      const base = baseOf({ 'a.html': 'a', 'b.txt': 'b' });
      await rm(join(site.root, 'b.txt'));
      await again({ base, form: 'other domain' });
      assert.deepEqual(reads, ['a.html']);
    });

    it('reads a file that was written to, or was replaced by another of the same size and age', async () => {
      const base = baseOf({ 'a.html': 'a', 'b.txt': 'b' });
      await site.putOld('b.txt', 'c');
      assert.deepEqual(await entriesOf((await again({ base })).file), { 'pages/b.txt': 'c' });
      const { modifiedMs } = (await site.scan()).find(({ path }) => path === 'a.html') ?? assert.fail();
      await writeFile(join(site.folder, 'z'), 'z');
      await utimes(join(site.folder, 'z'), modifiedMs / 1000, modifiedMs / 1000);
      await rename(join(site.folder, 'z'), join(site.root, 'a.html'));
      reads.length = 0;
      assert.equal((await entriesOf((await again({ base })).file))['pages/a.html'], 'z');
      assert.deepEqual(reads, ['a.html']);
    });

    it('remembers nothing of a file that is another than it was when it was listed', async () => {
      await site.putOld('c.txt', 'x'.repeat(9));
      const pages = await site.scan();
      await site.putOld('c.txt', 'y');
      const sums = await site.sums();
      const bundle = await site.bundle({ pages, sums });
      assert.equal(bundle.pages.get('c.txt')?.sha256, sha256('y'));
      const [, known, listed] = pages;
      assert.ok(known && listed?.path === 'c.txt');
      assert.equal(sums.pageSum(known, '')?.sha256, sha256('b'));
      assert.equal(sums.pageSum(listed, ''), undefined);
    });
  });
});
