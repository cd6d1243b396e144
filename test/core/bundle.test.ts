import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension } from '../../esbuild';
import type * as Aws from '../../src/core/entryAws';
import { npmPack } from '../setup/commandLine';
import { packExtension, VSIX } from '../setup/vsix';
import { newOp } from './sandbox';
import { zipEntries, type ZipEntry } from './zipEntries';

const CHECKOUT = join(__dirname, '..', '..');
const KB = 1024;
const PICTURE = /\.(png|svg|gif|jpe?g|webp)$/;
const MAY_BE_PACKED = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/dist\/(main|commands|aws|html|rows|worker|pages)\.js$/,
  /^extension\/media\//,
];

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly contributes: unknown;
}

describe('the packed extension', () => {
  let entries: readonly ZipEntry[];

  before(async () => {
    await packExtension();
    entries = zipEntries(VSIX);
  });

  it('holds only what runs', () => {
    const others = entries
      .map(({ name }) => name)
      .filter((name) => !MAY_BE_PACKED.some((pattern) => pattern.test(name)));
    assert.deepEqual(others, []);
  });

  it('holds every file that the manifest names', () => {
    const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as Manifest;
    const contributed = JSON.stringify(manifest.contributes).matchAll(/"(?:\.\/)?(media\/[^"]+)"/g);
    const wanted = [manifest.main.replace('./', ''), manifest.icon, ...Array.from(contributed, ([, path]) => path)];
    const packed = new Set(entries.map(({ name }) => name));
    assert.deepEqual(
      wanted.filter((path) => !packed.has(`extension/${path}`)),
      [],
    );
  });

  it('is at most 400 KB without its pictures', () => {
    const bytes = entries
      .filter(({ name }) => !PICTURE.test(name))
      .reduce((sum, entry) => sum + entry.compressedBytes, 0);
    assert.ok(bytes <= 400 * KB, `${Math.round(bytes / KB)} KB`);
  });

  it('activates from at most 20 KB, and loads the rest on first use', () => {
    const main = join(CHECKOUT, 'dist', 'main.js');
    assert.ok(statSync(main).size <= 20 * KB, `${statSync(main).size} bytes`);
    const required = Array.from(readFileSync(main, 'utf8').matchAll(/require\("([^"]+)"\)/g), ([, name]) => name ?? '');
    const foreign = required.filter((name) => !isBuiltin(name) && name !== 'vscode');
    assert.deepEqual([...new Set(foreign)].sort(), ['./aws.js', './commands.js', './html.js', './rows.js']);
  });

  it('parses HTML in one chunk alone, which the worker loads when it has a page to read', () => {
    const chunks = ['main', 'cli', 'commands', 'aws', 'html', 'rows', 'worker', 'pages'];
    // Only who parses knows which elements end a paragraph.
    const parsing = chunks.filter((name) =>
      readFileSync(join(CHECKOUT, 'dist', `${name}.js`), 'utf8').includes('figcaption'),
    );
    assert.deepEqual(parsing, ['pages']);
  });

  it('finds its worker beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-built-'));
    try {
      await buildExtension({ outdir: folder });
      await writeFile(join(folder, 'package.json'), '{}');
      const { createWorkshop, withPublishing } = createRequire(join(folder, 'main.js'))('./aws.js') as typeof Aws;
      assert.equal(typeof withPublishing, 'function');
      const workshop = createWorkshop();
      const rewrite = workshop.rewriteFor('d1.cloudfront.net', ['images/a.png']);
      const { bytes } = await rewrite(Buffer.from('<img src=a.png>'), 'images/index.html', newOp());
      assert.equal(Buffer.from(bytes).toString(), '<img src=https://d1.cloudfront.net/images/a.png>');
      assert.equal((await workshop.scan(folder, folder, [], newOp())).assets.length, 0);
      await workshop.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the packed command line', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-packed-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is built by npm pack and holds what it runs with, and nothing else', async () => {
    await rm(join(CHECKOUT, 'dist', 'cli.js'), { force: true });
    const [, paths] = await npmPack(CHECKOUT, folder);
    const chunks = ['aws', 'cli', 'pages', 'worker'].map((name) => `dist/${name}.js`);
    assert.deepEqual([...paths].sort(), ['LICENSE', 'README.md', ...chunks, 'package.json']);
    // Nothing that is built into another file is asked for.
    const asked = chunks.flatMap((chunk) =>
      Array.from(readFileSync(join(CHECKOUT, chunk), 'utf8').matchAll(/require\("(\.\/[^"]+)"\)/g), ([, name]) => name),
    );
    assert.deepEqual(
      asked.filter((name) => !paths.includes(`dist/${name?.slice(2)}`)),
      [],
    );
  });
});
