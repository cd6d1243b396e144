import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localAssets } from '../../../../src/core/publish/local/localAssets';
import { requireLeave } from '../../../../src/core/publish/local/leave';
import { scan } from '../../../../src/core/publish/local/localFiles';
import { reading } from '../../../../src/core/publish/local/reading';
import { leave } from '../../../../src/core/publish/local/refusals';
import { newOp } from '../../sandbox';

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

  it('sends pages to the server and media to the bucket, with their media types, and drawings to both', async () => {
    for (const path of ['index.html', 'css/a.css', 'a.js', 'b.PNG', 'c.svg', 'd.mp4', 'e.pdf', 'f.woff2', 'LICENSE'])
      await put(`root/${path}`);
    const { pages, assets } = await scan(folder, root, [], newOp());
    assert.deepEqual(paths(pages), ['LICENSE', 'a.js', 'c.svg', 'css/a.css', 'f.woff2', 'index.html']);
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
    const { pages, assets, left } = await scan(folder, root, [], newOp());
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
    const { pages, assets, left } = await scan(folder, root, [], newOp());
    assert.deepEqual(paths([...pages, ...assets]), ['a.png', 'inside.png']);
    assert.deepEqual(paths(left), ['.env', 'dangling.png', 'env.txt', 'loop', 'out.png', 'up']);
  });

  it('says of each entry that it leaves out why', async () => {
    await put('root/images/a.png');
    await put('root/server.key');
    await put('root/LICENSE');
    await put('root/words.html', 'allow, deny and require are just words here');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    for (const [name, target] of [
      ['dangling.png', 'gone.png'],
      ['into.png', 'LICENSE/a.png'],
      ['key.txt', 'server.key'],
      ['folder.png', 'images'],
      ['out.png', '../..'],
    ] as const) {
      await symlink(target, join(root, name));
    }
    const { pages, left } = await scan(folder, root, [], newOp());
    assert.deepEqual(
      left.map(({ path, reason }) => [path, reason]),
      [
        ['dangling.png', 'the link leads nowhere'],
        ['folder.png', 'it is not a file'],
        ['into.png', 'the link leads nowhere'],
        ['key.txt', 'the link leads to something that is not published'],
        ['out.png', 'the link leads out of the root'],
        ['pipe', 'it is not a regular file'],
        ['server.key', 'key files are never published'],
      ],
    );
    assert.deepEqual(
      pages.map(({ path, contentType }) => [path, contentType]),
      [
        ['LICENSE', 'application/octet-stream'],
        ['words.html', 'text/html'],
      ],
    );
  });

  it('follows a link to what needs leave only with leave for both', async () => {
    await put('root/node_modules/a.png');
    await symlink('node_modules/a.png', join(root, 'm.png'));
    const taken = async (allow: readonly string[]) => paths((await scan(folder, root, allow, newOp())).assets);
    assert.deepEqual(await taken([]), []);
    assert.deepEqual(await taken(['m.png']), []);
    assert.deepEqual(await taken(['node_modules/']), ['node_modules/a.png']);
    assert.deepEqual(await taken(['node_modules/', 'm.png']), ['m.png', 'node_modules/a.png']);
  });

  it('says that the root is missing', async () => {
    await assert.rejects(scan(folder, join(root, 'gone'), [], newOp()), (error) => {
      assert.match((error as Error).message, /does not exist.*“root”/);
      return ((error as Error).cause as { code: string }).code === 'ENOENT';
    });
    await put('file.txt');
    await assert.rejects(
      scan(folder, join(folder, 'file.txt'), [], newOp()),
      /“\S+\/file\.txt” cannot be read \(ENOTDIR\)\. Allow yourself to read it/,
    );
  });

  it('takes nothing from a root that is a link out of the site’s folder', async () => {
    const inner = join(folder, 'site');
    await mkdir(inner);
    await put('root/index.html');
    await symlink('../root', join(inner, 'public'));
    await assert.rejects(scan(inner, join(inner, 'public'), [], newOp()), /is a link that leads out of/);
  });

  it('leaves out what .siteliftignore names, also what would stop it, and counts it', async () => {
    const rules = ['# not for readers', 'drafts/', '*.php', '!kept.php.html', '/notes.txt', 'images/*.psd', ''];
    await put('root/.siteliftignore', rules.join('\n'));
    const named = ['drafts/a.html', 'images/a.psd', 'notes.txt', 'x.php'];
    for (const path of [...named, 'kept.php.html', 'deep/notes.txt', 'images/a.png']) await put(`root/${path}`);
    const { assets, left, pages, stops } = await scan(folder, root, [], newOp());
    assert.deepEqual(stops, []);
    const ignored = left.filter(({ reason }) => reason === '.siteliftignore names it');
    assert.deepEqual(
      ignored.map(({ path }) => path),
      ['drafts/', 'images/a.psd', 'notes.txt', 'x.php'],
    );
    const published = [...assets, ...pages].map(({ path }) => path);
    for (const path of ['kept.php.html', 'deep/notes.txt', 'images/a.png']) assert.ok(published.includes(path), path);
    assert.ok(!published.includes('.siteliftignore'));
  });

  it('names what stops it until the site file allows it, and counts nothing of it as published', async () => {
    for (const path of [
      'index.html',
      'blog/index.php',
      'blog/install.sh',
      'dump.sql',
      'node_modules/a/a.js',
      'x.key',
    ]) {
      await put(`root/${path}`);
    }
    const found = await scan(folder, root, [], newOp());
    assert.deepEqual(paths(found.stops), ['blog/index.php', 'blog/install.sh']);
    assert.deepEqual(paths(found.left), ['dump.sql', 'node_modules/', 'x.key']);
    assert.throws(
      () => requireLeave(found),
      /“blog\/index\.php”, “blog\/install\.sh”: .*runs no programs.*"allow": \["\/blog\/index\.php"\]/,
    );
    const allowed = await scan(folder, root, ['blog/*', '*.sql', 'node_modules/', 'x.key'], newOp());
    requireLeave(allowed);
    assert.deepEqual(paths(allowed.pages), [
      'blog/index.php',
      'blog/install.sh',
      'dump.sql',
      'index.html',
      'node_modules/a/a.js',
    ]);
    assert.deepEqual(paths(allowed.left), ['x.key']);
  });

  it('says how just the first of them is allowed, whatever its name, and none of its namesakes', async () => {
    for (const path of ['index.php', 'a[1].php', '!x.php', '#x.php', 'sub/w*?.php', 'back\\slash.php', '"$(x)`.php']) {
      await rm(root, { recursive: true });
      await put(`root/${path}`);
      const found = await scan(folder, root, [], newOp());
      let told = '';
      assert.throws(
        () => requireLeave(found),
        ({ message }: Error) => {
          told = /"allow": (\[".*"\]) }\.$/.exec(message)?.[1] ?? '';
          return true;
        },
      );
      const allowed = leave(JSON.parse(told) as string[]);
      assert.ok(allowed(path), told);
      assert.ok(!allowed(`other/${path}`), told);
      assert.deepEqual((await scan(folder, root, JSON.parse(told) as string[], newOp())).stops, []);
    }
  });

  it('leaves out assets that a bucket cannot hold or list', async () => {
    const deep = `${'d'.repeat(200)}/`.repeat(5);
    const fits = `${deep}${'x'.repeat(1024 - 5 - deep.length - 4)}.png`;
    for (const path of ['a\rb.png', 'c\u0001.svg', 'new\nline.txt', fits, `${deep}${'ä'.repeat(10)}.png`]) {
      await put(`root/${path}`);
    }
    const { assets, pages, left } = await scan(folder, root, [], newOp());
    assert.deepEqual(paths(assets), [fits]);
    assert.deepEqual(paths(pages), ['new\nline.txt']);
    assert.deepEqual(
      left.map(({ reason }) => reason),
      ['its name holds control characters', 'its name holds control characters', 'its path is too long for S3'],
    );
    await assert.rejects(localAssets(folder, root, [join(root, 'a\rb.png')], []), /holds control characters/);
  });

  it('reads each folder once, however many of its images are chosen', async () => {
    const files = Array.from({ length: 100 }, (_, index) => `root/a/b/c/${index}.png`);
    for (const path of files) await put(path);
    let requests = 0;
    const counter = createHook({ init: (_id, type) => void (type === 'FSREQPROMISE' && (requests += 1)) }).enable();
    const chosen = files.map((path) => join(folder, path));
    const assets = await localAssets(folder, root, chosen, []).finally(() => counter.disable());
    assert.deepEqual(
      assets.map(({ path }) => `root/${path}`),
      files,
    );
    assert.ok(requests > files.length && requests < 4 * files.length, `${requests} requests`);
  });

  it('names ten of many that stop it, and how many more there are', async () => {
    for (let index = 0; index < 13; index += 1) await put(`root/${index}.php`);
    const found = await scan(folder, root, [], newOp());
    assert.throws(() => requireLeave(found), /“9\.php” and 3 more|“6\.php” and 3 more/);
    assert.throws(() => requireLeave({ stops: [...found.stops.slice(0, 9), { path: 'z', reason: 'it is secret' }] }), {
      message:
        'Nothing is published because of “0.php”, “1.php”, “10.php”, “11.php”, “12.php”, “2.php”, “3.php”, “4.php”, “5.php”, “z”: ' +
        'this server runs no programs, so everybody could read the source of this one; it is secret. Move what nobody may see out of the root folder. ' +
        'What everybody may see, name in sitelift.json: "publish": { "allow": ["/0.php"] }.',
    });
  });

  it('stops where a folder was protected by a file that this server does not read', async () => {
    await put('root/index.html');
    await put('root/members/.htaccess', 'AuthType Basic\nRequire valid-user\n');
    await put('root/members/list.csv');
    await put('root/members/faces/a.png');
    await put('root/shop/Web.config', '<authorization><deny users="?"/></authorization>');
    await put('root/old/.htaccess', 'Redirect /old /new\n');
    const found = await scan(folder, root, [], newOp());
    assert.deepEqual(paths(found.stops), ['members/.htaccess', 'shop/Web.config']);
    assert.deepEqual(paths((await scan(folder, root, ['members/', 'shop/web.config'], newOp())).stops), []);
    const face = join(root, 'members/faces/a.png');
    await assert.rejects(localAssets(folder, root, [face], []), /“members\/\.htaccess”.*only some people/);
    assert.deepEqual(paths(await localAssets(folder, root, [face], ['members/'])), ['members/faces/a.png']);
  });

  it('leaves out what a package manager filled, and takes a site’s own vendor folder', async () => {
    for (const path of [
      'vendor/jquery.js',
      'php/vendor/autoload.php',
      'php/vendor/x/a.js',
      'my/pyvenv.cfg',
      'my/a.js',
    ]) {
      await put(`root/${path}`);
    }
    const found = await scan(folder, root, [], newOp());
    assert.deepEqual(paths(found.pages), ['vendor/jquery.js']);
    assert.deepEqual(paths(found.left), ['my/', 'php/vendor/']);
    assert.deepEqual(found.stops, []);
  });

  it('takes nothing from a folder beside the root whose name starts like it', async () => {
    await put('root-other/a.png');
    await put('root-other/b.html');
    await symlink('../root-other/b.html', join(root, 'b.html'));
    assert.deepEqual(paths((await scan(folder, root, [], newOp())).pages), []);
    await assert.rejects(
      localAssets(folder, root, [join(folder, 'root-other/a.png')], []),
      /outside of the site’s root/,
    );
    const inner = join(folder, 'root', 'inner');
    await symlink('../root-other', inner);
    await assert.rejects(scan(root, inner, [], newOp()), /is a link that leads out of/);
  });

  it('names what it may not read, and passes over what has gone meanwhile', async () => {
    await put('root/a.txt');
    const unreadable = reading('closed', () => readdir(join(root, 'a.txt')));
    await assert.rejects(unreadable, /“closed” cannot be read \(ENOTDIR\)/);
    assert.equal(await reading('gone', () => readdir(join(root, 'gone'))), undefined);
    await assert.rejects(
      unreadable,
      (error) => ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTDIR',
    );
    await assert.rejects(
      reading('here', () => Promise.reject(new TypeError('a mistake in the program'))),
      TypeError,
    );
  });

  it('lists files in the order of their paths, and ends when it is cancelled', async () => {
    for (const path of ['b/a.txt', 'a/b.txt', 'b.txt', 'a-b.txt']) await put(`root/${path}`);
    const { pages } = await scan(folder, root, [], newOp());
    assert.deepEqual(
      pages.map(({ path }) => path),
      ['a-b.txt', 'a/b.txt', 'b.txt', 'b/a.txt'],
    );
    const controller = new AbortController();
    const cancelled = scan(folder, root, [], newOp(controller.signal));
    controller.abort();
    await assert.rejects(cancelled, { name: 'AbortError' });
  });
});
