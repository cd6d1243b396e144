import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Context } from '../../../src/core/context';
import { placeOf } from '../../../src/core/aws/store';
import { MANIFESTS, readManifest, tellManifest, type Told } from '../../../src/core/release/keptManifest';
import { EMPTY, toJson, type Asset, type Manifest, type Page } from '../../../src/core/release/manifest';
import { newBucketContext } from '../resources/provisioned';
import { controlPlane, newOp, refuse } from '../sandbox';
import { newMemoryCache, type MemoryCache } from './memoryCache';

const SUM = 'a'.repeat(64);
const page = (bundle = 'b1'): Page => ({ sha256: SUM, sizeBytes: 1, bundle });
const asset: Asset = { sha256: SUM, sizeBytes: 1, contentType: 'image/png', cacheControl: 'public', etag: 'e' };
/** A manifest of so many pages, some of them in another bundle, and of one asset. */
const manifest = (pages: number, changed = 0): Manifest => ({
  pages: new Map(Array.from({ length: pages }, (_, index) => [`${index}.html`, page(index < changed ? 'b2' : 'b1')])),
  assets: new Map([['ü.png', asset]]),
});

describe('a manifest that is kept', function () {
  this.timeout(60_000);
  let context: Context;
  let cache: MemoryCache;

  before(async () => {
    context = await newBucketContext();
  });
  beforeEach(async () => {
    cache = newMemoryCache();
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const tell = (wanted: Manifest, earlier?: Told, by = cache) => tellManifest(context, wanted, earlier, by, newOp());
  const read = (told: Told, by = cache) => readManifest(context, told, by, newOp());
  const calls = async () => (await controlPlane().calls()).map(({ action }) => action);
  const place = (key: string) => placeOf(context, key);
  const keyOf = (bytes: Buffer) => `${MANIFESTS}${createHash('sha256').update(bytes).digest('hex')}.json.gz`;

  it('stands in the ledger as long as it has at most 200 paths', async () => {
    const told = await tell(manifest(199));
    assert.equal(told.base, '');
    assert.deepEqual(await read(told, newMemoryCache()), manifest(199));
    assert.deepEqual(await read(await tell(EMPTY)), EMPTY);
    assert.deepEqual(await calls(), []);
  });

  it('is stored whole beyond that, under the hash of its bytes, where the distribution does not read', async () => {
    const told = await tell(manifest(200));
    assert.match(told.base, /^_sitelift\/manifests\/[\da-f]{64}\.json\.gz$/);
    assert.deepEqual(told.changes, { pages: [], assets: [] });
    assert.deepEqual(await calls(), ['PutObject']);
    assert.deepEqual(await read(told, newMemoryCache()), manifest(200));
    assert.equal((await tell(manifest(200))).base, told.base);
  });

  it('is told by what differs from the whole one that an earlier release builds on, at most 200 paths', async () => {
    const first = await tell(manifest(500));
    const few = await tell(manifest(500, 200), first);
    assert.deepEqual([few.base, few.changes.pages.length, few.changes.assets.length], [first.base, 200, 0]);
    assert.deepEqual(await read(few, newMemoryCache()), manifest(500, 200));
    const back = await tell(manifest(500), few);
    assert.deepEqual(back, first);
    const many = await tell(manifest(500, 201), few);
    assert.notEqual(many.base, first.base);
    assert.deepEqual(many.changes.pages, []);
    assert.deepEqual(await read(many, newMemoryCache()), manifest(500, 201));
    assert.equal((await tell(manifest(10), many)).base, '');
  });

  it('costs this computer no request once it wrote or read what it builds on', async () => {
    const first = await tell(manifest(300));
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await read(first), manifest(300));
    await tell(manifest(300, 5), first);
    assert.deepEqual(await calls(), []);
    const another = newMemoryCache();
    await read(first, another);
    await read(first, another);
    await tell(manifest(300, 5), first, another);
    assert.deepEqual(await calls(), ['GetObject']);
  });

  it('takes the room of one on this computer, however many there were', async () => {
    const first = await tell(manifest(300));
    const second = await tell(manifest(300, 250), first);
    assert.notEqual(second.base, first.base);
    assert.equal(cache.kept.size, 1);
    await controlPlane().send('DELETE', 'calls');
    // A process that remembers nothing else but that.
    const later = newMemoryCache();
    for (const [name, bytes] of cache.kept) later.kept.set(name, bytes);
    assert.deepEqual(await read(second, later), manifest(300, 250));
    assert.deepEqual(await calls(), []);
    assert.deepEqual(await read(first, later), manifest(300));
    assert.deepEqual(await calls(), ['GetObject']);
    assert.equal(later.kept.size, 1);
  });

  it('is not known any more once what it builds on is gone or was altered, and is told anew then', async () => {
    const first = await tell(manifest(300));
    const fresh = () => newMemoryCache();
    await context.clients.s3.send(
      new PutObjectCommand({ ...place(first.base), Body: gzipSync('{"pages":[],"assets":[]}') }),
    );
    assert.equal(await read(first, fresh()), undefined);
    await context.clients.s3.send(new DeleteObjectCommand(place(first.base)));
    const forgetful = fresh();
    assert.equal(await read(first, forgetful), undefined);
    assert.equal(forgetful.puts(), 0);
    const again = await tell(manifest(300), first, fresh());
    assert.deepEqual([again.base, await read(again, fresh())], [first.base, manifest(300)]);
    assert.equal((await tell(manifest(1), { ...first, base: `${MANIFESTS}gone.json.gz` }, fresh())).base, '');
  });

  it('is not known when what it builds on is nothing of ours, whatever its name says', async () => {
    const whole = Buffer.from(JSON.stringify(toJson(manifest(1))));
    const strange = [
      whole,
      gzipSync('not JSON'),
      gzipSync('{"pages":[7],"assets":[]}'),
      gzipSync(whole).subarray(0, 30),
    ];
    for (const bytes of strange) {
      const told = { base: keyOf(bytes), changes: { pages: [], assets: [] } };
      await context.clients.s3.send(new PutObjectCommand({ ...place(told.base), Body: bytes }));
      assert.equal(await read(told), undefined);
      assert.equal(await read(told), undefined);
    }
    const elsewhere = { base: 'site/a.json.gz', changes: { pages: [], assets: [] } };
    await context.clients.s3.send(new PutObjectCommand({ ...place(elsewhere.base), Body: gzipSync(whole) }));
    assert.equal(await read(elsewhere), undefined);
    cache.kept.set('something else', Buffer.from('that this computer remembers'));
    assert.equal(await read({ ...elsewhere, base: 'something else' }), undefined);
    const first = await tell(manifest(300));
    const misled = newMemoryCache();
    for (const name of cache.kept.keys()) misled.kept.set(name, gzipSync(whole));
    assert.deepEqual(await read(first, misled), manifest(300));
  });

  it('tells what S3 answers', async () => {
    const first = await tell(manifest(300));
    await refuse('s3', 'GetObject');
    await assert.rejects(read(first, newMemoryCache()), { name: 'AccessDenied' });
    await refuse('s3', 'PutObject');
    await assert.rejects(tell(manifest(301)), { name: 'AccessDenied' });
  });
});
