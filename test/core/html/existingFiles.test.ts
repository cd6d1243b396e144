import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { existingFiles, type ListFolder } from '../../../src/core/html/existingFiles';

describe('existingFiles', () => {
  let folder: string;
  let root: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-files-'));
    root = join(folder, 'site');
    await mkdir(join(root, 'images/sub.png'), { recursive: true });
    await mkdir(join(folder, 'site-other'));
    for (const name of ['top.png', 'images/a.png', 'images/ä b.png']) await writeFile(join(root, name), 'x');
    for (const name of ['outside.png', 'site-other/a.png']) await writeFile(join(folder, name), 'x');
    await symlink(join(root, 'top.png'), join(root, 'inside.png'));
    await symlink(join(folder, 'outside.png'), join(root, 'outside.png'));
    await symlink(join(folder, 'site-other/a.png'), join(root, 'neighbour.png'));
    await symlink(join(root, 'gone'), join(root, 'dangling.png'));
    await symlink(join(root, 'loop.png'), join(root, 'loop.png'));
    await symlink(join(root, 'images'), join(root, 'folder.png'));
    await symlink(root, join(root, 'itself'));
  });
  after(() => rm(folder, { recursive: true }));

  const existing = async (...paths: string[]) => Array.from(await existingFiles(root, paths));

  it('finds files in any folder', async () => {
    const paths = ['top.png', 'images/a.png', 'images/ä b.png'];
    assert.deepEqual(await existing(...paths, 'images/none.png', 'none/a.png'), paths);
  });

  it('takes no folder for a file', async () => assert.deepEqual(await existing('images', 'images/sub.png'), []));

  it('wants the exact spelling of file and folders, also where the file system does not', async () => {
    const regardless: ListFolder = async (asked) =>
      readdir(join(root, relative(root, asked).toLowerCase()), { withFileTypes: true });
    const paths = ['images/a.png', 'IMAGES/a.png', 'images/A.png', 'TOP.png', 'images//a.png', './top.png'];
    assert.deepEqual(Array.from(await existingFiles(root, paths, regardless)), ['images/a.png']);
  });

  it('looks for nothing below a file', async () =>
    assert.deepEqual(await existing('top.png/a.png', 'inside.png/a.png'), []));

  it('bears names that no file can have', async () =>
    assert.deepEqual(await existing(`${'x'.repeat(5000)}/a.png`, '', '/', 'a\0.png'), []));

  it('finds nothing below a root that is not there', async () =>
    assert.deepEqual(Array.from(await existingFiles(join(root, 'x'.repeat(5000)), ['a.png'])), []));

  it('lists each folder once', async () => {
    const asked: string[] = [];
    const counting: ListFolder = (one) => {
      asked.push(relative(root, one));
      return readdir(one, { withFileTypes: true });
    };
    await existingFiles(
      root,
      ['images/a.png', 'images/ä b.png', 'images/none.png', 'top.png', 'none/a/b.png'],
      counting,
    );
    assert.deepEqual(asked, ['', 'images']);
  });

  it('follows links that lead to a file inside the root, and none to a folder of a longer name beside it', async () => {
    const links = ['inside.png', 'outside.png', 'neighbour.png', 'dangling.png', 'loop.png', 'folder.png', 'itself'];
    assert.deepEqual(await existing(...links), ['inside.png']);
  });

  it('finds nothing below a linked folder, since that is not published', async () =>
    assert.deepEqual(await existing('folder.png/a.png', 'itself/top.png'), []));

  it('follows links also when the root itself is one', async () => {
    await symlink(root, join(folder, 'link'));
    assert.deepEqual(Array.from(await existingFiles(join(folder, 'link'), ['inside.png', 'outside.png'])), [
      'inside.png',
    ]);
  });
});
