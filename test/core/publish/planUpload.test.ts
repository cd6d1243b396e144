import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/op';
import { stepsOf } from '../../../src/core/plan';
import { planAssets } from '../../../src/core/publish/planUpload';
import { NO_CACHE } from '../../../src/core/release/localCache';
import { newBucketContext } from '../resources/provisioned';
import { controlPlane, deny, newContext, newOp, refuse } from '../sandbox';
import { changes, HERE, invalidated, newPublishDriver, type PublishDriver } from './publishDriver';

const ASSET = {
  ...{ path: 'a.png', absolutePath: '/nowhere/a.png', sizeBytes: 1234, modifiedMs: 0, inode: 0 },
  contentType: 'image/png',
};
const ASKING = {
  origin: HERE,
  cache: NO_CACHE,
  root: '/nowhere',
  copy: () => Promise.resolve([]),
  hash: () => Promise.resolve(['']),
  send: () => Promise.resolve(),
};

describe('Upload to CDN', function () {
  this.timeout(120_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a', 'images/b.png': 'b' });
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await site.remove();
  });

  it('uploads single assets without a page, tells the edges, and notes what it has put there', async () => {
    assert.deepEqual(await site.upload('images/a.png'), ['turn', 'upload', 'invalidate', 'noted']);
    assert.deepEqual(await changes(), [
      'PutObject _sitelift/ledger.json',
      'PutObject site/images/a.png',
      'CreateInvalidation',
      'PutObject _sitelift/ledger.json',
    ]);
    assert.deepEqual(await invalidated(), [['/images/a.png']]);
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
    const { current, publishing, uploaded } = await site.ledger();
    assert.deepEqual([current, publishing, uploaded.map(([path]) => path)], [undefined, undefined, ['images/a.png']]);
    await site.forget();
    assert.deepEqual(await site.upload('images/a.png'), []);
    assert.deepEqual(site.server.sent, []);
    assert.deepEqual(await site.publish(), ['turn', 'upload', 'pages', 'invalidate', 'release']);
    assert.deepEqual(await site.publish(), []);
  });

  it('keeps the former bytes of what a release has published', async () => {
    await site.publish();
    await site.put('images/a.png', 'A');
    assert.deepEqual(await site.upload('images/a.png'), ['turn', 'keep', 'upload', 'invalidate', 'noted']);
    const [kept] = await site.keys('_sitelift/files/');
    assert.equal(await site.text(kept ?? ''), 'a');
    assert.equal(await site.edge('images/a.png'), 'A');
  });

  it('leaves an image to the next publication as it is there by then', async () => {
    await site.publish();
    await site.put('images/a.png', 'A');
    await site.upload('images/a.png');
    await controlPlane().send('DELETE', 'calls');
    await site.publish();
    assert.ok(!(await changes()).includes('PutObject site/images/a.png'));
    assert.equal(await site.edge('images/a.png'), 'A');
    assert.deepEqual(await site.publish(), []);
  });

  it('does the rest when it was cut short after the upload', async () => {
    await site.publish();
    assert.equal(await site.edge('images/a.png'), 'a');
    await site.put('images/a.png', 'A');
    await refuse('cloudfront', 'CreateInvalidation');
    await assert.rejects(site.upload('images/a.png'), /AccessDenied|not now/);
    assert.deepEqual((await site.ledger()).publishing?.forgets, ['/images/a.png']);
    assert.deepEqual(await site.upload('images/a.png'), ['turn', 'invalidate', 'noted']);
    assert.equal(await site.edge('images/a.png'), 'A');
    assert.deepEqual(
      (await site.ledger()).uploaded.map(([path]) => path),
      ['images/a.png'],
    );
    assert.deepEqual(await site.upload('images/a.png'), []);
    await site.publish();
    assert.deepEqual(await site.publish(), []);
  });

  it('takes over what a publication that was cut short left to the edges, and lets it stay cut short', async () => {
    await site.publish();
    assert.equal(await site.edge('images/b.png'), 'b');
    await site.put('images/b.png', 'B');
    await refuse('cloudfront', 'CreateInvalidation');
    await assert.rejects(site.publish(), /AccessDenied|not now/);
    await controlPlane().send('DELETE', 'calls');
    await site.put('images/a.png', 'A');
    await site.upload('images/a.png');
    assert.deepEqual(await invalidated(), [['/images/b.png', '/images/a.png']]);
    assert.equal(await site.edge('images/b.png'), 'B');
    const { publishing } = await site.ledger();
    assert.deepEqual([publishing?.isOver, publishing?.forgets], [true, []]);
    await site.publish();
    assert.equal((await site.ledger()).publishing, undefined);
    assert.deepEqual(await site.publish(), []);
  });

  it('uploads nothing while it is not known whether edges hold the old bytes', async () => {
    for (const [service, action] of [
      ['cloudfront', 'ListDistributions'],
      ['s3', 'ListObjectsV2'],
      ['s3', 'GetObject'],
    ] as const) {
      await deny(service, action);
      await assert.rejects(site.upload('images/a.png'), /AccessDenied/);
      await controlPlane().send('DELETE', 'faults');
    }
    assert.deepEqual(await changes(), []);
  });

  it('says that there is no bucket, and the way to one', async () => {
    await assert.rejects(planAssets(newContext(), [ASSET], ASKING, newOp()), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /There is no bucket to upload to yet/);
      assert.deepEqual(error.remedy, {
        title: 'Provision Distribution…',
        command: 'sitelift.provisionDistribution',
      });
      return true;
    });
  });

  it('uploads to a bucket without a distribution, where no edge holds anything', async () => {
    const own = await newBucketContext();
    const { plan, domain } = await planAssets(own, [ASSET], ASKING, newOp());
    assert.equal(domain, undefined);
    assert.deepEqual(
      stepsOf(plan).map(({ key, title, sizeBytes }) => [key, title, sizeBytes]),
      [
        ['turn ', 'make sure that nobody else publishes meanwhile', undefined],
        ['upload a.png', 'upload a.png (new)', 1234],
        ['noted', 'note what was uploaded', undefined],
      ],
    );
  });

  it('tells where an asset is found', async () => {
    const { domain } = await planAssets(site.context, [ASSET], ASKING, newOp());
    assert.equal(domain, site.domain);
  });
});
