import { HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { rewriterFor } from '../../../src/core/html/rewriter';
import { bucketName } from '../../../src/core/names';
import { isUserError } from '../../../src/core/op';
import { run, stepsOf } from '../../../src/core/plan';
import { deleteKeys } from '../../../src/core/publish/former';
import type { Material } from '../../../src/core/publish/planPublish';
import { hashedName } from '../../../src/core/release/hashedName';
import { controlPlane, newOp, refuse } from '../sandbox';
import { sha256 } from './bundling';
import { asked, changes, invalidated, newPublishDriver, words, type PublishDriver } from './publishDriver';

const PAGE = '<img src="images/a.png">';
const LARGE = 'x'.repeat(40_000);
const LASTING = 'public, max-age=31536000, immutable';

describe('publishing with hashed names', function () {
  this.timeout(300_000);
  let site: PublishDriver;
  let hashed: Context;

  const newSite = async (files: Record<string, string>) => {
    site = await newPublishDriver(files);
    hashed = { ...site.context, site: { ...site.context.site, assets: { naming: 'hashed' } } };
  };
  beforeEach(async () => {
    await newSite({ 'index.html': PAGE, 'images/a.png': 'a 1' });
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => site.remove());

  const publish = (material: Partial<Material> = {}) => site.publish(newOp(), material, hashed);
  const named = (path: string, content: string) => hashedName(path, sha256(content));
  const url = (path: string) => `https://${site.domain}/${path}`;
  const page = (path = 'index.html') => site.server.pages.get(path);
  const headersOf = async (path: string) => {
    const where = { Bucket: bucketName(site.context.site), Key: `site/${path}` };
    const head = await site.context.clients.s3.send(new HeadObjectCommand(where));
    return [head.ContentType, head.CacheControl, head.Metadata?.['sha256'], head.ServerSideEncryption];
  };
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
    const { plan } = await site.plan({}, hashed);
    const [, upload] = stepsOf(plan);
    const name = named('images/a.png', 'a 1');
    assert.match(name, /^images\/a\.[\da-f]{16}\.png$/);
    assert.equal(upload?.title, 'upload 1 asset and store 1 hashed name');
    assert.deepEqual(upload?.items, ['upload images/a.png (new)', `store ${name} (hashed name)`]);
    await run(plan, newOp());
    assert.deepEqual(words(plan), ['turn', 'upload', 'pages', 'release']);
    assert.equal(page(), `<img src="${url(name)}">`);
    assert.deepEqual(await site.keys('site/'), [`site/${name}`, 'site/images/a.png']);
    for (const path of [name, 'images/a.png']) assert.equal(await site.edge(path), 'a 1');
    assert.deepEqual(await headersOf(name), ['image/png', LASTING, sha256('a 1'), 'AES256']);
    assert.match(String((await headersOf('images/a.png'))[1]), /max-age=300,/);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 2, changed: 0, removed: 0 });
  });

  it('asks two small questions when nothing has changed, and reads no file', async () => {
    await publish();
    site.hashed.length = 0;
    await controlPlane().send('DELETE', 'calls');
    const { pressed, rewriteFor } = pressing();
    assert.deepEqual(await publish({ rewriteFor }), []);
    assert.deepEqual((await asked()).sort(), ['GetDistribution', 'GetObject _sitelift/ledger.json']);
    assert.deepEqual([site.hashed, pressed], [[], []]);
  });

  it('gives a changed image another name, leaves the former object, and has the edges forget the own name alone', async () => {
    await publish();
    await site.put('images/a.png', 'a 2');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await publish(), ['turn', 'keep', 'upload', 'pages', 'invalidate', 'release']);
    const [one, two] = [named('images/a.png', 'a 1'), named('images/a.png', 'a 2')];
    assert.equal(page(), `<img src="${url(two)}">`);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.deepEqual(await Promise.all([one, two, 'images/a.png'].map(site.edge)), ['a 1', 'a 2', 'a 2']);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 0, changed: 2, removed: 0 });
    assert.deepEqual(await publish(), []);
  });

  it('presses those pages and style sheets again that refer to the changed image, and no others', async () => {
    await site.put('other.html', '<img src="images/b.png">');
    await site.put('site.css', 'a{b:url(images/a.png)}');
    await site.put('plain.css', 'a{b:url(images/none.png)}');
    await site.put('images/b.png', 'b');
    await publish();
    for (const [change, wanted] of [
      ['images/a.png', ['index.html', 'site.css']],
      ['images/b.png', ['other.html']],
    ] as const) {
      await site.put(change, 'changed');
      const { pressed, rewriteFor } = pressing();
      await publish({ rewriteFor });
      assert.deepEqual(pressed.sort(), wanted);
      assert.deepEqual(site.server.fetched.at(-1), wanted);
    }
    assert.equal(page('site.css'), `a{b:url(${url(named('images/a.png', 'changed'))})}`);
    // Two images that change places are other images, though the same hashes are there.
    await site.put('images/a.png', 'one');
    await site.put('images/b.png', 'two');
    await publish();
    await site.put('images/a.png', 'two');
    await site.put('images/b.png', 'one');
    await publish();
    assert.equal(page('other.html'), `<img src="${url(named('images/b.png', 'one'))}">`);
  });

  it('leaves an image that is gone to be loaded under its hashed name by the releases that have it', async () => {
    await site.put('images/b.png', 'b');
    await publish();
    await site.drop('images/b.png');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await publish(), ['turn', 'keep', 'remove', 'invalidate', 'release']);
    assert.deepEqual(await invalidated(), [['/images/b.png']]);
    assert.deepEqual(await site.keys('site/images/b'), [`site/${named('images/b.png', 'b')}`]);
    assert.deepEqual((await site.ledger()).current?.counts, { added: 0, changed: 0, removed: 1 });
  });

  it('asks about removals by the own names alone, of which hashed ones make no more', async () => {
    for (let image = 0; image < 60; image += 1) await site.put(`images/${image}.png`, `${image}`);
    for (let other = 0; other < 50; other += 1) await site.put(`${other}.txt`, `${other}`);
    await publish();
    for (let image = 0; image < 12; image += 1) await site.drop(`images/${image}.png`);
    const { plan, removed } = await site.plan({}, hashed);
    assert.deepEqual([removed.length, stepsOf(plan)[0]?.loses], [12, 'files']);
  });

  it('copies larger images in the bucket, whose bytes travel once, and sends them again where that fails', async () => {
    await site.put('images/a.png', LARGE);
    await publish();
    const name = named('images/a.png', LARGE);
    const stored = (await changes()).filter((call) => call.includes(' site/'));
    assert.deepEqual(stored, ['PutObject site/images/a.png', `CopyObject site/${name}`]);
    assert.equal(await site.edge(name), LARGE);
    assert.deepEqual(await headersOf(name), ['image/png', LASTING, sha256(LARGE), 'AES256']);
    await deleteKeys(site.context, ['site/images/a.png', `site/${name}`], newOp());
    await publish({ isWhole: true });
    assert.deepEqual(await Promise.all([name, 'images/a.png'].map(site.edge)), [LARGE, LARGE]);
    // Other hands change the image between the plan and the copy.
    await publish({ isWhole: true });
    await deleteKeys(site.context, [`site/${name}`], newOp());
    const { plan } = await site.plan({ isWhole: true }, hashed);
    await site.store('site/images/a.png', 'theirs');
    await run(plan, newOp());
    assert.equal(await site.edge(name), LARGE);
    assert.deepEqual(await headersOf(name), ['image/png', LASTING, sha256(LARGE), 'AES256']);
  });

  it('sends many small images in two requests each and reads each once, and none of them when another has changed', async () => {
    await site.remove();
    await newSite({ 'index.html': PAGE });
    const count = 300;
    for (let image = 0; image < count; image += 1) await site.put(`images/${image}.png`, `${image}`);
    await site.put('images/a.png', 'a');
    await controlPlane().send('DELETE', 'calls');
    await publish();
    const puts = (await changes()).filter((call) => call.startsWith('PutObject site/'));
    assert.equal(puts.length, 2 * (count + 1));
    assert.equal(site.hashed.length, count + 1);
    await site.put('images/a.png', 'another');
    site.hashed.length = 0;
    await controlPlane().send('DELETE', 'calls');
    await publish();
    assert.deepEqual(site.hashed, ['images/a.png']);
    assert.deepEqual(
      (await changes()).filter((call) => call.startsWith('PutObject site/')).sort(),
      ['images/a.png', named('images/a.png', 'another')].map((path) => `PutObject site/${path}`).sort(),
    );
  });

  it('takes names with spaces, percent signs and other letters, and two files of the same bytes', async () => {
    const paths = ['50% off/a b.png', 'ä/日本.webp', "it's (1).png", 'a.tar.png', 'x#y?z.png', 'same.png'];
    const html = (to: (path: string) => string) => paths.map((path) => `<img src="${to(path)}">`).join('');
    const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/');
    await site.put('index.html', html(encoded));
    for (const path of paths) await site.put(path, 'the same');
    await publish();
    const sources = Array.from((page() ?? '').matchAll(/src="https:\/\/[^/]+\/(.*?)"/g), ([, path = '']) => path);
    assert.deepEqual(
      sources.map(decodeURIComponent),
      paths.map((path) => named(path, 'the same')),
    );
    for (const path of paths) assert.equal(await site.edge(named(path, 'the same')), 'the same');
    assert.deepEqual(await publish(), []);
  });

  it('keeps pages to the own name of an image whose hashed one is too long for S3', async () => {
    const path = `${`${'d'.repeat(250)}/`.repeat(4)}a.png`;
    await site.put(path, 'far');
    await site.put('index.html', `<img src="${path}"><img src="images/a.png">`);
    await publish();
    assert.equal(page(), `<img src="${url(path)}"><img src="${url(named('images/a.png', 'a 1'))}">`);
    assert.deepEqual(await publish(), []);
  });

  it('refuses a file whose own name is one that pages use, of this release or of a kept one, and writes nothing', async () => {
    const [one, two] = [named('images/a.png', 'a 1'), named('images/a.png', 'a 2')];
    const refused = async (path: string, doing: () => Promise<unknown>) => {
      const before = await site.keys();
      await assert.rejects(doing, (error: Error) => {
        assert.ok(isUserError(error));
        assert.equal(
          error.message,
          `“${path}” is the name under which published pages load “images/a.png”, so no other file can have it. Give that file another name, or remove it, and try again.`,
        );
        return true;
      });
      assert.deepEqual(await site.keys(), before);
    };
    await site.put(one, 'a stranger');
    await refused(one, publish);
    await site.drop(one);
    await publish();
    await site.put('images/a.png', 'a 2');
    await publish();
    for (const path of [one, two]) {
      await site.put(path, 'a stranger');
      await refused(path, publish);
      await refused(path, () => site.publish());
      await refused(path, () => site.upload(path));
      await site.drop(path);
    }
    // A file that is only called so is a file as any other.
    const alike = 'images/a.0123456789abcdef.png';
    await site.put(alike, 'alike');
    await site.put('index.html', `<img src="${alike}">`);
    await publish();
    assert.equal(page(), `<img src="${url(named(alike, 'alike'))}">`);
    await site.drop(alike);
    await publish();
    assert.deepEqual(await site.keys(`site/${alike}`), []);
  });

  it('puts right what other hands did to a hashed name, and then has the edges forget it', async () => {
    await publish();
    const name = named('images/a.png', 'a 1');
    assert.equal(await site.edge(name), 'a 1');
    await site.store(`site/${name}`, 'theirs');
    await controlPlane().send('DELETE', 'calls');
    await publish({ isWhole: true });
    assert.deepEqual(await invalidated(), [[`/${name}`]]);
    assert.equal(await site.text(`site/${name}`), 'a 1');
    await deleteKeys(site.context, [`site/${name}`], newOp());
    await publish({ isWhole: true });
    assert.equal(await site.text(`site/${name}`), 'a 1');
  });

  it('sends no page before all names that it uses are stored, and converges on the next run', async () => {
    await publish();
    const before = page();
    await site.put('images/a.png', LARGE);
    // The first copy keeps the former bytes, the second one makes the name.
    await refuse('s3', 'CopyObject', 'AccessDenied', 403);
    await assert.rejects(publish());
    assert.equal(page(), before);
    await publish();
    await site.put('images/a.png', `${LARGE} again`);
    const { plan } = await site.plan({}, hashed);
    const fault = { service: 's3', action: 'CopyObject', kind: 'error', nth: 2, code: 'AccessDenied', status: 403 };
    await controlPlane().send('POST', 'faults', { ...fault, message: 'not now' });
    await assert.rejects(run(plan, newOp()), /not now|AccessDenied/);
    await controlPlane().send('DELETE', 'faults');
    assert.equal(page(), `<img src="${url(named('images/a.png', LARGE))}">`);
    await publish();
    assert.equal(page(), `<img src="${url(named('images/a.png', `${LARGE} again`))}">`);
    assert.equal(await site.edge(named('images/a.png', `${LARGE} again`)), `${LARGE} again`);
    assert.deepEqual(await publish(), []);
  });

  it('lets Upload to CDN store the own name alone', async () => {
    await publish();
    await site.put('images/a.png', 'a 2');
    await site.put('images/new.png', 'new');
    await site.upload('images/a.png', 'images/new.png');
    assert.deepEqual(await site.keys('site/'), [
      `site/${named('images/a.png', 'a 1')}`,
      ...['site/images/a.png', 'site/images/new.png'],
    ]);
    assert.equal(await site.edge('images/a.png'), 'a 2');
    await publish();
    assert.equal(page(), `<img src="${url(named('images/a.png', 'a 2'))}">`);
  });
});
