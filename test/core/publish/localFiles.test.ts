import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localAsset, scan } from '../../../src/core/publish/localFiles';
import { newOp } from '../sandbox';

describe('scan', () => {
  let folder: string;
  let root: string;
  const put = async (path: string, text = 'x') => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const paths = (files: readonly { path: string }[]) => files.map(({ path }) => path).sort();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-scan-'));
    root = join(folder, 'root');
    await mkdir(root);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('sends pages to the server and media to the bucket, with their media types', async () => {
    for (const path of ['index.html', 'css/a.css', 'a.js', 'b.PNG', 'c.svg', 'd.mp4', 'e.pdf', 'f.woff2', 'LICENSE'])
      await put(`root/${path}`);
    const { pages, assets } = await scan(folder, root, newOp());
    assert.deepEqual(paths(pages), ['LICENSE', 'a.js', 'css/a.css', 'f.woff2', 'index.html']);
    assert.deepEqual(
      assets.map(({ path, contentType }) => [path, contentType]),
      [
        ['b.PNG', 'image/png'],
        ['c.svg', 'image/svg+xml'],
        ['d.mp4', 'video/mp4'],
        ['e.pdf', 'application/pdf'],
      ],
    );
  });

  it('never takes dotfiles, keys, dependencies or the site file', async () => {
    const secret = [
      '.env',
      '.env.local',
      '.git/config',
      'a/.htpasswd',
      'node_modules/x/index.js',
      'server.pem',
      'id_ed25519',
      'id_rsa.pub',
      'id_ed25519_sk',
      'sitelift.json',
      'x.key',
    ];
    for (const path of [...secret, 'index.html']) await put(`root/${path}`);
    const { pages, assets, left } = await scan(folder, root, newOp());
    assert.deepEqual(paths([...pages, ...assets]), ['index.html']);
    assert.equal(left.length, secret.length);
  });

  it('follows links inside of the root and none that leads out of it or to a secret', async () => {
    await put('outside.png');
    await put('root/.env');
    await put('root/a.png');
    await symlink('a.png', join(root, 'inside.png'));
    await symlink('../outside.png', join(root, 'out.png'));
    await symlink('.env', join(root, 'env.txt'));
    await symlink('gone.png', join(root, 'dangling.png'));
    await symlink('loop', join(root, 'loop'));
    await symlink('..', join(root, 'up'));
    const { pages, assets, left } = await scan(folder, root, newOp());
    assert.deepEqual(paths([...pages, ...assets]), ['a.png', 'inside.png']);
    assert.deepEqual(paths(left), ['.env', 'dangling.png', 'env.txt', 'loop', 'out.png', 'up']);
  });

  it('says that the root is missing', async () => {
    await assert.rejects(scan(folder, join(root, 'gone'), newOp()), /does not exist.*“root”/);
  });

  it('takes nothing from a root that is a link out of the site’s folder', async () => {
    const inner = join(folder, 'site');
    await mkdir(inner);
    await put('root/index.html');
    await symlink('../root', join(inner, 'public'));
    await assert.rejects(scan(inner, join(inner, 'public'), newOp()), /is a link that leads out of/);
  });

  it('refuses single files that a scan would not take', async () => {
    await put('outside.png');
    await put('root/a.txt');
    await put('root/.hidden/a.png');
    await symlink('../outside.png', join(root, 'out.png'));
    await assert.rejects(localAsset(folder, root, join(folder, 'outside.png')), /outside of the site’s root/);
    await assert.rejects(localAsset(folder, root, join(root, 'a.txt')), /not an image/);
    await assert.rejects(localAsset(folder, root, join(root, '.hidden/a.png')), /start with a dot/);
    await assert.rejects(localAsset(folder, root, join(root, 'out.png')), /leads out of the root/);
  });
});
