import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeBundle, type Rewrite } from '../../../src/core/publish/bundle';
import { scan } from '../../../src/core/publish/localFiles';
import { newOp } from '../sandbox';

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

  it('has the same release for the same content, and another for another', async () => {
    await put('index.html', 'a');
    const { release } = await bundled();
    assert.equal((await bundled()).release, release);
    assert.notEqual((await bundled(asTheyAre, 'other domain')).release, release);
    assert.notEqual((await bundled(() => Promise.resolve({ bytes: Buffer.from('rewritten') }))).release, release);
    await put('index.html', 'b');
    assert.notEqual((await bundled()).release, release);
  });

  it('fails, and does not hang, when a page vanishes while it is written', async () => {
    await put('a.txt', 'a');
    await put('b.txt', 'b');
    const { pages } = await scan(folder, join(folder, 'root'), [], newOp());
    await rm(join(folder, 'root', 'b.txt'));
    await assert.rejects(writeBundle(pages, asTheyAre, join(folder, 'bundle.tar.gz'), '', newOp()), /ENOENT/);
  });
});
