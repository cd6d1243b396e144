import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import { deleteKeys } from '../../../src/core/publish/assets/former';
import { randomNumbers } from '../html/randomNumbers';
import { controlPlane, newOp } from '../sandbox';
import {
  changes,
  ELSEWHERE,
  HERE,
  invalidated,
  LEDGER,
  newPublishDriver,
  words,
  type PublishDriver,
} from './publishDriver';

/** What readers get of a release. */
interface Served {
  readonly pages: ReadonlyMap<string, string>;
  /** By key of the bucket. */
  readonly assets: ReadonlyMap<string, string>;
}

describe('bringing back a release', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<img src="images/a.png"> 1', 'images/a.png': 'a 1' });
  });
  afterEach(() => site.remove());

  const served = async (): Promise<Served> => {
    const assets = new Map<string, string>();
    for (const key of await site.keys('site/')) assets.set(key, await site.text(key));
    return { pages: new Map([...site.server.pages].sort()), assets };
  };
  const atEdges = async ({ assets }: Served) => {
    for (const [key, text] of assets) assert.equal(await site.edge(key.slice('site/'.length)), text);
  };
  const currentAt = async () => (await site.ledger()).current?.at ?? assert.fail('nothing is published');
  /** Publishes a second release, and tells when the first was. */
  const publishTwo = async () => {
    await site.publish();
    const at = await currentAt();
    await site.put('index.html', '<img src="images/a.png"> 2');
    await site.put('images/a.png', 'a 2');
    await site.put('images/b.png', 'b 2');
    await site.put('new.html', 'new');
    await site.publish();
    return at;
  };

  it('keeps of what was published on save the last alone, and what somebody published before', async () => {
    const onSave = { origin: { ...HERE, onSave: true } };
    await site.publish();
    const at = await currentAt();
    for (const text of ['one', 'two', 'three']) {
      await site.put('index.html', text);
      await site.publish(newOp(), onSave);
    }
    assert.deepEqual(
      (await site.ledger()).former.map((kept) => kept.at),
      [at],
    );
    await site.put('index.html', 'four');
    await site.publish();
    const { former } = await site.ledger();
    assert.deepEqual([former.length, former[0]?.onSave, former[1]?.at], [2, true, at]);
    await site.rollback(former[0]?.at ?? '');
    assert.equal(site.server.pages.get('index.html'), 'three');
  });

  it('serves each of ten releases again to the byte, in any order, and nothing of the others', async () => {
    const random = randomNumbers(20_261_127);
    const paths = [
      'about.html',
      'css/site.css',
      'js/app.js',
      'images/icon.svg',
      'images/a.png',
      'images/b.png',
      'c d.jpg',
    ];
    const there = new Set<string>();
    const releases: { readonly at: string; readonly id: string; readonly served: Served }[] = [];
    for (let number = 1; number <= 10; number += 1) {
      await site.put('index.html', `<img src="images/a.png"><link href="css/site.css"> ${number}`);
      for (const path of paths) {
        const dice = random();
        if (dice < 0.25 && there.delete(path)) await site.drop(path);
        else if (dice > 0.5) await site.put(path, `${path} ${dice < 0.6 ? 'again' : number} url(images/a.png)`);
        if (dice > 0.5) there.add(path);
      }
      await site.publish();
      const { current } = await site.ledger();
      assert.equal(current?.parent, releases.at(-1)?.id);
      releases.push({ at: current?.at ?? '', id: current?.id ?? '', served: await served() });
    }
    const order = releases.map((release) => ({ release, dice: random() })).sort((one, other) => one.dice - other.dice);
    for (const { release } of order) {
      await site.rollback(release.at);
      assert.deepEqual(await served(), release.served);
      await atEdges(release.served);
      const { current, publishing } = await site.ledger();
      assert.deepEqual([current?.id, publishing], [release.id, undefined]);
      // Nothing is left to do, and the server knows that.
      assert.deepEqual((await site.planRollback(current?.at ?? '')).plan, []);
    }
    assert.equal((await site.ledger()).former.length, 9);
  });

  it('says what it brings back and removes, and does it in the order of a publication', async () => {
    const at = await publishTwo();
    await controlPlane().send('DELETE', 'calls');
    const { plan, release, removed, target } = await site.planRollback(at);
    assert.equal(target.distribution.domain, site.domain);
    assert.equal(release.at, at);
    assert.deepEqual(removed, ['images/b.png', 'new.html']);
    assert.deepEqual(words(plan), ['turn', 'keep', 'upload', 'pages', 'remove', 'invalidate', 'release']);
    const titles = stepsOf(plan).map(({ title }) => title);
    assert.match(titles[0] ?? '', /^bring back the release of 20\d\d-\d\d-\d\d \d\d:\d\d UTC by arn:aws:\S+$/);
    assert.ok(titles.includes('bring back images/a.png'));
    assert.ok(titles.includes('bring back 1 page on the server'));
    await run(plan, newOp());
    assert.deepEqual(
      (await changes()).filter((call) => !/_sitelift\/(files|bundles)\//.test(call)),
      [
        'PutObject _sitelift/ledger.json',
        'CopyObject site/images/a.png',
        'DeleteObjects',
        'CreateInvalidation',
        'PutObject _sitelift/ledger.json',
      ],
    );
    assert.deepEqual(await invalidated(), [['/images/a.png', '/images/b.png']]);
    assert.deepEqual(site.server.fetched.at(-1), ['-new.html', 'index.html']);
  });

  it('can be brought back from itself, and tells whose release it restores', async () => {
    const at = await publishTwo();
    const [second, now] = [await served(), await currentAt()];
    await site.rollback(at);
    const first = await site.ledger();
    assert.deepEqual([first.current?.restores, first.current?.counts], [at, { added: 0, changed: 2, removed: 2 }]);
    await site.rollback(now);
    assert.deepEqual(await served(), second);
    assert.equal((await site.ledger()).current?.restores, now);
    await site.rollback(first.current?.at ?? '');
    assert.equal((await site.ledger()).current?.restores, at);
  });

  it('is told from the others by when it was published, also where a clock was put back', async () => {
    await publishTwo();
    const { current } = await site.ledger();
    const ahead = new Date(Date.now() + 60_000).toISOString();
    await site.store(LEDGER, JSON.stringify({ ...(await site.ledger()), current: { ...current, at: ahead } }));
    for (const text of ['3', '4']) {
      await site.put('index.html', text);
      await site.publish();
    }
    const after = await site.ledger();
    const times = [after.current, ...after.former].map((release) => release?.at ?? '');
    assert.equal(times[2], ahead);
    assert.deepEqual([...new Set(times)].sort().reverse(), times);
    await site.rollback(times[1] ?? '');
    assert.equal(site.server.pages.get('index.html'), '3');
  });

  it('leaves the folder to be published again, whose release it replaced', async () => {
    const at = await publishTwo();
    const second = await served();
    await site.rollback(at);
    await site.forget();
    assert.deepEqual(await site.publish(), ['turn', 'keep', 'upload', 'pages', 'invalidate', 'release']);
    assert.deepEqual(await served(), second);
    await atEdges(second);
    assert.deepEqual(await site.publish(), []);
  });

  it('brings back all pages to another server', async () => {
    const at = await publishTwo();
    site.server.instanceId = 'i-0fedcba9876543210';
    for (const map of [site.server.pages, site.server.list]) map.clear();
    [site.server.release, site.server.settings] = [undefined, undefined];
    await site.rollback(at);
    assert.deepEqual([...site.server.pages.keys()], ['index.html']);
    assert.match(site.server.pages.get('index.html') ?? '', / 1$/);
  });

  it('is refused when it was made for another distribution, whose address its pages name', async () => {
    const at = await publishTwo();
    const ledger = await site.ledger();
    const former = ledger.former.map((release) => ({ ...release, id: 'd'.repeat(40) }));
    await site.store(LEDGER, JSON.stringify({ ...ledger, former }));
    await assert.rejects(site.planRollback(at), /was made for another distribution.*Nothing was changed/);
  });

  it('keeps what Upload to CDN has put there', async () => {
    const at = await publishTwo();
    await site.put('images/mine.png', 'mine');
    await site.upload('images/mine.png');
    await site.rollback(at);
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png', 'site/images/mine.png']);
  });

  it('is done to the end after it was cut short, by whoever asks for it again', async () => {
    const at = await publishTwo();
    for (const fails of ['before', 'after'] as const) {
      const now = await currentAt();
      site.server.failsNext = fails;
      await assert.rejects(site.rollback(at), /busy/);
      const { plan } = await site.planRollback(at, { origin: ELSEWHERE });
      await run(plan, newOp());
      assert.equal(site.server.pages.get('index.html')?.endsWith(' 1'), true);
      assert.equal(await site.edge('images/a.png'), 'a 1');
      assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
      await site.rollback(now);
    }
  });

  it('is refused by name when bytes of it are not in the bucket any more, and then changes nothing', async () => {
    const at = await publishTwo();
    const [file] = await site.keys('_sitelift/files/');
    const bundles = await site.keys('_sitelift/bundles/');
    const before = await served();
    const refused = async (...lost: readonly string[]) => {
      await controlPlane().send('DELETE', 'calls');
      await assert.rejects(site.rollback(at), (error: Error) => {
        assert.match(error.message, /^The release of .* cannot be brought back whole: .* Nothing was changed\./);
        assert.deepEqual(
          Array.from(error.message.matchAll(/“(.*?)”/g), ([, path]) => path),
          lost,
        );
        return true;
      });
      assert.deepEqual(await changes(), []);
      assert.deepEqual(await served(), before);
    };
    await assert.rejects(site.planRollback('2020-01-01T00:00:00.000Z'), /No release of 2020-01-01 00:00 UTC is kept/);
    const { plan } = await site.planRollback(at);
    await deleteKeys(site.context, [file ?? ''], newOp());
    await refused('images/a.png');
    for (const bundle of bundles) await deleteKeys(site.context, [bundle], newOp());
    await refused('images/a.png', 'index.html');
    // One that was planned before ends short of the pages, and publishing puts all in order.
    await assert.rejects(run(plan, newOp()), /“images\/a\.png” had then are not in the bucket any more/);
    assert.deepEqual(site.server.pages, before.pages);
    await site.publish();
    assert.deepEqual(await served(), before);
  });

  it('is refused by name when other hands have changed what was to stay', async () => {
    await site.publish();
    const at = await currentAt();
    await site.put('index.html', '2');
    await site.publish();
    await site.store('site/images/a.png', 'theirs');
    site.server.instanceId = 'i-0fedcba9876543210';
    await assert.rejects(site.rollback(at), /“images\/a\.png” is not in the bucket any more\. Nothing was changed/);
    assert.equal((await site.ledger()).publishing, undefined);
  });
});
