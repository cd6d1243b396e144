import assert from 'node:assert/strict';
import { createClients } from '../../../../src/core/aws/clients';
import type { Context } from '../../../../src/core/context';
import { run, stepsOf } from '../../../../src/core/plan';
import { deleteKeys } from '../../../../src/core/publish/assets/former';
import { ownHashedKeys } from '../../../../src/core/publish/assets/hashedNames';
import { verifySite } from '../../../../src/core/publish/live/verifySite';
import { NO_CACHE } from '../../../../src/core/release/localCache';
import { controlPlane, newOp } from '../../sandbox';
import { LARGE, named, newHashedDriver } from '../hashedDriver';
import { changes, invalidated, LEDGER, words, type PublishDriver } from '../publishDriver';

/** In seconds. */
const DAYS = 24 * 3600;

describe('releases with hashed names', function () {
  this.timeout(300_000);
  let site: PublishDriver;
  let hashed: Context;

  beforeEach(async () => {
    ({ site, hashed } = await newHashedDriver({ 'index.html': '<img src="images/a.png">', 'images/a.png': 'a 1' }));
  });
  afterEach(async () => {
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    await site.remove();
  });

  const publish = (by = hashed) => site.publish(newOp(), {}, by);
  const at = async () => (await site.ledger()).current?.at ?? assert.fail('nothing is published');
  /** What readers get: the pages, each image that a page names by its URL, and the own names. */
  const served = async () => {
    const pages = new Map([...site.server.pages].sort());
    const urls = [...pages.values()].flatMap((text) =>
      Array.from(text.matchAll(/https:\/\/[^/]+\/([^"]+)/g), ([, path = '']) => path),
    );
    const own = (await site.keys('site/'))
      .map((key) => key.slice('site/'.length))
      .filter((path) => !/\.[\da-f]{16}\./.test(path));
    const images = await Promise.all([...urls, ...own].map(async (path) => [path, await site.edge(path)] as const));
    return { pages, images };
  };
  /** Publishes when all that lies in the bucket is two days old by AWS's clock. */
  const publishInTwoDays = async () => {
    const { ec2, ssm } = site.context.clients;
    const clients = { ...createClients({ region: site.context.site.region }), ec2, ssm };
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 2 * DAYS });
    const { plan } = await site.plan({}, { ...hashed, clients });
    await run(plan, newOp());
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    return words(plan);
  };

  it('are made of plain ones and made plain again in one publication each, which sends no image anew', async () => {
    const name = named('images/a.png', 'a 1');
    await publish(site.context);
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await publish(), ['turn', 'upload', 'pages', 'release']);
    assert.deepEqual(
      (await changes()).filter((call) => call.includes(' site/')),
      [`PutObject site/${name}`],
    );
    assert.deepEqual(await invalidated(), []);
    assert.equal(site.server.pages.get('index.html'), `<img src="https://${site.domain}/${name}">`);
    assert.deepEqual(await publish(), []);
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await publish(site.context), ['turn', 'pages', 'release']);
    assert.deepEqual(
      (await changes()).filter((call) => /site\/|Invalidation|Delete/.test(call)),
      [],
    );
    assert.equal(site.server.pages.get('index.html'), `<img src="https://${site.domain}/images/a.png">`);
    // The release before has it still.
    assert.deepEqual(await site.keys('site/'), [`site/${name}`, 'site/images/a.png']);
    assert.deepEqual(await publish(site.context), []);
  });

  it('are each served again to the byte in any order, among plain ones', async () => {
    const releases: { readonly at: string; readonly served: unknown }[] = [];
    const steps: readonly (readonly [Context, Record<string, string | undefined>])[] = [
      [hashed, {}],
      [hashed, { 'images/a.png': 'a 2', 'images/b.png': 'b' }],
      [site.context, { 'index.html': '<img src="images/a.png"><img src="images/b.png">' }],
      [hashed, { 'images/a.png': 'a 1' }],
      [hashed, { 'images/b.png': undefined }],
      [site.context, {}],
      [hashed, { 'images/a.png': LARGE, 'images/b.png': 'b 2' }],
    ];
    for (const [by, files] of steps) {
      for (const [path, content] of Object.entries(files)) {
        await (content === undefined ? site.drop(path) : site.put(path, content));
      }
      await publish(by);
      releases.push({ at: await at(), served: await served() });
    }
    for (const index of [3, 0, 5, 6, 2, 4, 1, 5, 0, 6]) {
      const release = releases[index] ?? assert.fail();
      await site.rollback(release.at);
      assert.deepEqual(await served(), release.served, `release ${index}`);
      assert.deepEqual((await site.planRollback(await at())).plan, []);
    }
    await site.forget();
    await publish();
    assert.deepEqual(await served(), releases.at(-1)?.served);
    assert.deepEqual(await publish(), []);
  });

  it('are brought back without a copy of what never went away, and no edge is asked to forget it', async () => {
    await publish();
    const first = await at();
    await site.put('images/a.png', 'a 2');
    await publish();
    await controlPlane().send('DELETE', 'calls');
    const { plan, removed } = await site.planRollback(first);
    assert.deepEqual([words(plan), removed], [['turn', 'keep', 'upload', 'pages', 'invalidate', 'release'], []]);
    assert.ok(stepsOf(plan).some(({ title }) => title === 'bring back images/a.png'));
    await run(plan, newOp());
    assert.deepEqual(
      (await changes()).filter((call) => call.includes(' site/')),
      ['CopyObject site/images/a.png'],
    );
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
  });

  it('are brought back though other hands took a hashed name away, as long as its bytes are kept', async () => {
    await publish();
    const first = await at();
    const name = named('images/a.png', 'a 1');
    await site.put('images/a.png', 'a 2');
    await publish();
    for (const spoil of [
      () => deleteKeys(hashed, [`site/${name}`], newOp()),
      () => site.store(`site/${name}`, 'theirs'),
    ]) {
      const now = await at();
      await spoil();
      await site.edge(name);
      await controlPlane().send('DELETE', 'calls');
      await site.rollback(first);
      assert.ok((await invalidated()).flat().includes(`/${name}`));
      assert.equal(await site.text(`site/${name}`), 'a 1');
      assert.equal(await site.edge(name), 'a 1');
      await site.rollback(now);
    }
  });

  it('keep their names in the bucket, and only those, once no other release is kept', async () => {
    // What lies beside it looks alike: an own name of a file, one that Upload to CDN put there, and one of other hands.
    const alike = 'images/own.0123456789abcdef.png';
    const uploaded = named('images/up.png', 'up');
    await site.put(alike, 'alike');
    for (let number = 1; number <= 4; number += 1) {
      await site.put('images/a.png', `a ${number}`);
      await publish();
    }
    await site.put(uploaded, 'up');
    await site.upload(uploaded);
    await site.drop(uploaded);
    await site.store('site/images/theirs.0123456789abcdef.png', 'theirs');
    const name = (number: number) => `site/${named('images/a.png', `a ${number}`)}`;
    const { former, ...ledger } = await site.ledger();
    assert.equal(former.length, 3);
    // Whatever a name looks like, what was uploaded stays.
    const lasting = former[1]?.changes.assets.find(([path]) => `site/${path}` === name(2)) ?? assert.fail();
    const some = { uploaded: [...ledger.uploaded, lasting], former: former.slice(0, 1) };
    await site.store(LEDGER, JSON.stringify({ ...ledger, ...some, toSweep: true }));
    const before = await site.keys('site/');
    assert.deepEqual(
      (await ownHashedKeys(site.context, before, newOp())).sort(),
      [1, 2, 3, 4]
        .map(name)
        .concat(`site/${named(alike, 'alike')}`)
        .sort(),
    );
    await site.put('images/a.png', 'a 5');
    assert.ok((await publish()).includes('sweep'));
    // What is younger than a day may belong to a publication that goes on.
    assert.deepEqual(await site.keys('site/'), [...before, name(5)].sort());
    await site.store(LEDGER, JSON.stringify({ ...(await site.ledger()), toSweep: true }));
    await site.put('images/a.png', 'a 6');
    assert.ok((await publishInTwoDays()).includes('sweep'));
    assert.deepEqual(await site.keys('site/'), [...before, name(5), name(6)].filter((key) => key !== name(1)).sort());
    for (const release of (await site.ledger()).former) {
      await site.rollback(release.at);
      const [, url = ''] = /https:\/\/[^/]+\/([^"]+)/.exec(site.server.pages.get('index.html') ?? '') ?? [];
      assert.equal(await site.edge(url), await site.edge('images/a.png'));
    }
  });

  it('are verified with their names, those of earlier ones are no strangers, and what only looks alike is', async () => {
    await publish();
    await site.put('images/a.png', 'a 2');
    await publish();
    const verify = () => verifySite(site.context, NO_CACHE, newOp());
    const none = { count: 0, paths: [] };
    const { isWhole, changed, missing, headers, other } = await verify();
    assert.deepEqual([isWhole, changed, missing, headers, other], [true, none, none, none, none]);
    const name = named('images/a.png', 'a 2');
    await site.store('site/images/b.0123456789abcdef.png', 'theirs');
    await site.store(`site/${name}`, 'theirs');
    const now = await verify();
    assert.deepEqual(now.other.paths, ['images/b.0123456789abcdef.png (in the bucket)']);
    assert.deepEqual([now.isWhole, now.changed.paths], [false, [`${name} (in the bucket)`]]);
  });
});
