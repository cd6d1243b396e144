import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { presign, presignPut } from '../../../src/core/aws/presign';
import type { Context } from '../../../src/core/context';
import { bucketName } from '../../../src/core/names';
import type { LocalFile } from '../../../src/core/publish/local/localFiles';
import { deleteKeys } from '../../../src/core/publish/assets/former';
import { ASSET_CACHING, describeObject, isStoredMd5, newByteBudget, putFile } from '../../../src/core/aws/store';
import { newBucketContext } from '../resources/provisioned';
import { controlPlane, newOp, refuse } from '../sandbox';

const MIB = 1024 * 1024;
const curl = promisify(execFile);

describe('the store', function () {
  this.timeout(120_000);
  let context: Context;
  let folder: string;

  before(async () => {
    context = await newBucketContext();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-store-'));
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0, kmsEtags: 0 });
    await rm(folder, { recursive: true });
  });

  const asset = async (path: string, content: string | Buffer): Promise<LocalFile> => {
    const absolutePath = join(folder, path);
    await writeFile(absolutePath, content);
    const sizeBytes = Buffer.byteLength(content);
    return { path, absolutePath, sizeBytes, modifiedMs: 0, inode: 0, contentType: 'image/png' };
  };
  const place = (path: string) => ({ Bucket: bucketName(context.site), Key: `site/${path}` });
  const head = (path: string) => context.clients.s3.send(new HeadObjectCommand(place(path)));
  const put = (file: LocalFile, op = newOp(), budget = newByteBudget()) =>
    putFile(context, `site/${file.path}`, file, ASSET_CACHING, budget, op);
  const actions = async () => (await controlPlane().calls()).map(({ action }) => action);

  it('keeps an asset with its type, how long it may be cached, its sum and S3’s own encryption', async () => {
    const { etag } = await put(await asset('a.png', 'a'));
    const found = await head('a.png');
    assert.equal(`"${etag}"`, found.ETag);
    assert.equal(found.ContentType, 'image/png');
    assert.equal(found.CacheControl, 'public, max-age=300, s-maxage=31536000');
    assert.equal(found.ServerSideEncryption, 'AES256');
    assert.deepEqual(found.Metadata, { sha256: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' });
  });

  it('sends a large file in parts, each of which is sent again when it fails, with its sum beside it', async () => {
    const content = Buffer.alloc(17 * MIB, 'large');
    const file = await asset('large.png', content);
    await controlPlane().send('POST', 'faults', { service: 's3', action: 'UploadPart', kind: 'cut', nth: 2 });
    const { etag } = await put(file);
    const sent = await actions();
    assert.equal(sent.filter((action) => action === 'UploadPart').length, 4);
    const found = await head('large.png');
    assert.match(found.ETag ?? '', /-3"$/);
    assert.equal(`"${etag}"`, found.ETag);
    assert.equal(found.ContentLength, content.length);
    assert.equal(found.CacheControl, 'public, max-age=300, s-maxage=31536000');
    assert.equal(found.ServerSideEncryption, 'AES256');
    assert.deepEqual(found.Metadata, { sha256: createHash('sha256').update(content).digest('hex') });
  });

  it('counts of a large file the parts in flight and the one being read, and of an empty one a MiB', async () => {
    const budget = newByteBudget();
    const delay = { service: 's3', action: 'UploadPart', kind: 'delay', seconds: 1, times: 9 };
    await controlPlane().send('POST', 'faults', delay);
    const large = await asset('weighed.png', Buffer.alloc(9 * MIB, 3));
    const sent = put(large, newOp(), budget);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(budget.getValue(), 40);
    await sent;
    const empty = put(await asset('empty.png', ''), newOp(), budget);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(budget.getValue(), 63);
    await empty;
    assert.equal((await head('empty.png')).ContentLength, 0);
  });

  it('leaves no parts behind when a large upload fails or is cancelled', async () => {
    const file = await asset('parts.png', Buffer.alloc(9 * MIB, 1));
    const fault = { service: 's3', action: 'UploadPart', kind: 'error', code: 'AccessDenied', status: 403, times: 9 };
    await controlPlane().send('POST', 'faults', fault);
    await assert.rejects(put(file), { name: 'AccessDenied' });
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'faults', {
      service: 's3',
      action: 'UploadPart',
      kind: 'delay',
      seconds: 1,
      times: 9,
    });
    const controller = new AbortController();
    const cancelled = put(file, newOp(controller.signal));
    while (!(await actions()).slice(-9).includes('UploadPart')) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    await assert.rejects(cancelled, { name: 'AbortError' });
    await assert.rejects(head('parts.png'), { name: 'NotFound' });
    for (let attempt = 0; ; attempt += 1) {
      const { Uploads } = await context.clients.s3.send(
        new ListMultipartUploadsCommand({ Bucket: bucketName(context.site) }),
      );
      if (!Uploads?.length) break;
      assert.ok(attempt < 100, 'parts stay');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('is encrypted with S3’s own key though a rule of the account would use KMS', async () => {
    await controlPlane().send('POST', 'settings', { kmsEtags: 1 });
    await put(await asset('kms.png', 'kms'));
    await put(await asset('kms-large.png', Buffer.alloc(9 * MIB, 2)));
    for (const path of ['kms.png', 'kms-large.png']) assert.equal((await head(path)).ServerSideEncryption, 'AES256');
  });

  it('knows an object by the sum beside it, as long as the distribution may read it', async () => {
    const file = await asset('sum.png', 'x');
    const sum = createHash('sha256').update('x').digest('hex');
    const seen = () => describeObject(context, `site/${file.path}`, newOp());
    const isKnown = async () => (await seen())?.sha256 === sum;
    const store = (Metadata?: Record<string, string>) =>
      context.clients.s3.send(
        new PutObjectCommand({ ...place('sum.png'), Body: 'x', ...(Metadata ? { Metadata } : {}) }),
      );
    assert.equal(await isKnown(), false);
    await store();
    assert.equal(await isKnown(), false);
    await store({ sha256: sum });
    assert.equal(await isKnown(), true);
    assert.equal((await seen())?.etag, createHash('md5').update('x').digest('hex'));
    await controlPlane().send('POST', 'settings', { kmsEtags: 1 });
    await store({ sha256: sum });
    assert.equal(await isKnown(), false);
    await refuse('s3', 'HeadObject');
    await assert.rejects(isKnown());
  });

  it('takes an ETag for the MD5 of the bytes only where it can be one', () => {
    const isMd5 = (etag: string) => isStoredMd5({ sizeBytes: 1, etag });
    assert.deepEqual(['9dd4e461268c8034f5c8564e155c67a6', `${'a'.repeat(32)}-2`, 'A'.repeat(32), ''].map(isMd5), [
      ...[true, false, false, false],
    ]);
  });

  it('drops an object, and does not mind one that is gone', async () => {
    await put(await asset('dropped.png', 'x'));
    for (let times = 0; times < 2; times += 1) await deleteKeys(context, ['site/dropped.png'], newOp());
    await assert.rejects(head('dropped.png'), { name: 'NotFound' });
  });

  it('signs URLs by which one object can be stored, whatever its bytes are', async () => {
    const url = await presignPut(context, 'site/put.png', 600);
    assert.doesNotMatch(url, /checksum/);
    const file = join(folder, 'put.png');
    await writeFile(file, 'put');
    await curl('curl', ['-fsS', '-T', file, url]);
    const { stdout } = await curl('curl', ['-fsS', await presign(context, 'site/put.png', 600)]);
    assert.equal(stdout, 'put');
    await assert.rejects(curl('curl', ['-fsS', '-T', file, url.replace('put.png', 'other.png')]), /403/);
  });

  it('signs URLs by AWS’s clock, which may be hours from this computer’s', async () => {
    await put(await asset('clock.png', 'tick'));
    for (const clockSkewSeconds of [-7200, 7200]) {
      await controlPlane().send('POST', 'settings', { clockSkewSeconds });
      await head('clock.png');
      const url = await presign(context, 'site/clock.png', 600);
      assert.match(url, /X-Amz-Expires=600&/);
      const { stdout } = await curl('curl', ['-fsS', url]);
      assert.equal(stdout, 'tick');
    }
  });

  it('reads at most 64 MiB of files into memory at one time, however many are sent together', async () => {
    const bodies = new Set<Uint8Array>();
    let most = 0;
    const send = async (command: { input: PutObjectCommandInput }) => {
      const body = command.input.Body as Uint8Array;
      bodies.add(body);
      most = Math.max(
        most,
        Array.from(bodies).reduce((sum, { length }) => sum + length, 0),
      );
      await new Promise((resolve) => setImmediate(resolve));
      bodies.delete(body);
      return {};
    };
    const pretended = {
      ...context,
      clients: { ...context.clients, s3: { send } as unknown as Context['clients']['s3'] },
    };
    const file = await asset('seven.png', '');
    await truncate(file.absolutePath, 7 * MIB);
    const budget = newByteBudget();
    const sized = { ...file, sizeBytes: 7 * MIB };
    await Promise.all(Array.from({ length: 24 }, () => putFile(pretended, 'k', sized, undefined, budget, newOp())));
    assert.ok(most > 7 * MIB && most <= 64 * MIB, `${most / MIB} MiB`);
    assert.equal(budget.getValue(), 64);
  });

  it('gives the budget back when a file cannot be sent', async () => {
    const budget = newByteBudget();
    const file = await asset('here.png', 'x');
    await rm(file.absolutePath);
    await assert.rejects(put(file, newOp(), budget), /“here\.png” is not there any more/);
    assert.equal(budget.getValue(), 64);
    const controller = new AbortController();
    controller.abort();
    const kept = await asset('kept.png', 'x');
    await assert.rejects(put(kept, newOp(controller.signal), budget), { name: 'AbortError' });
  });
});
