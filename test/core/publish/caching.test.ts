import { HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import type { Caching } from '../../../src/core/publish/caching';
import { controlPlane, newOp } from '../sandbox';
import { changes, invalidated, newPublishDriver, type PublishDriver } from './publishDriver';

const USUAL = 'public, max-age=300, s-maxage=31536000';

describe('caching of assets by pattern', function () {
  this.timeout(120_000);
  let site: PublishDriver;
  before(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a', 'images/b.png': 'b', 'c.pdf': 'c' });
  });
  after(() => site.remove());

  const cachedBy = (caching: Caching): Context => {
    const { context } = site;
    return { ...context, site: { ...context.site, publish: { ...context.site.publish, caching } } };
  };
  const headerOf = async (path: string) => {
    const place = { Bucket: bucketName(site.context.site), Key: `site/${path}` };
    const { CacheControl, ContentType, Metadata } = await site.context.clients.s3.send(new HeadObjectCommand(place));
    assert.equal(Metadata?.['sha256']?.length, 64);
    assert.notEqual(ContentType, '');
    return CacheControl;
  };
  const headers = () => Promise.all(['images/a.png', 'images/b.png', 'c.pdf'].map(headerOf));
  const publish = async (by: Context) => {
    await controlPlane().send('DELETE', 'calls');
    site.hashed.length = 0;
    const { plan } = await site.plan({}, by);
    await run(plan, newOp());
    return stepsOf(plan).flatMap(({ items, title }) => [title, ...(items ?? [])]);
  };

  it('is stored with those that match, and with the usual one else', async () => {
    await publish(cachedBy([{ files: 'c.pdf', cacheControl: 'no-cache' }]));
    assert.deepEqual(await headers(), [USUAL, USUAL, 'no-cache']);
  });

  it('is changed where the assets lie, which are neither read nor sent again, and told to the edges', async () => {
    const by = cachedBy([{ files: 'images/', cacheControl: 'public, max-age=86400' }]);
    const titles = await publish(by);
    assert.deepEqual(titles.slice(2, 6), [
      'serve 3 assets under other headers',
      'serve c.pdf under other headers',
      'serve images/a.png under other headers',
      'serve images/b.png under other headers',
    ]);
    assert.deepEqual(await headers(), ['public, max-age=86400', 'public, max-age=86400', USUAL]);
    assert.deepEqual(site.hashed, []);
    const stored = (await changes()).filter((call) => /Object site\//.test(call));
    assert.deepEqual(
      stored.sort(),
      ['c.pdf', 'images/a.png', 'images/b.png'].map((path) => `CopyObject site/${path}`),
    );
    assert.deepEqual(await invalidated(), [['/c.pdf', '/images/a.png', '/images/b.png']]);
    assert.equal(await site.edge('c.pdf'), 'c');
    assert.deepEqual(await publish(by), []);
  });

  it('is brought back with an earlier release', async () => {
    const [first] = (await site.ledger()).former;
    await site.rollback(first?.at ?? '');
    assert.deepEqual(await headers(), [USUAL, USUAL, 'no-cache']);
  });

  it('is sent with an asset that has other bytes, or that others have changed meanwhile', async () => {
    const by = cachedBy([{ files: '*.p*', cacheControl: 'no-store' }]);
    await site.put('images/a.png', 'A');
    const { plan } = await site.plan({}, by);
    await site.store('site/images/b.png', 'theirs');
    await run(plan, newOp());
    assert.deepEqual(await headers(), ['no-store', 'no-store', 'no-store']);
    assert.equal(await site.text('site/images/b.png'), 'b');
  });
});
