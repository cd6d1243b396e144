import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { rewriterFor } from '../../../../src/core/html/rewriter';
import { run, stepsOf } from '../../../../src/core/plan';
import { deleteKeys } from '../../../../src/core/publish/assets/former';
import { hashNow } from '../../../../src/core/publish/local/hashNow';
import { hashedNames } from '../../../../src/core/publish/assets/hashedNames';
import type { Material } from '../../../../src/core/publish/planPublish';
import { controlPlane, newOp } from '../../sandbox';
import { sha256 } from '../pages/bundling';
import { LARGE, LASTING, named, newHashedDriver, type HashedDriver } from '../hashedDriver';
import { asked, changes, invalidated, words, type PublishDriver } from '../publishDriver';

const FILE = { absolutePath: '/a.png', sizeBytes: 1, modifiedMs: 0, inode: 1, contentType: 'image/png' };
const PAGE = '<img src="images/a.png">';

describe('publishing with hashed names', function () {
  this.timeout(300_000);
  let driver: HashedDriver;
  let site: PublishDriver;

  beforeEach(async () => {
    driver = await newHashedDriver({ 'index.html': PAGE, 'images/a.png': 'a 1' });
    ({ site } = driver);
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => site.remove());

  /** What a publication rewrites, and with which names. */
  const pressing = () => {
    const pressed: string[] = [];
    const rewriteFor: Material['rewriteFor'] = (domain, assets, names) => {
      const rewrite = rewriterFor(domain, assets, names);
      return (bytes, path) => {
        pressed.push(path);
        return Promise.resolve(rewrite(bytes, path));
      };
    };
    return { pressed, rewriteFor };
  };

  it('lets pages name images by their content, stores these before the pages, and their own names too', async () => {
    const { plan } = await site.plan({}, driver.hashed);
    const [, upload] = stepsOf(plan);
    const name = named('images/a.png', 'a 1');
    assert.match(name, /^images\/a\.[\da-f]{16}\.png$/);
    assert.equal(upload?.title, 'upload 1 asset and store 1 hashed name');
    assert.deepEqual(upload?.items, ['upload images/a.png (new)', `store ${name} (hashed name)`]);
    await run(plan, newOp());
    assert.deepEqual(words(plan), ['turn', 'upload', 'pages', 'release']);
    assert.equal(driver.page(), `<img src="${driver.url(name)}">`);
    assert.deepEqual(await site.keys('site/'), [`site/${name}`, 'site/images/a.png']);
    for (const path of [name, 'images/a.png']) assert.equal(await site.edge(path), 'a 1');
    assert.deepEqual(await driver.headersOf(name), ['image/png', LASTING, sha256('a 1'), 'AES256']);
    assert.match(String((await driver.headersOf('images/a.png'))[1]), /max-age=300,/);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 2, changed: 0, removed: 0 });
  });

  it('lets others work between comparing assets, naming them, and planning what to do with them', async () => {
    let [turn, isOver] = [0, false];
    const turning = (async () => {
      for (; !isOver; turn += 1) await nextTurn();
    })();
    const seen = { compared: NaN, named: NaN, planned: new Set<number>() };
    const material: Partial<Material> = {
      hash: (files) => {
        seen.compared = turn;
        return Promise.resolve(files.map(hashNow));
      },
      rewriteFor: (domain, assets, names) => {
        seen.named = turn;
        const rewrite = rewriterFor(domain, assets, names);
        return (bytes, path) => {
          seen.planned.clear();
          return Promise.resolve(rewrite(bytes, path));
        };
      },
    };
    // Whatever looks at the site after the pages were made plans something.
    const by = {
      ...driver.hashed,
      get site() {
        seen.planned.add(turn);
        return driver.hashed.site;
      },
    };
    await site.plan(material, by);
    isOver = true;
    await turning;
    assert.ok(seen.named - seen.compared >= 2, `${seen.named - seen.compared} turns from comparing to pages`);
    assert.ok(seen.planned.size >= 2, `${seen.planned.size} turns of planning`);
  });

  it('names ten thousand images without counting the bytes of their names', () => {
    const { byteLength } = Buffer;
    const assets = Array.from({ length: 10_000 }, (_, index) => ({ ...FILE, path: `images/${index}.png` }));
    const sums = new Map(assets.map(({ path }) => [path, sha256(path)]));
    let counted = 0;
    Buffer.byteLength = (text) => {
      counted += 1;
      return byteLength(text);
    };
    try {
      assert.equal(hashedNames(assets, sums).size, 10_000);
    } finally {
      Buffer.byteLength = byteLength;
    }
    assert.equal(counted, 0);
  });

  it('asks two small questions when nothing has changed, and reads no file', async () => {
    await driver.publish();
    site.hashed.length = 0;
    await controlPlane().send('DELETE', 'calls');
    const { pressed, rewriteFor } = pressing();
    assert.deepEqual(await driver.publish({ rewriteFor }), []);
    assert.deepEqual((await asked()).sort(), ['GetDistribution', 'GetObject _sitelift/ledger.json']);
    assert.deepEqual([site.hashed, pressed], [[], []]);
  });

  it('gives a changed image another name, leaves the former object, and has the edges forget the own name alone', async () => {
    await driver.publish();
    await site.put('images/a.png', 'a 2');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await driver.publish(), ['turn', 'keep', 'upload', 'pages', 'invalidate', 'release']);
    const [one, two] = [named('images/a.png', 'a 1'), named('images/a.png', 'a 2')];
    assert.equal(driver.page(), `<img src="${driver.url(two)}">`);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.deepEqual(await Promise.all([one, two, 'images/a.png'].map(site.edge)), ['a 1', 'a 2', 'a 2']);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 0, changed: 2, removed: 0 });
    assert.deepEqual(await driver.publish(), []);
  });

  it('presses those pages and style sheets again that refer to the changed image, and no others', async () => {
    await site.put('other.html', '<img src="images/b.png">');
    await site.put('site.css', 'a{b:url(images/a.png)}');
    await site.put('plain.css', 'a{b:url(images/none.png)}');
    await site.put('images/b.png', 'b');
    await driver.publish();
    for (const [change, wanted] of [
      ['images/a.png', ['index.html', 'site.css']],
      ['images/b.png', ['other.html']],
    ] as const) {
      await site.put(change, 'changed');
      const { pressed, rewriteFor } = pressing();
      await driver.publish({ rewriteFor });
      assert.deepEqual(pressed.sort(), wanted);
      assert.deepEqual(site.server.fetched.at(-1), wanted);
    }
    assert.equal(driver.page('site.css'), `a{b:url(${driver.url(named('images/a.png', 'changed'))})}`);
    // Two images that change places are other images, though the same hashes are there.
    await site.put('images/a.png', 'one');
    await site.put('images/b.png', 'two');
    await driver.publish();
    await site.put('images/a.png', 'two');
    await site.put('images/b.png', 'one');
    await driver.publish();
    assert.equal(driver.page('other.html'), `<img src="${driver.url(named('images/b.png', 'one'))}">`);
  });

  it('leaves an image that is gone to be loaded under its hashed name by the releases that have it', async () => {
    await site.put('images/b.png', 'b');
    await driver.publish();
    await site.drop('images/b.png');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await driver.publish(), ['turn', 'keep', 'remove', 'invalidate', 'release']);
    assert.deepEqual(await invalidated(), [['/images/b.png']]);
    assert.deepEqual(await site.keys('site/images/b'), [`site/${named('images/b.png', 'b')}`]);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 0, changed: 0, removed: 1 });
  });

  it('asks about removals by the own names alone, of which hashed ones make no more', async () => {
    for (let image = 0; image < 60; image += 1) await site.put(`images/${image}.png`, `${image}`);
    for (let other = 0; other < 50; other += 1) await site.put(`${other}.txt`, `${other}`);
    await driver.publish();
    for (let image = 0; image < 12; image += 1) await site.drop(`images/${image}.png`);
    const { plan, removed } = await site.plan({}, driver.hashed);
    assert.deepEqual([removed.length, stepsOf(plan)[0]?.loses], [12, 'files']);
  });

  it('copies larger images in the bucket, whose bytes travel once, and sends them again where that fails', async () => {
    await site.put('images/a.png', LARGE);
    await driver.publish();
    const name = named('images/a.png', LARGE);
    const stored = (await changes()).filter((call) => call.includes(' site/'));
    assert.deepEqual(stored, ['PutObject site/images/a.png', `CopyObject site/${name}`]);
    assert.equal(await site.edge(name), LARGE);
    assert.deepEqual(await driver.headersOf(name), ['image/png', LASTING, sha256(LARGE), 'AES256']);
    await deleteKeys(site.context, ['site/images/a.png', `site/${name}`], newOp());
    await driver.publish({ isWhole: true });
    assert.deepEqual(await Promise.all([name, 'images/a.png'].map(site.edge)), [LARGE, LARGE]);
    // Other hands change the image between the plan and the copy.
    await driver.publish({ isWhole: true });
    await deleteKeys(site.context, [`site/${name}`], newOp());
    const { plan } = await site.plan({ isWhole: true }, driver.hashed);
    await site.store('site/images/a.png', 'theirs');
    await run(plan, newOp());
    assert.equal(await site.edge(name), LARGE);
    assert.deepEqual(await driver.headersOf(name), ['image/png', LASTING, sha256(LARGE), 'AES256']);
  });

  it('sends many small images in two requests each and reads each once, and none of them when another has changed', async () => {
    await site.remove();
    driver = await newHashedDriver({ 'index.html': PAGE });
    ({ site } = driver);
    const count = 300;
    for (let image = 0; image < count; image += 1) await site.put(`images/${image}.png`, `${image}`);
    await site.put('images/a.png', 'a');
    await controlPlane().send('DELETE', 'calls');
    await driver.publish();
    const puts = (await changes()).filter((call) => call.startsWith('PutObject site/'));
    assert.equal(puts.length, 2 * (count + 1));
    assert.equal(site.hashed.length, count + 1);
    await site.put('images/a.png', 'another');
    site.hashed.length = 0;
    await controlPlane().send('DELETE', 'calls');
    await driver.publish();
    assert.deepEqual(site.hashed, ['images/a.png']);
    assert.deepEqual(
      (await changes()).filter((call) => call.startsWith('PutObject site/')).sort(),
      ['images/a.png', named('images/a.png', 'another')].map((path) => `PutObject site/${path}`).sort(),
    );
  });

  it('takes names with spaces, percent signs and other letters, and two files of the same bytes', async () => {
    const paths = ['50% off/a b.png', 'ä/日本.webp', "it's (1).png", 'a.tar.png', 'x#y?z.png', 'same.png', 'ö.svg'];
    const html = (to: (path: string) => string) => paths.map((path) => `<img src="${to(path)}">`).join('');
    const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/');
    await site.put('index.html', html(encoded));
    for (const path of paths) await site.put(path, 'the same');
    await driver.publish();
    const sources = Array.from(
      (driver.page() ?? '').matchAll(/src="https:\/\/[^/]+\/(.*?)"/g),
      ([, path = '']) => path,
    );
    assert.deepEqual(
      sources.map(decodeURIComponent),
      paths.map((path) => named(path, 'the same')),
    );
    for (const path of paths) assert.equal(await site.edge(named(path, 'the same')), 'the same');
    // Sprites load from the page's own origin alone.
    assert.deepEqual([...site.server.pages.keys()].sort(), ['index.html', 'ö.svg']);
    assert.deepEqual(await driver.publish(), []);
  });

  it('keeps pages to the own name of an image whose hashed one is too long for S3', async () => {
    const path = `${`${'d'.repeat(250)}/`.repeat(4)}a.png`;
    await site.put(path, 'far');
    await site.put('index.html', `<img src="${path}"><img src="images/a.png">`);
    await driver.publish();
    assert.equal(
      driver.page(),
      `<img src="${driver.url(path)}"><img src="${driver.url(named('images/a.png', 'a 1'))}">`,
    );
    assert.deepEqual(await driver.publish(), []);
  });

  it('gives copies of pages the same names as pages, and stores what they name before them', async () => {
    await site.remove();
    driver = await newHashedDriver({ 'index.html': PAGE, 'images/a.png': 'a 1' }, 'site');
    ({ site } = driver);
    await driver.publish();
    await site.put('images/a.png', 'a 2');
    await controlPlane().send('DELETE', 'calls');
    await driver.publish();
    const name = named('images/a.png', 'a 2');
    const order = (await changes()).filter((call) => call.startsWith('PutObject site/'));
    assert.deepEqual(
      order,
      ['images/a.png', name, 'index.html'].map((path) => `PutObject site/${path}`),
    );
    assert.equal(await site.text('site/index.html'), `<img src="${driver.url(name)}">`);
    assert.ok(!(await invalidated()).flat().includes(`/${name}`));
    assert.deepEqual(await driver.publish(), []);
  });
});
