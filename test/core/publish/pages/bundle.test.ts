import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundle, writePublished, type BundledPage, type Rewrite } from '../../../../src/core/publish/pages/bundle';
import { newOp } from '../../sandbox';
import { entriesOf, newBundling, sha256, type Bundling } from './bundling';

describe('a whole bundle', function () {
  this.timeout(60_000);
  let site: Bundling;
  beforeEach(async () => {
    site = await newBundling();
  });
  afterEach(() => site.remove());

  it('holds every page byte for byte below pages/, empty, large and strangely named ones too', async () => {
    const large = Buffer.alloc(3_000_000, 'large ');
    const files: Record<string, string | Buffer> = {
      'index.html': '<p>',
      'empty.html': '',
      'empty.txt': '',
      'large.bin': large,
      'new\nline.txt': 'x',
      '-rf *.js': 'y',
      gone: 'a page of that name',
      [`${'ü'.repeat(100)}/${'long'.repeat(50)}.txt`]: 'z',
    };
    for (const [path, content] of Object.entries(files)) await site.put(path, content);
    const bundle = await site.bundle();
    const out = join(site.folder, 'out');
    await mkdir(out);
    execFileSync('tar', ['-xzf', bundle.file, '-C', out]);
    for (const [path, content] of Object.entries(files)) {
      assert.ok((await readFile(join(out, 'pages', path))).equals(Buffer.from(content)), path);
    }
    assert.equal(Object.keys(await entriesOf(bundle.file)).length, Object.keys(files).length);
    assert.equal(bundle.sizeBytes, (await stat(bundle.file)).size);
    assert.equal(bundle.sha256, sha256(await readFile(bundle.file)));
    assert.deepEqual(bundle.sent, bundle.pages);
    const total = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
    assert.equal(bundle.unpackedBytes, total);
  });

  it('sends a huge page as it is, with a note, without having it rewritten', async () => {
    const limit = 32 * 1024 * 1024;
    await site.put('index.html', Buffer.alloc(limit, ' '));
    await site.put('Huge.CSS', Buffer.alloc(limit + 1, ' '));
    await site.put('huge.txt', Buffer.alloc(limit + 1, ' '));
    const rewritten: string[] = [];
    const { pages } = await site.bundle({
      rewrite: (bytes, path) => {
        rewritten.push(path);
        return Promise.resolve({ bytes: bytes.subarray(1) });
      },
    });
    assert.deepEqual(rewritten, ['index.html']);
    assert.deepEqual(
      Array.from(pages, ([path, { sizeBytes, note }]) => [path, sizeBytes, note]),
      [
        ['Huge.CSS', limit + 1, 'Its references were left as they are: it is larger than 32 MiB.'],
        ['huge.txt', limit + 1, undefined],
        ['index.html', limit - 1, undefined],
      ],
    );
  });

  it('takes files from before 1970 and from far ahead, which the server’s tar takes too', async () => {
    const decades = { 'old.txt': -20, 'now.txt': 50, 'new.txt': 80, 'newest.txt': 240 };
    for (const [path, years] of Object.entries(decades)) {
      await site.put(path, 'x');
      const time = new Date(years * 365 * 86_400_000);
      await utimes(join(site.root, path), time, time);
    }
    const { file } = await site.bundle();
    const { stdout, stderr } = spawnSync('tar', ['-tvzf', file, '--utc'], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const year = (path: string) => new RegExp(`(\\d{4})-\\S+ \\S+ pages/${path}$`, 'm').exec(stdout)?.[1];
    assert.deepEqual(Object.keys(decades).map(year), ['1970', '2019', '2038', '2038']);
  });

  it('rewrites pages and style sheets, keeps what was told of them, and takes everything else as it is', async () => {
    for (const path of ['a.html', 'b.HTM', 'c.css', 'd.css.map', 'e.js', 'html']) await site.put(path, 'x');
    const { pages } = await site.bundle({
      rewrite: (_bytes, path) => Promise.resolve({ bytes: Buffer.from('yy'), note: path }),
    });
    assert.deepEqual(
      Array.from(pages, ([path, { sizeBytes, note }]) => [path, sizeBytes, note]),
      [
        ['a.html', 2, 'a.html'],
        ['b.HTM', 2, 'b.HTM'],
        ['c.css', 2, 'c.css'],
        ['d.css.map', 1, undefined],
        ['e.js', 1, undefined],
        ['html', 1, undefined],
      ],
    );
    assert.equal(pages.get('d.css.map')?.sha256, sha256('x'));
    assert.equal(pages.get('a.html')?.sha256, sha256('yy'));
  });

  it('ends when it is cancelled, and says when it cannot be written', async () => {
    await site.put('a.html', 'a');
    await site.put('b.html', 'b');
    for (const last of ['a.html', 'b.html']) {
      const controller = new AbortController();
      const rewritten: string[] = [];
      const rewrite: Rewrite = (bytes, path) => {
        rewritten.push(path);
        if (path === last) controller.abort();
        return Promise.resolve({ bytes });
      };
      await assert.rejects(site.bundle({ rewrite, op: newOp(controller.signal) }), { name: 'AbortError' });
      assert.equal(rewritten.at(-1), last);
    }
    const press = site.press();
    const written = writeBundle(await site.scan(), press, undefined, join(site.folder, 'gone', 'x'), newOp());
    await assert.rejects(written, { code: 'ENOENT' });
  });

  it('fails, and does not hang, when a page vanishes while it is written', async () => {
    await site.put('a.txt', 'a');
    await site.put('b.txt', 'b');
    const pages = await site.scan();
    await rm(join(site.root, 'b.txt'));
    await assert.rejects(site.bundle({ pages }), /“b\.txt” is not there any more \(ENOENT\)/);
  });

  it('is written once more when a page changes while it is read, and holds what the page became', async () => {
    await site.put('a.html', 'before');
    let reads = 0;
    const rewrite = async (bytes: Uint8Array) => {
      reads += 1;
      if (reads === 1) await site.put('a.html', 'afterwards');
      return { bytes };
    };
    const bundle = await site.bundle({ rewrite });
    assert.equal(reads, 2);
    assert.equal(bundle.unpackedBytes, 'afterwards'.length);
    assert.deepEqual(await entriesOf(bundle.file), { 'pages/a.html': 'afterwards' });
  });

  it('names the page that goes on changing', async () => {
    await site.put('index.html', 'x');
    await site.put('log.txt', 'x');
    const rewrite = async (bytes: Uint8Array, path: string) => {
      await site.put(path, `${Buffer.from(bytes).toString()}x`);
      return { bytes };
    };
    await assert.rejects(site.bundle({ rewrite }), /^UserError: “index\.html” changes while it is read/);
  });

  it('takes a file as it is now, though its size was another when it was listed', async () => {
    await site.put('a.txt', 'x'.repeat(1000));
    const pages = await site.scan();
    await site.put('a.txt', 'short');
    const bundle = await site.bundle({ pages });
    assert.equal(bundle.pages.get('a.txt')?.sizeBytes, 5);
  });
});

describe('a bundle of published pages', () => {
  let site: Bundling;
  before(async () => {
    site = await newBundling();
  });
  after(() => site.remove());

  it('holds the given bytes and what is gone, and ends with what its source throws', async () => {
    const file = join(site.folder, 'published.tar.gz');
    const page = (path: string, text: string): BundledPage => ({ path, modifiedMs: 0, bytes: Buffer.from(text) });
    async function* pages(failure?: Error) {
      yield page('a/ü.html', 'one');
      if (failure) throw failure;
      yield page('b.txt', '');
    }
    const records = [`${sha256('old')} old.html\0`];
    const bundle = await writePublished(pages(), records, file, newOp());
    assert.deepEqual(await entriesOf(file), { 'pages/a/ü.html': 'one', 'pages/b.txt': '', gone: records[0] });
    assert.deepEqual(
      bundle.sent,
      new Map([
        ['a/ü.html', { sha256: sha256('one'), sizeBytes: 3 }],
        ['b.txt', { sha256: createHash('sha256').digest('hex'), sizeBytes: 0 }],
      ]),
    );
    assert.equal(bundle.unpackedBytes, 3);
    await assert.rejects(writePublished(pages(new Error('no bundle')), [], file, newOp()), /^Error: no bundle$/);
  });
});
