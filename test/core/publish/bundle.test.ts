import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeBundle, type Rewrite } from '../../../src/core/publish/bundle';
import { scan } from '../../../src/core/publish/localFiles';
import { newOp } from '../sandbox';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const asTheyAre: Rewrite = (bytes) => Promise.resolve({ bytes });

describe('writeBundle', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-bundle-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(join(folder, 'root', path)), { recursive: true });
    await writeFile(join(folder, 'root', path), content);
  };
  const bundled = async (rewrite = asTheyAre, salt = 'domain') => {
    const { pages } = await scan(folder, join(folder, 'root'), [], newOp());
    return writeBundle(pages, rewrite, join(folder, 'bundle.tar.gz'), salt, newOp());
  };

  it('holds every page byte for byte, empty, large and strangely named ones too', async () => {
    const large = Buffer.alloc(3_000_000, 'large ');
    const files: Record<string, string | Buffer> = {
      'index.html': '<p>',
      'empty.html': '',
      'empty.txt': '',
      'large.bin': large,
      'new\nline.txt': 'x',
      '-rf *.js': 'y',
      [`${'ü'.repeat(100)}/${'long'.repeat(50)}.txt`]: 'z',
    };
    for (const [path, content] of Object.entries(files)) await put(path, content);
    const bundle = await bundled();
    await mkdir(join(folder, 'out'));
    execFileSync('tar', ['-xzf', bundle.file, '-C', join(folder, 'out')]);
    for (const [path, content] of Object.entries(files)) {
      assert.ok((await readFile(join(folder, 'out', path))).equals(Buffer.from(content)), path);
    }
    assert.equal(bundle.sizeBytes, (await stat(bundle.file)).size);
    assert.equal(
      bundle.sha256,
      createHash('sha256')
        .update(await readFile(bundle.file))
        .digest('hex'),
    );
  });

  it('sends a huge page as it is, with a note, without having it rewritten', async () => {
    const limit = 32 * 1024 * 1024;
    await put('index.html', Buffer.alloc(limit, ' '));
    await put('Huge.CSS', Buffer.alloc(limit + 1, ' '));
    await put('huge.txt', Buffer.alloc(limit + 1, ' '));
    const rewritten: string[] = [];
    const { pages } = await bundled((bytes, path) => {
      rewritten.push(path);
      return Promise.resolve({ bytes: bytes.subarray(1) });
    });
    assert.deepEqual(rewritten, ['index.html']);
    assert.deepEqual(
      pages.map(({ path, sizeBytes, note }) => [path, sizeBytes, note]),
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
      await put(path, 'x');
      const time = new Date(years * 365 * 86_400_000);
      await utimes(join(folder, 'root', path), time, time);
    }
    const { file } = await bundled();
    const { stdout, stderr } = spawnSync('tar', ['-tvzf', file, '--utc'], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const year = (path: string) => new RegExp(`(\\d{4})-\\S+ \\S+ ${path}$`, 'm').exec(stdout)?.[1];
    assert.deepEqual(Object.keys(decades).map(year), ['1970', '2019', '2038', '2038']);
  });

  it('has the same release for the same content, and another for another', async () => {
    await put('index.html', 'a');
    const { release, pages } = await bundled();
    assert.match(release, /^[\da-f]{40}$/);
    assert.deepEqual(pages, [{ path: 'index.html', sha256: sha256('a'), sizeBytes: 1 }]);
    assert.equal((await bundled()).release, release);
    assert.notEqual((await bundled(asTheyAre, 'other domain')).release, release);
    assert.notEqual((await bundled(() => Promise.resolve({ bytes: Buffer.from('rewritten') }))).release, release);
    await put('index.html', 'b');
    assert.notEqual((await bundled()).release, release);
  });

  it('rewrites pages and style sheets, keeps what was told of them, and takes everything else as it is', async () => {
    for (const path of ['a.html', 'b.HTM', 'c.css', 'd.css.map', 'e.js', 'html']) await put(path, 'x');
    const { pages } = await bundled((_bytes, path) => Promise.resolve({ bytes: Buffer.from('yy'), note: path }));
    assert.deepEqual(
      pages.map(({ path, sizeBytes, note }) => [path, sizeBytes, note]),
      [
        ['a.html', 2, 'a.html'],
        ['b.HTM', 2, 'b.HTM'],
        ['c.css', 2, 'c.css'],
        ['d.css.map', 1, undefined],
        ['e.js', 1, undefined],
        ['html', 1, undefined],
      ],
    );
    assert.equal(pages[3]?.sha256, sha256('x'));
  });

  it('ends when it is cancelled, and says when it cannot be written', async () => {
    await put('a.html', 'a');
    await put('b.html', 'b');
    const { pages } = await scan(folder, join(folder, 'root'), [], newOp());
    for (const last of ['a.html', 'b.html']) {
      const controller = new AbortController();
      const rewritten: string[] = [];
      const rewrite: Rewrite = (bytes, path) => {
        rewritten.push(path);
        if (path === last) controller.abort();
        return Promise.resolve({ bytes });
      };
      const written = writeBundle(pages, rewrite, join(folder, 'bundle.tar.gz'), '', newOp(controller.signal));
      await assert.rejects(written, { name: 'AbortError' });
      assert.equal(rewritten.at(-1), last);
    }
    await assert.rejects(writeBundle(pages, asTheyAre, join(folder, 'gone', 'x'), '', newOp()), { code: 'ENOENT' });
  });

  it('fails, and does not hang, when a page vanishes while it is written', async () => {
    await put('a.txt', 'a');
    await put('b.txt', 'b');
    const { pages } = await scan(folder, join(folder, 'root'), [], newOp());
    await rm(join(folder, 'root', 'b.txt'));
    await assert.rejects(
      writeBundle(pages, asTheyAre, join(folder, 'bundle.tar.gz'), '', newOp()),
      /“b\.txt” is not there any more \(ENOENT\)/,
    );
  });

  it('is another release when a page has another name, or two have changed places', async () => {
    await put('a.txt', 'one');
    await put('b.txt', 'two');
    const { release } = await bundled();
    await put('a.txt', 'two');
    await put('b.txt', 'one');
    const swapped = (await bundled()).release;
    assert.notEqual(swapped, release);
    await rm(join(folder, 'root', 'b.txt'));
    await put('c.txt', 'one');
    assert.notEqual((await bundled()).release, swapped);
  });

  it('is written once more when a page changes while it is read, and holds what the page became', async () => {
    await put('a.html', 'before');
    let reads = 0;
    const changing = async (bytes: Uint8Array) => {
      reads += 1;
      if (reads === 1) await put('a.html', 'afterwards');
      return { bytes };
    };
    const bundle = await bundled(changing);
    assert.equal(reads, 2);
    assert.equal(bundle.unpackedBytes, 'afterwards'.length);
    assert.equal(execFileSync('tar', ['-xzOf', bundle.file, 'a.html'], { encoding: 'utf8' }), 'afterwards');
  });

  it('names the page that goes on changing', async () => {
    await put('index.html', 'x');
    await put('log.txt', 'x');
    const restless = async (bytes: Uint8Array, path: string) => {
      await put(path, `${Buffer.from(bytes).toString()}x`);
      return { bytes };
    };
    await assert.rejects(bundled(restless), /^UserError: “index\.html” changes while it is read/);
  });

  it('takes a file as it is now, though its size was another when it was listed', async () => {
    await put('a.txt', 'x'.repeat(1000));
    const { pages } = await scan(folder, join(folder, 'root'), [], newOp());
    await put('a.txt', 'short');
    const bundle = await writeBundle(pages, asTheyAre, join(folder, 'bundle.tar.gz'), '', newOp());
    assert.deepEqual(
      bundle.pages.map(({ sizeBytes }) => sizeBytes),
      [5],
    );
  });
});
