import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../../../../src/core/context';
import { bucketName } from '../../../../src/core/names';
import { run } from '../../../../src/core/plan';
import { copyFiles, type Copying } from '../../../../src/core/publish/assets/copyAssets';
import { newByteBudget, PART_BYTES, putFile } from '../../../../src/core/aws/store';
import { bucket } from '../../../../src/core/resources/bucket/bucket';
import type { Thread } from '../../../../src/core/worker/thread';
import { controlPlane, newContext, newOp } from '../../sandbox';
import { startLocalS3, watched, type LocalS3 } from './localS3';
import { createSourceThread } from '../../worker/sourceThread';

const CACHING = 'public, max-age=300, s-maxage=31536000';
const HOSTILE_NAMES = ['a b+c%20.png', "it's (1) & [2]!*.png", 'ü/日本 😀.png', '#?;:@=,$.png', '{}|\\^`"<>.png'];

function sum(algorithm: 'md5' | 'sha256', text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

describe('copying objects', function () {
  this.timeout(120_000);
  let context: Context;
  let bySdk: string[];
  let thread: Thread;

  before(async () => {
    const made = newContext();
    await run(bucket.plan(made, { bucket: { kind: 'absent' } }), newOp());
    context = watched(made, 'CopyObjectCommand', (key) => bySdk.push(key));
    thread = createSourceThread({ atOnce: 2 });
  });
  beforeEach(async () => {
    bySdk = [];
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => thread.close());

  const place = (key: string) => ({ Bucket: bucketName(context.site), Key: key });
  const copying = (name: string, text: string, known: Partial<Copying> = {}): Copying => {
    const [from, key, sha256] = [`site/${name}`, `_sitelift/files/${name}`, sum('sha256', text)];
    return {
      ...{ from, key, etag: sum('md5', text), sha256, contentType: 'image/png' },
      cacheControl: CACHING,
      ...known,
    };
  };
  const stored = async (name: string, text: string, known: Partial<Copying> = {}): Promise<Copying> => {
    await context.clients.s3.send(new PutObjectCommand({ ...place(`site/${name}`), Body: text }));
    return copying(name, text, known);
  };
  const many = async (count: number): Promise<Copying[]> => {
    const one = await stored('many.png', 'many');
    return Array.from({ length: count }, (_, index) => ({ ...one, key: `${one.key}.${index}` }));
  };
  const copy = (copies: readonly Copying[], op = newOp(), to = context) => copyFiles(to, copies, op, thread);
  const copied = async () => (await controlPlane().calls()).filter(({ action }) => action === 'CopyObject').length;
  const fault = (kind: string, more: object = {}) =>
    controlPlane().send('POST', 'faults', { service: 's3', action: 'CopyObject', kind, ...more });

  it('copies bytes with new headers and S3’s own encryption, and tells the copies’ ETags, without the SDK', async () => {
    assert.deepEqual(await copy([await stored('a.png', 'a')]), [sum('md5', 'a')]);
    const { Body, ...head } = await context.clients.s3.send(new GetObjectCommand(place('_sitelift/files/a.png')));
    assert.equal(await Body?.transformToString(), 'a');
    assert.deepEqual([head.ContentType, head.CacheControl], ['image/png', CACHING]);
    assert.deepEqual([head.ServerSideEncryption, head.Metadata], ['AES256', { sha256: sum('sha256', 'a') }]);
    assert.deepEqual(bySdk, []);
  });

  it('copies from and to exactly the keys, whatever characters they have', async () => {
    const copies = await Promise.all(HOSTILE_NAMES.map((name) => stored(name, `this is ${name}`)));
    assert.deepEqual(
      await copy(copies),
      HOSTILE_NAMES.map((name) => sum('md5', `this is ${name}`)),
    );
    for (const { key, etag } of copies) {
      assert.equal((await context.clients.s3.send(new HeadObjectCommand(place(key)))).ETag, `"${etag}"`);
    }
    assert.deepEqual(bySdk, []);
  });

  it('copies nothing that has gone or has changed, tells which, and copies all else', async () => {
    const [gone, other] = [
      copying('gone.png', 'gone'),
      await stored('other.png', 'other', { etag: sum('md5', 'was') }),
    ];
    const [one, two] = [await stored('one.png', 'one', { etag: undefined }), await stored('two.png', 'two')];
    assert.deepEqual(await copy([gone, one, other, two]), [undefined, sum('md5', 'one'), undefined, sum('md5', 'two')]);
    for (const { key } of [gone, other]) {
      await assert.rejects(context.clients.s3.send(new HeadObjectCommand(place(key))), { name: 'NotFound' });
    }
    assert.deepEqual(bySdk.sort(), [gone.key, other.key]);
  });

  it('copies more than a batch holds', async () => {
    const copies = await many(300);
    assert.deepEqual(
      await copy(copies),
      copies.map(({ etag }) => etag),
    );
    assert.equal(await copied(), 300);
    assert.deepEqual(bySdk, []);
  });

  it('asks again where S3 is too busy and where a connection broke, without the SDK', async () => {
    await fault('error', { code: 'SlowDown', status: 503, times: 3 });
    await fault('cut', { nth: 4, times: 2 });
    const copies = await many(20);
    assert.deepEqual(
      await copy(copies),
      copies.map(({ etag }) => etag),
    );
    assert.equal(await copied(), 25);
    assert.deepEqual(bySdk, []);
  });

  it('knows its own copy of an object onto itself when the answer was lost and the ETag has become another', async () => {
    const key = 'site/parts.png';
    const text = 'parts'.padEnd(PART_BYTES + 1);
    const absolutePath = join(await mkdtemp(join(tmpdir(), 'sitelift-copy-')), 'parts.png');
    await writeFile(absolutePath, text);
    const file = { path: 'parts.png', absolutePath, sizeBytes: text.length, contentType: 'image/gif' };
    const stored = await putFile(context, key, file, undefined, newByteBudget(), newOp());
    await rm(dirname(absolutePath), { recursive: true });
    assert.match(stored.etag, /-2$/);
    const own = { ...copying('parts.png', text), from: key, key, etag: stored.etag };
    await fault('cut', { when: 'after' });
    const [etag] = await copy([own]);
    const { CacheControl, ETag } = await context.clients.s3.send(new HeadObjectCommand(place(key)));
    assert.deepEqual([etag, CacheControl], [ETag?.replaceAll('"', ''), CACHING]);
    assert.notEqual(etag, own.etag);
    for (const change of [{ Metadata: { sha256: '0' } }, { CacheControl: 'no-store' }, { Metadata: {} }]) {
      const usual = { ContentType: own.contentType, CacheControl: CACHING, Metadata: { sha256: own.sha256 } };
      await context.clients.s3.send(new PutObjectCommand({ ...place(key), Body: 'y', ...usual, ...change }));
      assert.deepEqual(await copy([own]), [undefined], JSON.stringify(change));
    }
  });

  it('fails with the SDK’s own error, and asks no more of S3 than was under way', async () => {
    const copies = await many(600);
    await fault('error', { code: 'AccessDenied', status: 403, times: 9999 });
    await assert.rejects(copy(copies), { name: 'AccessDenied' });
    assert.ok((await copied()) < 600, `${await copied()}`);
  });

  it('ends with the reason of an abort and starts nothing more', async () => {
    const copies = await many(300);
    await fault('delay', { seconds: 1, times: 9999 });
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const running = copy(copies, newOp(controller.signal));
    while ((await copied()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    await assert.rejects(running, reason);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const after = await copied();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await copied(), after);
    assert.ok(after < 300, `${after}`);
  });

  describe('by an S3 that begins to answer before it has copied', () => {
    let s3: LocalS3;
    let local: Context;
    const RESULT =
      '<CopyObjectResult xmlns="x"><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e0-2&quot;</ETag></CopyObjectResult>';

    before(async () => {
      s3 = await startLocalS3();
      local = watched(s3.context, 'CopyObjectCommand', (key) => bySdk.push(key));
    });
    beforeEach(() => {
      s3.asked = [];
    });
    after(() => s3.close());
    const isSdk = ({ headers }: IncomingMessage) => headers['user-agent'] !== undefined;

    it('waits for the result, over few connections again and again', async () => {
      const ports = new Set<number | undefined>();
      s3.answer = ({ socket }, response) => {
        ports.add(socket.remotePort);
        response.writeHead(200).write('<?xml version="1.0"?>\n');
        setTimeout(() => response.end(`   \n${RESULT}`), 5);
      };
      const copies = Array.from({ length: 400 }, (_, index) => copying(`${index}.png`, ''));
      assert.deepEqual(new Set(await copy(copies, newOp(), local)), new Set(['e0-2']));
      assert.ok(ports.size <= 128, `${ports.size}`);
      assert.ok(
        s3.asked.every(({ headers }) => headers['x-amz-copy-source']?.includes(`${bucketName(local.site)}/site/`)),
      );
      assert.deepEqual(bySdk, []);
    });

    it('takes no answer of 200 for a copy that tells of an error, breaks off or says nothing: it asks again, and in the end by the SDK', async () => {
      const error = '<Error><Code>InternalError</Code><Message>sandbox</Message></Error>';
      for (const body of [error, `<?xml version="1.0"?>\n   ${error}`, '', RESULT.slice(0, -5), `${RESULT}${error}`]) {
        [s3.asked, bySdk] = [[], []];
        s3.answer = (request, response) => void response.writeHead(200).end(isSdk(request) ? RESULT : body);
        assert.deepEqual(await copy([copying('a.png', '')], newOp(), local), ['e0-2']);
        assert.deepEqual([s3.asked.length, bySdk.length], [5, 1], body);
      }
      s3.answer = (_request, response) => void response.writeHead(200).end(error);
      await assert.rejects(copy([copying('a.png', '')], newOp(), local), /sandbox/);
    });
  });
});
