import assert from 'node:assert/strict';
import { isUserError } from '../../../src/core/op';
import { run, stepsOf } from '../../../src/core/plan';
import { deleteKeys } from '../../../src/core/publish/assets/former';
import { markDestroying } from '../../../src/core/resources/bucket/bucketSettings';
import { distribution } from '../../../src/core/resources/distribution/distribution';
import { disableStages } from '../../../src/core/resources/teardown/distributionRemoval';
import type { SiteParts } from '../../../src/core/resources/teardown/parts';
import { newOp } from '../sandbox';
import { LEDGER, newPublishDriver, words, type PublishDriver } from './publishDriver';

describe('publishing to what is another than the ledger tells', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'about.html': 'about', 'images/a.png': 'a' });
  });
  afterEach(() => site.remove());

  const titleOf = async (word: string) => {
    const { plan } = await site.plan();
    return stepsOf(plan).find(({ key }) => key.startsWith(word))?.title ?? assert.fail(words(plan).join());
  };
  /** An empty volume. */
  const empty = () => {
    site.server.volumeId = 'vol-0fedcba9876543210';
    for (const map of [site.server.pages, site.server.list]) map.clear();
    [site.server.release, site.server.settings] = [undefined, undefined];
  };
  const isPublished = async (...paths: readonly string[]) => {
    assert.deepEqual([...site.server.pages.keys()].sort(), paths);
    assert.deepEqual(await site.publish(), []);
    const { target } = await site.ledger();
    assert.equal(target?.instanceId, site.server.instanceId);
    assert.equal(target?.volumeId, site.server.volumeId);
    assert.equal(target?.release, site.server.release);
  };

  it('sends nothing while the site is being destroyed, and says so also where only the edges have ended yet', async () => {
    await site.publish();
    await markDestroying(site.context, newOp());
    const seen = await distribution.describe(site.context, newOp());
    await run(disableStages(site.context, { distribution: seen, parts: {} as SiteParts }), newOp());
    await site.put('about.html', 'more');
    await assert.rejects(
      site.plan(),
      (error) => isUserError(error) && /^Somebody began to destroy the site on \d{4}-.* UTC, so/.test(error.message),
    );
  });

  it('sends everything to another server with an empty volume, as to the first', async () => {
    await site.publish();
    site.server.instanceId = 'i-0fedcba9876543210';
    empty();
    assert.equal(await titleOf('pages'), 'put 2 pages and other files in place on the server (first release)');
    await site.put('about.html', 'more');
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.deepEqual(site.server.fetched.at(-1), ['about.html', 'index.html']);
    await isPublished('about.html', 'index.html');
  });

  it('sends everything to another volume of the same server', async () => {
    await site.publish();
    empty();
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.equal((await site.ledger()).former.length, 0);
    await isPublished('about.html', 'index.html');
  });

  it('sends what has changed to a new server with the same volume, and nothing but its settings where nothing has', async () => {
    await site.publish();
    site.server.instanceId = 'i-0fedcba9876543210';
    site.server.settings = undefined;
    assert.equal(await titleOf('pages'), 'put 2 pages and other files in place on the server (new server)');
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.deepEqual(site.server.fetched.at(-1), []);
    assert.equal(site.server.settings, (await site.ledger()).target?.settings);
    await isPublished('about.html', 'index.html');
    site.server.instanceId = 'i-0123456789abcdef1';
    site.server.settings = undefined;
    await site.put('about.html', 'more');
    await site.publish();
    assert.deepEqual(site.server.fetched.at(-1), ['about.html']);
    await isPublished('about.html', 'index.html');
  });

  it('notes where the site lies when nothing else is left to do', async () => {
    await site.publish();
    site.server.instanceId = 'i-0fedcba9876543210';
    assert.deepEqual(await site.publish(), ['turn', 'release']);
    await isPublished('about.html', 'index.html');
  });

  it('sends everything in the same run when the server has other pages than was believed', async () => {
    await site.publish();
    site.server.list.set('index.html', { sha256: '0'.repeat(64) });
    await site.put('about.html', 'more');
    const op = newOp();
    assert.deepEqual(await site.publish(op), ['turn', 'pages', 'release']);
    assert.ok(op.reports.includes('The server has other pages than the last release left there; sending all of them'));
    assert.equal(site.server.deployments().length, 3);
    assert.deepEqual(site.server.fetched.slice(1), [['about.html', 'index.html']]);
    const { current, former } = await site.ledger();
    assert.deepEqual([current?.counts.changed, former.length], [1, 1]);
    await isPublished('about.html', 'index.html');
  });

  it('sends the pages again whose placing was cut short on the server', async () => {
    await site.publish();
    site.server.placing = 'x';
    // As long as nothing tells of it, nothing looks.
    assert.deepEqual(await site.publish(), []);
    await site.put('index.html', 'more');
    await site.publish();
    assert.deepEqual(site.server.fetched.at(-1), ['about.html', 'index.html']);
    site.server.placing = 'x';
    await site.bury();
    site.server.instanceId = 'i-0fedcba9876543210';
    assert.match(await titleOf('pages'), /\(the last publication was cut short\)/);
    await site.publish();
    await isPublished('about.html', 'index.html');
  });

  it('compares everything when the ledger was deleted, and tells that nobody knows whose release it replaces', async () => {
    await site.publish();
    await deleteKeys(site.context, [LEDGER], newOp());
    await site.put('images/a.png', 'A');
    await site.drop('about.html');
    const { plan, summary } = await site.plan();
    assert.deepEqual(summary.notes, [
      'This replaces a release that this folder has not seen; nothing tells who published it.',
    ]);
    assert.deepEqual(words(plan), ['turn', 'upload', 'pages', 'invalidate', 'release']);
    assert.deepEqual((await site.plan({ seenRelease: site.server.release })).summary.notes, []);
    await run(plan, newOp());
    await isPublished('index.html');
    assert.equal(await site.edge('images/a.png'), 'A');
  });

  it('tells that what cannot be read of earlier releases is replaced, also to whom the release is known', async () => {
    for (const text of ['not JSON', '{"format":2,"revision":"x"}']) {
      await site.publish();
      await site.store(LEDGER, text);
      const { plan, summary } = await site.plan({ seenRelease: site.server.release });
      assert.match(summary.notes[0] ?? '', /^This replaces what tells of the earlier releases, which cannot be read/);
      assert.match(stepsOf(plan)[0]?.title ?? '', /^replace what tells of the earlier releases/);
      assert.deepEqual(words(plan), ['turn', 'pages', 'release']);
      await run(plan, newOp());
      await isPublished('about.html', 'index.html');
      assert.equal((await site.ledger()).current?.id, site.server.release);
    }
  });

  it('compares everything when the list of a large release was deleted, and keeps that release in the ledger', async () => {
    for (let page = 0; page < 210; page += 1) await site.put(`pages/${page}.html`, `${page}`);
    await site.publish();
    const before = await site.ledger();
    const [list] = await site.keys('_sitelift/manifests/');
    await deleteKeys(site.context, [list ?? assert.fail('there is no list')], newOp());
    await site.forget();
    await site.put('index.html', 'more');
    await site.drop('pages/1.html');
    await site.publish();
    assert.equal(site.server.pages.get('index.html'), 'more');
    assert.equal(site.server.pages.size, 211);
    assert.deepEqual(await site.publish(), []);
    const { current, former } = await site.ledger();
    assert.deepEqual(
      former.map(({ id }) => id),
      [before.current?.id],
    );
    assert.notEqual(current?.base, '');
    await assert.rejects(
      site.rollback(former[0]?.at ?? ''),
      /^UserError: The release of .* cannot be brought back whole: “its list of files” is not in the bucket any more\. Nothing was changed\./,
    );
  });
});
