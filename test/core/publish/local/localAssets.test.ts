import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localAssets } from '../../../../src/core/publish/local/localAssets';

describe('a single asset', () => {
  let folder: string;
  let root: string;
  const put = async (path: string, text = 'x') => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-asset-'));
    root = join(folder, 'root');
    await mkdir(root);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is refused where a scan would not take it', async () => {
    await put('outside.png');
    await put('root/a.txt');
    await put('root/.hidden/a.png');
    await symlink('../outside.png', join(root, 'out.png'));
    await assert.rejects(localAssets(folder, root, [join(folder, 'outside.png')], []), /outside of the site’s root/);
    await assert.rejects(localAssets(folder, root, [join(root, 'a.txt')], []), /not an image/);
    await assert.rejects(localAssets(folder, root, [join(root, '.hidden/a.png')], []), /start with a dot/);
    await assert.rejects(localAssets(folder, root, [join(root, 'out.png')], []), /leads out of the root/);
    await assert.rejects(
      localAssets(folder, root, [join(root, 'gone.png')], []),
      /gone\.png is not there any more, so it is not uploaded/,
    );
    await assert.rejects(localAssets(folder, root, [join(root, '.hidden/a.png')], ['.hidden/']), /start with a dot/);
  });

  it('is taken or refused for the folders that it lies in', async () => {
    await put('root/pyvenv.cfg');
    await put('root/credentials/a.png');
    await put('root/vendor/autoload.php');
    await put('root/vendor/img/a.png');
    await put('root/php/vendor/composer/x');
    await put('root/php/vendor/a.png');
    await put('root/node_modules/x/a.png');
    await put('root/images/.htaccess', 'Redirect /old /new');
    await put('root/images/a.png');
    const take = async (path: string, ...allow: string[]) =>
      (await localAssets(folder, root, [join(root, path)], allow))[0]?.path;
    for (const path of ['credentials/a.png', 'images/a.png']) assert.equal(await take(path), path);
    for (const [path, allow] of [
      ['vendor/img/a.png', 'vendor/'],
      ['php/vendor/a.png', 'php/vendor/'],
      ['node_modules/x/a.png', 'node_modules/'],
    ] as const) {
      await assert.rejects(
        take(path),
        new RegExp(`^UserError: ${path} is not uploaded: dependencies are left out\\.$`),
      );
      assert.equal(await take(path, allow), path);
    }
    await put('root/.htaccess', 'Require valid-user');
    for (const path of ['credentials/a.png', 'images/a.png']) {
      await assert.rejects(take(path), /Nothing is published because of “\.htaccess”: it lets only some people/);
    }
    assert.equal(await take('images/a.png', '.htaccess'), 'images/a.png');
  });
});
