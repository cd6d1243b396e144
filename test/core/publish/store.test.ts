import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../../../src/core/context';
import { bucketName } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import type { LocalFile } from '../../../src/core/publish/localFiles';
import { newByteBudget, presign, putAsset, putFile, uploadReason } from '../../../src/core/publish/store';
import { bucket } from '../../../src/core/resources/bucket';
import { known } from '../../../src/core/resources/resource';
import { controlPlane, newContext, newOp } from '../sandbox';

const MIB = 1024 * 1024;
const curl = promisify(execFile);

describe('the store', function () {
  this.timeout(120_000);
  let context: Context;
  let folder: string;

  before(async () => {
    context = newContext();
    await run(bucket.plan(context, { bucket: { kind: 'absent' } }), newOp());
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
    return { path, absolutePath, sizeBytes, modifiedMs: 0, contentType: 'image/png' };
  };
  const place = (path: string) => ({ Bucket: bucketName(context.site), Key: `site/${path}` });
  const head = (path: string) => context.clients.s3.send(new HeadObjectCommand(place(path)));
  const put = (file: LocalFile, op = newOp()) => putAsset(context, file, newByteBudget(), op);
  const reason = async (file: LocalFile) => {
    const have = known(await bucket.describe(context, newOp()));
    return uploadReason(context, file, have?.objects.get(file.path), newOp());
  };
  const actions = async () => (await controlPlane().calls()).map(({ action }) => action);

  it('keeps an asset with its type, how long it may be cached, its sum and S3’s own encryption', async () => {
    await put(await asset('a.png', 'a'));
    const found = await head('a.png');
    assert.equal(found.ContentType, 'image/png');
    assert.equal(found.CacheControl, 'public, max-age=300, s-maxage=31536000');
    assert.equal(found.ServerSideEncryption, 'AES256');
    assert.deepEqual(found.Metadata, { sha256: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' });
  });

  it('uploads what is new and what has other bytes, and nothing else', async () => {
    const file = await asset('b.png', 'one');
    assert.equal(await reason(file), 'new');
    await put(file);
    assert.equal(await reason(file), undefined);
    assert.equal(await reason(await asset('b.png', 'two')), 'changed');
    assert.equal(await reason(await asset('b.png', 'longer')), 'changed');
    assert.ok(!(await actions()).includes('HeadObject'));
  });

  it('sends a large file in parts, each of which is sent again when it fails, and knows it again by its sum', async () => {
    const content = Buffer.alloc(17 * MIB, 'large');
    const file = await asset('large.png', content);
    await controlPlane().send('POST', 'faults', { service: 's3', action: 'UploadPart', kind: 'cut', nth: 2 });
    await put(file);
    const sent = await actions();
    assert.equal(sent.filter((action) => action === 'UploadPart').length, 4);
    const found = await head('large.png');
    assert.match(found.ETag ?? '', /-3"$/);
    assert.equal(found.ContentLength, content.length);
    assert.equal(found.CacheControl, 'public, max-age=300, s-maxage=31536000');
    assert.equal(found.ServerSideEncryption, 'AES256');
    assert.equal(await reason(file), undefined);
    content[0] = 0;
    assert.equal(await reason(await asset('large.png', content)), 'changed');
  });

  it('counts of a large file the parts in flight and the one being read, and of an empty one a byte', async () => {
    const budget = newByteBudget();
    const delay = { service: 's3', action: 'UploadPart', kind: 'delay', seconds: 1, times: 9 };
    await controlPlane().send('POST', 'faults', delay);
    const large = await asset('weighed.png', Buffer.alloc(9 * MIB, 3));
    const sent = putAsset(context, large, budget, newOp());
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(budget.getValue(), 40 * MIB);
    await sent;
    const empty = putAsset(context, await asset('empty.png', ''), budget, newOp());
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(budget.getValue(), 64 * MIB - 1);
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

  it('does not trust what a rule of the account encrypted with KMS, and puts it right', async () => {
    await controlPlane().send('POST', 'settings', { kmsEtags: 1 });
    const small = await asset('kms.png', 'kms');
    const large = await asset('kms-large.png', Buffer.alloc(9 * MIB, 2));
    await context.clients.s3.send(new PutObjectCommand({ ...place('kms.png'), Body: 'kms' }));
    assert.equal(await reason(small), 'changed');
    await put(small);
    await put(large);
    assert.equal(await reason(small), undefined);
    assert.equal(await reason(large), undefined);
    assert.equal((await head('kms.png')).ServerSideEncryption, 'AES256');
    const { Metadata } = await head('kms-large.png');
    const stored = { sizeBytes: large.sizeBytes, etag: 'not an MD5' };
    assert.equal(await uploadReason(context, large, stored, newOp()), undefined);
    const encrypted = { ...place('kms-large.png'), Body: Buffer.alloc(9 * MIB, 2), Metadata };
    await context.clients.s3.send(new PutObjectCommand(encrypted));
    assert.equal(await uploadReason(context, large, stored, newOp()), 'changed');
  });

  it('takes an object without a sum, or one that has gone since it was listed, for another', async () => {
    const file = await asset('gone.png', 'x');
    assert.equal(await uploadReason(context, file, { sizeBytes: 1, etag: 'abc-2' }, newOp()), 'changed');
    await context.clients.s3.send(new PutObjectCommand({ ...place('gone.png'), Body: 'x' }));
    assert.equal(await uploadReason(context, file, { sizeBytes: 1, etag: 'abc-2' }, newOp()), 'changed');
    const sum = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
    await context.clients.s3.send(new PutObjectCommand({ ...place('gone.png'), Body: 'x', Metadata: { sha256: sum } }));
    assert.equal(await uploadReason(context, file, { sizeBytes: 1, etag: 'abc-2' }, newOp()), undefined);
    const denied = { service: 's3', action: 'HeadObject', kind: 'error', code: 'AccessDenied', status: 403 };
    await controlPlane().send('POST', 'faults', denied);
    await assert.rejects(uploadReason(context, file, { sizeBytes: 1, etag: 'abc-2' }, newOp()));
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
    assert.equal(budget.getValue(), 64 * MIB);
  });

  it('gives the budget back when a file cannot be sent', async () => {
    const budget = newByteBudget();
    const file = await asset('here.png', 'x');
    await rm(file.absolutePath);
    await assert.rejects(putAsset(context, file, budget, newOp()), /“here\.png” is not there any more/);
    assert.equal(budget.getValue(), 64 * MIB);
    const controller = new AbortController();
    controller.abort();
    const kept = await asset('kept.png', 'x');
    await assert.rejects(putAsset(context, kept, budget, newOp(controller.signal)), { name: 'AbortError' });
  });
});
