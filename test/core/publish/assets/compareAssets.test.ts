import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../../src/core/context';
import { bucketName } from '../../../../src/core/names';
import { compareAssets, headersOf, type StoredAssets } from '../../../../src/core/publish/assets/compareAssets';
import { hashNow } from '../../../../src/core/publish/local/hashNow';
import { localFile, type LocalFile } from '../../../../src/core/publish/local/localFiles';
import { newByteBudget, putFile } from '../../../../src/core/aws/store';
import { FileSums } from '../../../../src/core/publish/local/sums';
import type { Asset } from '../../../../src/core/release/manifest';
import { describeContents } from '../../../../src/core/resources/bucket/bucket';
import { known } from '../../../../src/core/resources/resource';
import { newMemoryCache, type MemoryCache } from '../../release/memoryCache';
import { newBucketContext } from '../../resources/provisioned';
import { controlPlane, newOp, refuse } from '../../sandbox';

const NOTHING: StoredAssets = { told: new Map(), objects: undefined };
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe('assets compared with what is stored', function () {
  this.timeout(60_000);
  let context: Context;
  let folder: string;
  let cache: MemoryCache;
  let hashed: string[];

  before(async () => {
    context = await newBucketContext();
  });
  beforeEach(async () => {
    [cache, hashed] = [newMemoryCache(), []];
    folder = await mkdtemp(join(tmpdir(), 'sitelift-compare-'));
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { kmsEtags: 0 });
    await rm(folder, { recursive: true });
  });

  let written = 0;
  /** A file that was written about an hour ago, each at another time. */
  const file = async (path: string, content: string | Buffer): Promise<LocalFile> => {
    const absolutePath = join(folder, path);
    await writeFile(absolutePath, content);
    written += 1;
    const hourAgo = Math.round(Date.now() / 1000) - 3600 - 10 * written;
    await utimes(absolutePath, hourAgo, hourAgo);
    return localFile(path, absolutePath, await stat(absolutePath));
  };
  const put = async (asset: LocalFile): Promise<Asset> => {
    const { cacheControl } = headersOf(asset, []);
    const { etag } = await putFile(context, `site/${asset.path}`, asset, cacheControl, newByteBudget(), newOp());
    const { absolutePath, path, sizeBytes } = asset;
    return {
      ...headersOf(asset, []),
      sizeBytes,
      sha256: hashNow({ path, absolutePath }),
      etag,
    };
  };
  const HEADERS = { ContentType: 'image/png', CacheControl: headersOf({ contentType: '', path: '' }, []).cacheControl };
  const storeByHand = (
    path: string,
    Body: string | Buffer,
    Metadata: Record<string, string> = {},
    headers: Partial<PutObjectCommandInput> = HEADERS,
  ) =>
    context.clients.s3.send(
      new PutObjectCommand({ Bucket: bucketName(context.site), Key: `site/${path}`, Body, Metadata, ...headers }),
    );
  const listed = async () => known(await describeContents(context, newOp()))?.objects ?? assert.fail('no bucket');
  const compare = async (assets: readonly LocalFile[], stored: StoredAssets) => {
    const sums = await FileSums.of(folder, cache);
    const hash = (files: readonly LocalFile[]) => {
      hashed.push(...files.map(({ path }) => path));
      return Promise.resolve(files.map(hashNow));
    };
    const found = await compareAssets(context, assets, stored, sums, hash, newOp());
    await sums.save();
    return found;
  };
  const reasons = async (assets: readonly LocalFile[], stored: StoredAssets) =>
    (await compare(assets, stored)).uploads.map(({ asset: { path }, reason }) => `${path} ${reason}`);
  const actions = async () => (await controlPlane().calls()).map(({ action }) => action);

  it('are uploaded when they are new or have other bytes, in the order of their paths, and else not', async () => {
    const [a, b, c] = [await file('a.png', 'one'), await file('b.png', 'two'), await file('c.png', 'three')];
    assert.deepEqual(await reasons([c, a, b], NOTHING), ['a.png new', 'b.png new', 'c.png new']);
    assert.deepEqual(hashed, []);
    const told = new Map([
      ['a.png', await put(a)],
      ['b.png', await put(b)],
      ['gone.png', await put(c)],
    ]);
    const changed = await file('b.png', 'owt');
    const { uploads, stored } = await compare([a, changed, c], { told, objects: undefined });
    assert.deepEqual(
      uploads.map(({ asset: { path }, reason, sha256: sum }) => [path, reason, sum]),
      [
        ['b.png', 'changed', sha256('owt')],
        ['c.png', 'new', undefined],
      ],
    );
    assert.deepEqual(stored, new Map([['a.png', told.get('a.png')]]));
  });

  it('are read only where nothing but their bytes tells, and only once', async () => {
    const [same, longer, fresh] = [await file('s.png', 'x'), await file('l.png', 'long'), await file('f.png', 'f')];
    const told = new Map([
      ['s.png', await put(same)],
      ['l.png', { ...(await put(longer)), sizeBytes: 3 }],
    ]);
    await controlPlane().send('DELETE', 'calls');
    const stored = { told, objects: undefined };
    assert.deepEqual(await reasons([same, longer, fresh], stored), ['f.png new', 'l.png changed']);
    assert.deepEqual(hashed, ['s.png']);
    assert.deepEqual(await reasons([same, longer, fresh], stored), ['f.png new', 'l.png changed']);
    assert.deepEqual(hashed, ['s.png']);
    assert.deepEqual(await actions(), []);
  });

  it('are to be served under other headers when their type or their caching is told to be another', async () => {
    const a = await file('a.png', 'a');
    const asset = await put(a);
    const with_ = (change: Partial<Asset>) => ({
      told: new Map([['a.png', { ...asset, ...change }]]),
      objects: undefined,
    });
    assert.deepEqual(await reasons([a], with_({})), []);
    assert.deepEqual(await reasons([a], with_({ contentType: 'text/html' })), ['a.png headers']);
    assert.deepEqual(await reasons([a], with_({ cacheControl: 'no-store' })), ['a.png headers']);
    assert.deepEqual(await reasons([a], with_({ cacheControl: 'no-store', sha256: sha256('b') })), ['a.png changed']);
    const objects = await listed();
    const told = with_({ contentType: 'text/html' });
    assert.deepEqual(await reasons([a], { ...told, objects }), ['a.png headers']);
  });

  it('are what a listing shows, whatever the ledger tells of what was removed or replaced since', async () => {
    const [a, b, c] = [await file('a2.png', 'a'), await file('b2.png', 'b'), await file('c2.png', 'c')];
    const told = new Map([
      ['a2.png', await put(a)],
      ['b2.png', await put(b)],
    ]);
    const asset = await put(c);
    const objects = new Map(await listed());
    objects.delete('a2.png');
    await storeByHand('b2.png', 'B');
    objects.set('b2.png', (await listed()).get('b2.png') ?? assert.fail());
    const found = await compare([a, b, c], { told, objects });
    assert.deepEqual(
      found.uploads.map(({ asset: { path }, reason }) => `${path} ${reason}`),
      ['a2.png new', 'b2.png changed'],
    );
    assert.deepEqual(found.stored, new Map([['c2.png', asset]]));
    // Only what nothing tells of is asked about.
    assert.equal((await actions()).filter((action) => action === 'HeadObject').length, 1);
  });

  it('are known without a ledger by their MD5, and by the sum beside them when they were sent in parts', async () => {
    const content = Buffer.alloc(9 * 1024 * 1024, 'large');
    const [small, large] = [await file('small.png', 'small'), await file('large.png', content)];
    const stored = new Map([
      ['small.png', await put(small)],
      ['large.png', await put(large)],
    ]);
    assert.match(stored.get('large.png')?.etag ?? '', /-2$/);
    const found = await compare([small, large], { told: new Map(), objects: await listed() });
    assert.deepEqual([found.uploads, found.stored], [[], stored]);
    content[0] = 0;
    const changed = [await file('small.png', 'SMALL'), await file('large.png', content)];
    const objects = await listed();
    assert.deepEqual(await reasons(changed, { told: new Map(), objects }), ['large.png changed', 'small.png changed']);
  });

  it('are uploaded once more when the distribution may not read them, or nothing tells what they are', async () => {
    const [kms, unknown, gone] = [await file('kms.png', 'k'), await file('u.png', 'u'), await file('g.png', 'g')];
    const etag = `${'a'.repeat(32)}-2`;
    const objects = new Map(['kms.png', 'u.png', 'g.png'].map((path) => [path, { sizeBytes: 1, etag }]));
    await storeByHand('u.png', 'u');
    await controlPlane().send('POST', 'settings', { kmsEtags: 1 });
    await storeByHand('kms.png', 'k', { sha256: sha256('k') });
    const all = [kms, unknown, gone];
    const stored = { told: new Map(), objects };
    assert.deepEqual(await reasons(all, stored), ['g.png changed', 'kms.png changed', 'u.png changed']);
    await controlPlane().send('POST', 'settings', { kmsEtags: 0 });
    for (const { path } of all) await storeByHand(path, path, { sha256: sha256(path.slice(0, 1)) });
    assert.deepEqual(await reasons(all, stored), []);
    await refuse('s3', 'HeadObject');
    await assert.rejects(reasons(all, stored));
  });

  it('get the headers that the site wants where other hands stored their bytes under others', async () => {
    const wrong: readonly Partial<PutObjectCommandInput>[] = [
      {},
      { ...HEADERS, ContentType: 'binary/octet-stream' },
      { ...HEADERS, CacheControl: 'no-store' },
      { ...HEADERS, ContentEncoding: 'gzip' },
      { ...HEADERS, ContentDisposition: 'attachment' },
    ];
    const content = Buffer.alloc(9 * 1024 * 1024, 'h');
    const [small, large] = [await file('hand.png', 'hand'), await file('hand-large.png', content)];
    await put(large);
    const objects = new Map(await listed());
    for (const headers of wrong) {
      await storeByHand('hand.png', 'hand', {}, headers);
      await storeByHand('hand-large.png', 'as if in parts', { sha256: sha256(content) }, headers);
      objects.set('hand.png', (await listed()).get('hand.png') ?? assert.fail());
      const stored = { told: new Map(), objects };
      assert.deepEqual(await reasons([small, large], stored), ['hand-large.png headers', 'hand.png headers']);
      const { uploads } = await compare([small], stored);
      assert.equal(uploads[0]?.stored?.etag, objects.get('hand.png')?.etag);
    }
    await storeByHand('hand.png', 'hand');
    assert.deepEqual(await reasons([small], { told: new Map(), objects: await listed() }), []);
  });

  it('are doubted where all is published again, as other hands may have stored the same bytes once more', async () => {
    const [same, other] = [await file('doubt-same.png', 'same'), await file('doubt-other.png', 'other')];
    const told = new Map([
      ['doubt-same.png', await put(same)],
      ['doubt-other.png', await put(other)],
    ]);
    await storeByHand('doubt-other.png', 'other', {}, {});
    const stored = { told, objects: await listed() };
    assert.deepEqual(await reasons([same, other], stored), []);
    const found = await compare([same, other], { ...stored, isDoubted: true });
    assert.deepEqual(
      found.uploads.map(({ asset: { path }, reason }) => `${path} ${reason}`),
      ['doubt-other.png headers'],
    );
    assert.deepEqual(found.stored, new Map([['doubt-same.png', told.get('doubt-same.png')]]));
  });

  it('that cannot be read are named', async () => {
    const a = await file('a.png', 'a');
    const told = new Map([['a.png', await put(a)]]);
    await rm(a.absolutePath);
    await assert.rejects(compare([a], { told, objects: undefined }), /^UserError: “a\.png” is not there any more/);
  });
});
