import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/op';
import { run, stepsOf } from '../../../src/core/plan';
import { controlPlane, newOp } from '../sandbox';
import { changes, invalidated, newPublishDriver, words, type PublishDriver } from './publishDriver';

const PAGE = '<p><img src="images/a.png"><img src="images/b.png">\n';

describe('publishing', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { deploySeconds: 0.2, invalidationSeconds: 0 });
    site = await newPublishDriver();
    await site.put('index.html', PAGE);
    await site.put('images/a.png', 'a');
    await site.put('images/b.png', 'b');
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => site.remove());

  it('uploads assets, then sends pages, and asks no edge to forget what it cannot have', async () => {
    assert.deepEqual(await site.publish(), ['turn', 'upload', 'upload', 'pages']);
    assert.deepEqual((await changes()).sort(), [
      'DeleteObject _sitelift/publishing.json',
      'DeleteObject _sitelift/releases/release.tar.gz',
      'PutObject _sitelift/manifests/release.json',
      'PutObject _sitelift/publishing.json',
      'PutObject _sitelift/releases/release.tar.gz',
      'PutObject site/images/a.png',
      'PutObject site/images/b.png',
    ]);
    assert.equal(site.server.pages.get('index.html'), PAGE.replaceAll('images/', `https://${site.domain}/images/`));
    assert.equal(await site.edge('images/a.png'), 'a');
    assert.deepEqual(await site.keys('_sitelift/releases/'), []);
  });

  it('sends the server the room that it needs, and who may be replaced', async () => {
    await site.put('deep/er/page.html', 'x'.repeat(10_000));
    await site.publish();
    const size = Buffer.byteLength(site.server.pages.get('index.html') ?? '') + 10_000;
    assert.equal(site.server.value('NEEDED_BYTES'), String(size + 4 * 4096));
    assert.equal(site.server.value('NEEDED_INODES'), '4');
    assert.equal(site.server.value('EXPECTED_RELEASE'), '');
    const { release } = site.server;
    await site.put('index.html', 'other');
    await site.publish();
    assert.equal(site.server.value('EXPECTED_RELEASE'), release);
    assert.deepEqual(await site.keys('_sitelift/manifests/'), [`_sitelift/manifests/${site.server.release}.json`]);
  });

  it('has nothing to do when nothing has changed', async () => {
    await site.publish();
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), []);
    assert.deepEqual(await changes(), []);
  });

  it('makes the edges forget what has changed, and shows it from then on', async () => {
    await site.publish();
    assert.equal(await site.edge('images/a.png'), 'a');
    await site.put('images/a.png', 'A');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'note', 'upload', 'invalidate']);
    assert.deepEqual(await changes(), [
      'PutObject _sitelift/publishing.json',
      'PutObject _sitelift/pending/id.json',
      'PutObject site/images/a.png',
      'CreateInvalidation',
      'DeleteObject _sitelift/pending/id.json',
      'DeleteObject _sitelift/publishing.json',
    ]);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.equal(await site.edge('images/a.png'), 'A');
  });

  it('makes the edges forget a new path too, since an object may have been removed by hand', async () => {
    await site.publish();
    await site.put('images/c d.png', 'c');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['turn', 'note', 'upload', 'invalidate']);
    assert.deepEqual(await invalidated(), [['/images/c%20d.png']]);
  });

  it('asks again for what runs that were cut short have left, whoever noted it, and reads the one note of earlier versions', async () => {
    await site.publish();
    await site.store('_sitelift/pending/one.json', '["images/a.png"]');
    await site.store('_sitelift/pending/two.json', '["images/b.png","images/a.png"]');
    await site.store('_sitelift/pending-invalidation.json', '["images/old.png"]');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), ['invalidate']);
    assert.deepEqual(await invalidated(), [['/images/a.png', '/images/b.png', '/images/old.png']]);
    assert.deepEqual(await site.keys('_sitelift/pending'), []);
    for (const unreadable of ['not JSON', '{"images/a.png":1}', '[1]']) {
      await site.store('_sitelift/pending/bad.json', unreadable);
      await controlPlane().send('DELETE', 'calls');
      assert.deepEqual(await site.publish(), ['invalidate']);
      assert.deepEqual(await invalidated(), [['/*']]);
    }
  });

  it('keeps the note that another run leaves meanwhile', async () => {
    await site.publish();
    await site.put('images/a.png', 'A');
    const { plan } = await site.plan();
    await site.store('_sitelift/pending/other.json', '["images/b.png"]');
    await run(plan, newOp());
    assert.deepEqual(await site.keys('_sitelift/pending'), ['_sitelift/pending/other.json']);
  });

  it('waits for the distribution before the pages, and only then', async () => {
    const have = await site.have();
    assert.ok(have.distribution.kind === 'known');
    const deploying = {
      ...have,
      distribution: { ...have.distribution, have: { ...have.distribution.have, deployed: false } },
    };
    assert.deepEqual(words((await site.plan({}, deploying)).plan), ['turn', 'upload', 'upload', 'deployed', 'pages']);
    await site.publish();
    await site.put('images/a.png', 'A');
    const later = await site.have();
    assert.ok(later.distribution.kind === 'known');
    const images = {
      ...later,
      distribution: { ...later.distribution, have: { ...later.distribution.have, deployed: false } },
    };
    assert.deepEqual(words((await site.plan({}, images)).plan), ['turn', 'note', 'upload', 'invalidate']);
  });

  it('sends the pages again when the last publication was cut short, or to a new server', async () => {
    const { plan } = await site.plan();
    await run(plan, newOp());
    const have = await site.have();
    assert.ok(have.server.kind === 'known' && have.server.have.inspection);
    const { inspection } = have.server.have;
    const seen = (change: object) => ({
      ...have,
      server: { kind: 'known' as const, have: { ...site.server.have(), inspection: { ...inspection, ...change } } },
    });
    const titles = async (change: object) =>
      stepsOf((await site.plan({}, seen(change))).plan).map(({ title }) => title);
    assert.deepEqual(await titles({}), []);
    assert.match(
      (await titles({ placing: 'x' })).join(),
      /send 1 page or other file to the server \(the last publication was cut short\)/,
    );
    assert.match((await titles({ redirectsTo: 'other.invalid' })).join(), /\(new server\)/);
    assert.match((await titles({ release: undefined })).join(), /\(first release\)/);
  });

  it('tells which pages are new and which changed, in totals before the steps', async () => {
    await site.put('about.html', 'about');
    await site.put('notes.sql', 'x');
    await site.put('old.bak', 'x');
    await site.put('older.bak', 'x');
    const first = await site.plan();
    assert.deepEqual(first.summary, {
      pages: { count: 2, sizeBytes: first.bundle.unpackedBytes, added: undefined, changed: undefined },
      assets: { added: 2, changed: 0, unchanged: 0, uploadBytes: 2 },
      left: [
        { reason: 'backup copies are left out', count: 2 },
        { reason: 'databases and copies of them are left out', count: 1 },
      ],
      notes: [],
    });
    await run(first.plan, newOp());
    await site.put('about.html', 'more about');
    await site.put('constructor', 'a name that objects have');
    await site.put('images/a.png', 'AA');
    const second = await site.plan();
    assert.deepEqual(second.summary.pages.added, ['constructor']);
    assert.deepEqual(second.summary.pages.changed, ['about.html']);
    assert.deepEqual(second.summary.assets, { added: 0, changed: 1, unchanged: 1, uploadBytes: 2 });
    const titles = stepsOf(second.plan).map(({ title }) => title);
    assert.ok(
      titles.includes('send 3 pages and other files to the server (1 new: constructor; 1 changed: about.html)'),
    );
    assert.ok(titles.includes('upload images/a.png (changed)'));
  });

  it('sends drawings to the server as well, from where alone sprites load', async () => {
    await site.put('images/sprite.svg', '<svg/>');
    await site.publish();
    assert.equal(site.server.pages.get('images/sprite.svg'), '<svg/>');
    assert.ok((await site.keys('site/')).includes('site/images/sprite.svg'));
    await site.drop('index.html');
    await assert.rejects(site.plan(), /There is no page to publish/);
  });

  it('publishes nothing while something must be allowed first', async () => {
    await site.put('login.php', '<?php $password = "x";');
    await assert.rejects(site.publish(), /because of “login\.php”.*"allow": \["\/login\.php"\]/);
    assert.deepEqual(await changes(), []);
  });

  it('tells of a release that this folder has not seen, by whom and from where it came', async () => {
    const elsewhere = { host: 'laptop', folder: 'copy', place: 'there' };
    await site.publish(newOp(), { origin: elsewhere });
    const { release } = site.server;
    await site.put('index.html', 'mine');
    const told = await site.plan();
    assert.match(
      told.summary.notes[0] ?? '',
      /^This replaces the release published by arn:aws:\S+ from “copy” on laptop on 20\d\d-\d\d-\d\d \d\d:\d\d UTC, which this folder has not seen\.$/,
    );
    assert.match(stepsOf(told.plan)[0]?.title ?? '', /^replace the release published by .* from “copy” on laptop/);
    assert.match(stepsOf(told.plan)[0]?.key ?? '', /unseen$/);
    for (const known of [{ seenRelease: release }, { origin: elsewhere }]) {
      const quiet = await site.plan(known);
      assert.deepEqual(quiet.summary.notes, []);
      assert.equal(stepsOf(quiet.plan)[0]?.title, 'make sure that nobody else publishes meanwhile');
    }
    await site.store(`_sitelift/manifests/${release}.json`, '{}');
    assert.match((await site.plan()).summary.notes[0] ?? '', /not seen; nothing tells who published it/);
  });

  it('uploads nothing when somebody else published between the plan and its first step', async () => {
    await site.publish();
    await site.put('images/a.png', 'loser');
    const losing = await site.plan();
    await site.put('images/a.png', 'winner');
    await site.put('index.html', 'winner');
    await site.publish(newOp(), { origin: { host: 'laptop', folder: 'copy', place: 'there' } });
    await site.put('images/a.png', 'loser');
    await controlPlane().send('DELETE', 'calls');
    await assert.rejects(run(losing.plan, newOp()), /Somebody else published meanwhile\. Nothing was uploaded/);
    assert.deepEqual(await changes(), [
      'PutObject _sitelift/publishing.json',
      'DeleteObject _sitelift/publishing.json',
    ]);
    assert.equal(await site.text('site/images/a.png'), 'winner');
    assert.equal(site.server.pages.get('index.html'), 'winner');
  });

  it('lets the server refuse pages that replace others than the plan was made from', async () => {
    await site.publish();
    await site.put('index.html', 'mine');
    const { plan } = await site.plan();
    site.server.release = 'somebody-elses';
    await assert.rejects(
      run(plan, newOp()),
      (error) => error instanceof UserError && /published meanwhile/.test(error.message),
    );
  });

  it('shows names that work on this computer in more spellings than on the site', async () => {
    await site.put('ü.html'.normalize('NFD'), 'x');
    await site.put('Images/A.html', 'x');
    await site.put('images/a.html', 'x');
    const { notes } = (await site.plan()).summary;
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? '', /only if it is written u%CC%88\.html/);
    assert.match(notes[1] ?? '', /“Images\/A\.html” and “images\/a\.html” differ only in case/);
  });

  it('uploads single assets without a page, and tells the edges', async () => {
    assert.deepEqual(await site.upload('images/a.png'), ['turn', 'note', 'upload', 'invalidate']);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
    assert.deepEqual(await site.upload('images/a.png'), []);
    assert.deepEqual(site.server.sent, []);
  });
});
