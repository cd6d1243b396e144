import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existingFiles } from '../../../src/core/html/existingFiles';

describe('existingFiles', () => {
  let folder: string;
  let root: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-files-'));
    root = join(folder, 'root');
    await mkdir(join(root, 'images/sub.png'), { recursive: true });
    await writeFile(join(folder, 'outside.png'), 'x');
    for (const name of ['top.png', 'images/a.png', 'images/ä b.png']) await writeFile(join(root, name), 'x');
    await symlink(join(root, 'top.png'), join(root, 'inside.png'));
    await symlink(join(folder, 'outside.png'), join(root, 'outside.png'));
    await symlink(join(root, 'gone'), join(root, 'dangling.png'));
  });
  after(() => rm(folder, { recursive: true }));

  const existing = async (...paths: string[]) => Array.from(await existingFiles(root, paths));

  it('finds files in any folder', async () => {
    const paths = ['top.png', 'images/a.png', 'images/ä b.png'];
    assert.deepEqual(await existing(...paths, 'images/none.png', 'none/a.png'), paths);
  });
  it('takes no folder for a file', async () => assert.deepEqual(await existing('images', 'images/sub.png'), []));
  it('wants the exact spelling', async () => assert.deepEqual(await existing('TOP.png', 'images/A.png'), []));
  it('looks for nothing below a file', async () => assert.deepEqual(await existing('top.png/a.png'), []));
  it('bears names that no file can have', async () =>
    assert.deepEqual(await existing(`${'x'.repeat(5000)}/a.png`), []));
  it('follows links that stay inside the root only', async () =>
    assert.deepEqual(await existing('inside.png', 'outside.png', 'dangling.png'), ['inside.png']));
});
