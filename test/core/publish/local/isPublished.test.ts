import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isPublished } from '../../../../src/core/publish/local/isPublished';
import { scan } from '../../../../src/core/publish/local/localFiles';
import { newOp } from '../../sandbox';

describe('a file that was saved', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sitelift-saved-'));
    for (const path of [
      ...['index.html', 'css/style.css', 'a.png', 'drafts/new.html', 'notes.md', '.env', '.vscode/settings.json'],
      ...['sitelift.json', 'old.bak', 'node_modules/x/index.html', 'vendor/autoload.php', 'vendor/a.html'],
      ...['allowed/data.sql', 'data.sql', 'form.php'],
    ]) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), 'x');
    }
    await writeFile(join(root, '.siteliftignore'), 'drafts/\n*.md\n');
  });
  after(() => rm(root, { recursive: true }));

  it('counts as published just when a scan of the root takes it, or is stopped by it', async () => {
    const allow = ['/allowed/'];
    const { assets, left, pages, stops } = await scan(root, root, allow, newOp());
    const taken = new Set([...pages, ...assets, ...stops].map(({ path }) => path));
    assert.ok(taken.size >= 5 && left.length >= 5);
    const files = [
      'index.html',
      'css/style.css',
      'a.png',
      'drafts/new.html',
      'notes.md',
      '.env',
      '.vscode/settings.json',
    ];
    const others = ['sitelift.json', 'old.bak', 'node_modules/x/index.html', 'vendor/a.html', 'allowed/data.sql'];
    for (const path of [...files, ...others, 'data.sql', 'form.php', '.siteliftignore']) {
      assert.equal(await isPublished(root, join(root, path), allow), taken.has(path), path);
    }
  });

  it('is none when it lies outside of the root', async () => {
    assert.equal(await isPublished(join(root, 'css'), join(root, 'index.html'), []), false);
    assert.equal(await isPublished(root, root, []), false);
  });
});
