import assert from 'node:assert/strict';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteKeys } from '../../../src/core/publish/assets/former';
import { controlPlane, newOp } from '../sandbox';
import { asked, changes, invalidated, LEDGER, newPublishDriver, sentBytes, type PublishDriver } from './publishDriver';

const PAGE = '<p><img src="images/a.png"><img src="images/b.png">\n';

describe('publishing', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': PAGE, 'images/a.png': 'a', 'images/b.png': 'b' });
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => site.remove());

  it('uploads assets, then sends pages, and asks no edge to forget what it cannot have', async () => {
    assert.deepEqual(await site.publish(), ['turn', 'upload', 'pages', 'release']);
    const made = await changes();
    const sent = [
      'PutObject _sitelift/bundles/hash.tar.gz',
      'PutObject site/images/a.png',
      'PutObject site/images/b.png',
    ];
    assert.deepEqual(made.slice(1, -1).sort(), sent);
    assert.deepEqual([made[0], made.at(-1)], ['PutObject _sitelift/ledger.json', 'PutObject _sitelift/ledger.json']);
    assert.equal(site.server.pages.get('index.html'), PAGE.replaceAll('images/', `https://${site.domain}/images/`));
    assert.equal(await site.edge('images/a.png'), 'a');
    const { current, former, publishing, target } = await site.ledger();
    assert.equal(current?.id, site.server.release);
    assert.deepEqual(current?.counts, { added: 3, changed: 0, removed: 0 });
    assert.deepEqual([former, publishing, target?.release], [[], undefined, site.server.release]);
  });

  it('asks two small questions when nothing has changed, and none of them the server', async () => {
    await site.publish();
    const { length } = site.server.sent;
    for (const isCold of [false, true, false]) {
      if (isCold) await site.forget();
      site.hashed.length = 0;
      await controlPlane().send('DELETE', 'calls');
      assert.deepEqual(await site.publish(), []);
      assert.deepEqual((await asked()).sort(), ['GetDistribution', 'GetObject _sitelift/ledger.json']);
      assert.equal(site.hashed.length, isCold ? 2 : 0);
    }
    assert.equal(site.server.sent.length, length);
  });

  it('sends one changed page in one command, and writes what it began and what came of it', async () => {
    await site.put('about.html', 'about');
    await site.publish();
    const { length } = site.server.deployments();
    await site.put('about.html', 'more about');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.deepEqual((await asked()).slice(2), [
      ...['PutObject _sitelift/ledger.json', 'PutObject _sitelift/bundles/hash.tar.gz'],
      ...['GetObject _sitelift/bundles/hash.tar.gz', 'PutObject _sitelift/ledger.json'],
    ]);
    assert.equal(site.server.deployments().length, length + 1);
    assert.deepEqual(site.server.fetched.at(-1), ['about.html']);
    assert.equal(site.server.pages.get('about.html'), 'more about');
  });

  it('sends little of a large site when one page of it has changed', async () => {
    for (let page = 0; page < 9999; page += 1) await site.put(`pages/${page}.html`, `<p>page ${page}\n`);
    await site.publish();
    assert.equal(site.server.pages.size, 10_000);
    await site.put('pages/1234.html', '<p>another page\n');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.deepEqual(site.server.fetched.at(-1), ['pages/1234.html']);
    const bytes = await sentBytes(site);
    assert.ok(bytes < 10_000, `${bytes} bytes`);
    await site.forget();
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), []);
    assert.deepEqual((await asked()).sort(), [
      'GetDistribution',
      'GetObject _sitelift/ledger.json',
      'GetObject _sitelift/manifests/hash.json.gz',
    ]);
  });

  it('makes the edges forget what has changed, and shows it from then on', async () => {
    await site.publish();
    assert.equal(await site.edge('images/a.png'), 'a');
    await site.put('images/a.png', 'A');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'keep', 'upload', 'invalidate', 'release']);
    assert.deepEqual(await changes(), [
      'PutObject _sitelift/ledger.json',
      'CopyObject _sitelift/files/hash',
      'PutObject site/images/a.png',
      'CreateInvalidation',
      'PutObject _sitelift/ledger.json',
    ]);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.equal(await site.edge('images/a.png'), 'A');
    assert.equal(site.server.deployments().length, 1);
  });

  it('makes the edges forget a new path too, since an object may have been removed by hand', async () => {
    await site.publish();
    await site.put('images/c d.png', 'c');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'upload', 'invalidate', 'release']);
    assert.deepEqual(await invalidated(), [['/images/c%20d.png']]);
  });

  it('sends drawings to the server as well, from where alone sprites load', async () => {
    await site.put('images/sprite.svg', '<svg/>');
    await site.publish();
    assert.equal(site.server.pages.get('images/sprite.svg'), '<svg/>');
    assert.equal(await site.text('site/images/sprite.svg'), '<svg/>');
    await site.drop('index.html');
    await assert.rejects(site.plan(), /There is no page to publish/);
  });

  it('publishes nothing while something must be allowed first', async () => {
    await site.put('login.php', '<?php $password = "x";');
    await assert.rejects(site.publish(), /because of “login\.php”.*"allow": \["\/login\.php"\]/);
    assert.deepEqual(await changes(), []);
  });

  it('reads a file again that was saved a moment ago, as it may have been saved once more since', async () => {
    await site.publish();
    const file = join(site.root, 'images/a.png');
    await writeFile(file, 'X');
    await site.publish();
    const { atime, mtime } = await stat(file);
    await writeFile(file, 'Y');
    await utimes(file, atime, mtime);
    await site.publish();
    assert.equal(await site.edge('images/a.png'), 'Y');
  });

  it('sends again what the account’s rules have encrypted, which the distribution may not read', async () => {
    await controlPlane().send('POST', 'settings', { kmsEtags: 1 });
    try {
      await site.store('site/images/a.png', 'a');
      const { uploads } = await site.plan();
      assert.deepEqual(
        uploads.map(({ asset: { path }, reason }) => [path, reason]),
        [
          ['images/a.png', 'changed'],
          ['images/b.png', 'new'],
        ],
      );
      await site.publish();
      assert.equal(await site.edge('images/a.png'), 'a');
      assert.deepEqual(await site.publish(), []);
    } finally {
      await controlPlane().send('POST', 'settings', { kmsEtags: 0 });
    }
  });

  it('knows a file that was sent in parts, also where nothing tells of it but the bucket', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 'large');
    await site.put('images/large.png', large);
    await site.publish();
    assert.deepEqual(await site.publish(), []);
    await deleteKeys(site.context, [LEDGER], newOp());
    await site.forget();
    const { uploads } = await site.plan();
    assert.deepEqual(uploads, []);
    large.write('other');
    await site.put('images/large.png', large);
    assert.deepEqual(
      (await site.plan()).uploads.map(({ asset: { path } }) => path),
      ['images/large.png'],
    );
  });
});
