import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import { controlPlane, newOp } from '../sandbox';
import { changes, invalidated, newPublishDriver, words, type PublishDriver } from './publishDriver';

describe('what is dropped from the folder', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'old.html': 'old', 'images/a.png': 'a', 'images/b.png': 'b' });
  });
  afterEach(() => site.remove());

  it('is removed from the server and from the bucket after all else, and the edges forget it', async () => {
    await site.publish();
    assert.equal(await site.edge('images/b.png'), 'b');
    await site.put('index.html', '<p>new');
    await site.put('images/a.png', 'A');
    for (const path of ['old.html', 'images/b.png']) await site.drop(path);
    await controlPlane().send('DELETE', 'calls');
    const { plan, removed, summary } = await site.plan();
    assert.deepEqual(removed, ['images/b.png', 'old.html']);
    assert.deepEqual([summary.pages.removed, summary.assets.removed], [['old.html'], ['images/b.png']]);
    assert.deepEqual(words(plan), ['turn', 'keep', 'upload', 'pages', 'remove', 'invalidate', 'release']);
    await run(plan, newOp());
    assert.deepEqual(
      (await changes()).filter((call) => !/^CopyObject|_sitelift\/bundles/.test(call)),
      [
        'PutObject _sitelift/ledger.json',
        'PutObject site/images/a.png',
        'DeleteObjects',
        'CreateInvalidation',
        'PutObject _sitelift/ledger.json',
      ],
    );
    assert.deepEqual(await invalidated(), [['/images/a.png', '/images/b.png']]);
    assert.deepEqual(site.server.fetched.at(-1), ['-old.html', 'index.html']);
    assert.deepEqual([...site.server.pages.keys()], ['index.html']);
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
    assert.notEqual(await site.edge('images/b.png'), 'b');
    assert.deepEqual((await site.ledger()).current?.counts, { added: 0, changed: 2, removed: 2 });
    assert.deepEqual(await site.publish(), []);
  });

  it('stays when it was put there by Upload to CDN, also after it was part of a release', async () => {
    await site.put('images/mine.png', 'mine');
    await site.upload('images/mine.png');
    await site.publish();
    await site.put('images/mine.png', 'mine too');
    await site.publish();
    for (const path of ['images/mine.png', 'images/b.png']) await site.drop(path);
    assert.deepEqual((await site.plan()).removed, ['images/b.png']);
    await site.publish();
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png', 'site/images/mine.png']);
    assert.equal(await site.edge('images/mine.png'), 'mine too');
    assert.deepEqual(await site.publish(), []);
  });

  it('stays when it was never published', async () => {
    await site.publish();
    await site.store('site/images/theirs.png', 'theirs');
    site.server.pages.set('theirs.html', 'theirs');
    await site.drop('images/b.png');
    await site.drop('old.html');
    await site.publish();
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png', 'site/images/theirs.png']);
    assert.deepEqual([...site.server.pages.keys()].sort(), ['index.html', 'theirs.html']);
  });

  for (const isSeen of [false, true]) {
    const when = isSeen ? 'before the plan was made that looks at everything' : 'without anything telling of it';
    it(`stays when other hands have changed it ${when}, and their bytes are not kept as a former release’s`, async () => {
      await site.publish();
      await site.store('site/images/a.png', 'their a');
      await site.store('site/images/b.png', 'their b');
      await site.put('images/a.png', 'my a');
      await site.drop('images/b.png');
      // Another server is a reason to look at everything.
      if (isSeen) site.server.instanceId = 'i-0fedcba9876543210';
      const { plan, outcome } = await site.plan();
      await run(plan, newOp());
      assert.deepEqual(outcome.lost, ['images/a.png', 'images/b.png']);
      assert.equal(await site.text('site/images/a.png'), 'my a');
      assert.equal(await site.text('site/images/b.png'), 'their b');
      assert.deepEqual(await site.keys('_sitelift/files/'), []);
      assert.deepEqual(await site.publish(), []);
    });
  }

  it('is removed when a publication that was cut short had put it there', async () => {
    await site.publish();
    await site.put('images/b.png', 'B');
    site.server.failsNext = 'before';
    await site.put('index.html', '<p>new');
    await assert.rejects(site.publish(), /busy/);
    assert.equal(await site.text('site/images/b.png'), 'B');
    await site.drop('images/b.png');
    await site.publish();
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
    assert.deepEqual(await site.publish(), []);
  });

  it('is asked about when it is much of the site', async () => {
    const some = Array.from({ length: 12 }, (_, index) => `notes/${index}.html`);
    for (const path of some) await site.put(path, path);
    await site.publish();
    for (const path of some.slice(0, 10)) await site.drop(path);
    const few = stepsOf((await site.plan()).plan);
    assert.deepEqual([few[0]?.loses, few[0]?.items], [undefined, undefined]);
    await site.drop('notes/10.html');
    const [first, ...others] = stepsOf((await site.plan()).plan);
    assert.equal(first?.loses, 'files');
    assert.equal(
      first?.title,
      '11 published files go at the end; first make sure that nobody else publishes meanwhile',
    );
    assert.deepEqual(first?.items, some.slice(0, 11).sort());
    assert.ok(others.every(({ loses }) => loses === undefined));
    for (let index = 0; index < 115; index += 1) await site.put(`news/${index}.html`, `${index}`);
    await site.publish();
    for (let index = 0; index < 12; index += 1) await site.drop(`news/${index}.html`);
    assert.equal(stepsOf((await site.plan()).plan)[0]?.loses, undefined);
    await site.drop('news/12.html');
    assert.equal(stepsOf((await site.plan()).plan)[0]?.loses, 'files');
  });
});
