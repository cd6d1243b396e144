import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../../../../src/core/context';
import { bucketName } from '../../../../src/core/names';
import { run } from '../../../../src/core/plan';
import { sendFiles, type Sending, type Sent } from '../../../../src/core/publish/assets/sendAssets';
import { bucket } from '../../../../src/core/resources/bucket/bucket';
import { controlPlane, newContext, newOp } from '../../sandbox';
import { startLocalS3, watched, type LocalS3 } from './localS3';
import { createSourceThread } from '../../worker/sourceThread';

const MIB = 1024 * 1024;
const CACHING = 'public, max-age=300, s-maxage=31536000';
const HOSTILE_NAMES = [
  'a b.png',
  'a+b.png',
  'a%20b.png',
  '100%.png',
  "it's (1) & [2]!*.png",
  'ü/日本 😀.png',
  'a~b-c_d.e',
  '#?;:@=,$.png',
  '{}|\\^`"<>.png',
];

function sum(algorithm: 'md5' | 'sha256', bytes: string | Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

describe('sending files', function () {
  this.timeout(120_000);
  let context: Context;
  let folder: string;
  let bySdk: string[];

  before(async () => {
    const made = newContext();
    await run(bucket.plan(made, { bucket: { kind: 'absent' } }), newOp());
    context = watched(made, 'PutObjectCommand', (key) => bySdk.push(key));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-send-'));
    bySdk = [];
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: string | Buffer, known: Partial<Sending> = {}): Promise<Sending> => {
    const path = name.replace(/[\\"<>|?*:]/g, '-');
    const absolutePath = join(folder, path);
    await mkdir(dirname(absolutePath), { recursive: true });
    await writeFile(absolutePath, content);
    const sizeBytes = Buffer.byteLength(content);
    const headers = { contentType: 'image/png', cacheControl: CACHING };
    return { key: `site/${name}`, path, absolutePath, sizeBytes, sha256: undefined, ...headers, ...known };
  };
  const files = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => file(`many/${index}.png`, `file ${index}`)));
  const send = async (sendings: readonly Sending[], op = newOp(), to = context): Promise<Sent[]> => {
    const all: Sent[] = [];
    await sendFiles(to, sendings, (sent) => all.push(sent), op, createSourceThread({ atOnce: 2 }));
    return all;
  };
  const place = (key: string) => ({ Bucket: bucketName(context.site), Key: key });
  const bytesOf = async (key: string) => {
    const { Body } = await context.clients.s3.send(new GetObjectCommand(place(key)));
    return Buffer.from((await Body?.transformToByteArray()) ?? []).toString();
  };
  const puts = async () => (await controlPlane().calls()).filter(({ action }) => action === 'PutObject').length;
  const fault = (kind: string, more: object = {}) =>
    controlPlane().send('POST', 'faults', { service: 's3', action: 'PutObject', kind, ...more });

  it('stores bytes with their type, how long they may be cached, their sum and S3’s own encryption, and tells ETag and sum', async () => {
    const sent = await send([await file('a.png', 'a', { sha256: sum('sha256', 'a') })]);
    assert.deepEqual(sent, [{ key: 'site/a.png', etag: sum('md5', 'a'), sha256: sum('sha256', 'a') }]);
    const head = await context.clients.s3.send(new HeadObjectCommand(place('site/a.png')));
    assert.equal(head.ContentType, 'image/png');
    assert.equal(head.CacheControl, CACHING);
    assert.equal(head.ServerSideEncryption, 'AES256');
    assert.deepEqual(head.Metadata, { sha256: sum('sha256', 'a') });
    assert.equal(head.ETag, `"${sum('md5', 'a')}"`);
    assert.equal(await bytesOf('site/a.png'), 'a');
    assert.deepEqual(bySdk, []);
  });

  it('stores an empty file, and one without a word on caching', async () => {
    const sent = await send([await file('empty.png', '', { cacheControl: undefined })]);
    assert.deepEqual(sent, [{ key: 'site/empty.png', etag: sum('md5', ''), sha256: sum('sha256', '') }]);
    const head = await context.clients.s3.send(new HeadObjectCommand(place('site/empty.png')));
    assert.equal(head.ContentLength, 0);
    assert.equal(head.CacheControl, undefined);
    assert.deepEqual(bySdk, []);
  });

  it('stores each file under exactly its key, whatever characters that has', async () => {
    await send(await Promise.all(HOSTILE_NAMES.map((name) => file(name, `this is ${name}`))));
    for (const name of HOSTILE_NAMES) assert.equal(await bytesOf(`site/${name}`), `this is ${name}`);
    assert.deepEqual(bySdk, []);
  });

  it('stores more files than a batch holds, a large one in parts among them, and tells each once', async () => {
    const large = await file('large.png', Buffer.alloc(9 * MIB, 'large'));
    const many = await files(300);
    const sent = await send([large, ...many]);
    assert.deepEqual(sent.map(({ key }) => key).sort(), [large, ...many].map(({ key }) => key).sort());
    assert.match(sent.find(({ key }) => key === large.key)?.etag ?? '', /^[\da-f]{32}-2$/);
    assert.equal(await bytesOf('site/many/299.png'), 'file 299');
    assert.equal(await puts(), 300);
    assert.deepEqual(bySdk, []);
  });

  it('refuses by its name a file that has other bytes than the plan saw, small or large', async () => {
    const changed = await file('changed.png', 'old', { sha256: sum('sha256', 'new') });
    await assert.rejects(send([changed]), { name: 'UserError', message: /“changed\.png” changes while it is read/ });
    const large = await file('large.png', Buffer.alloc(9 * MIB), { sha256: sum('sha256', 'new') });
    await assert.rejects(send([large]), { name: 'UserError', message: /“large\.png” changes while it is read/ });
    assert.equal(await puts(), 0);
  });

  it('stores a file as it is now when the plan did not see its bytes, however it grew or shrank', async () => {
    const [grown, shrunk] = [await file('grown.png', 'g'), await file('shrunk.png', 'shrunk')];
    await writeFile(grown.absolutePath, 'grown');
    await writeFile(shrunk.absolutePath, 's');
    await send([grown, shrunk]);
    assert.equal(await bytesOf(grown.key), 'grown');
    assert.equal(await bytesOf(shrunk.key), 's');
  });

  it('names a file that has gone', async () => {
    const gone = await file('gone.png', 'x');
    await rm(gone.absolutePath);
    await assert.rejects(send([gone, await file('b.png', 'b')]), /“gone\.png” is not there any more/);
  });

  it('sends again what S3 is too busy for and what a broken connection lost, without the SDK', async () => {
    await fault('error', { code: 'SlowDown', status: 503, times: 3 });
    await fault('cut', { nth: 4, times: 2 });
    const sent = await send(await files(20));
    assert.equal(sent.length, 20);
    assert.equal(await puts(), 25);
    assert.deepEqual(bySdk, []);
  });

  it('leaves to the SDK what fails again and again, and stores all else', async () => {
    await fault('error', { code: 'InternalError', status: 500, times: 4 });
    const sent = await send([await file('stubborn.png', 'x')]);
    assert.equal(sent.length, 1);
    assert.deepEqual(bySdk, ['site/stubborn.png']);
  });

  it('fails with the SDK’s own error, and asks no more of S3 than was under way', async () => {
    await fault('error', { code: 'AccessDenied', status: 403, times: 9999 });
    await assert.rejects(send(await files(300)), { name: 'AccessDenied' });
    assert.ok((await puts()) < 300, `${await puts()}`);
    await controlPlane().send('DELETE', 'faults');
    await fault('error', { code: 'ExpiredToken', status: 400, times: 2 });
    await assert.rejects(send(await files(1)), { name: 'ExpiredToken' });
  });

  it('signs by AWS’s clock, which may be hours from this computer’s', async () => {
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 7200 });
    await context.clients.s3.send(new HeadObjectCommand(place('site/none'))).catch(() => undefined);
    await send(await files(2));
    assert.deepEqual(bySdk, []);
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    await context.clients.s3.send(new HeadObjectCommand(place('site/none'))).catch(() => undefined);
  });

  it('ends with the reason of an abort and starts nothing more', async () => {
    await fault('delay', { seconds: 1, times: 9999 });
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const sending = send(await files(600), newOp(controller.signal));
    while ((await puts()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    await assert.rejects(sending, reason);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const after = await puts();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await puts(), after);
    assert.ok(after < 600, `${after}`);
    await assert.rejects(send([], newOp(controller.signal)), reason);
  });

  describe('to an endpoint of the user’s', () => {
    let s3: LocalS3;
    let local: Context;
    const store = (response: ServerResponse, body: Buffer) =>
      response.writeHead(200, { etag: `"${sum('md5', body)}"`, 'content-length': 0 }).end();

    before(async () => {
      s3 = await startLocalS3();
      local = watched(s3.context, 'PutObjectCommand', (key) => bySdk.push(key));
    });
    beforeEach(() => {
      s3.asked = [];
    });
    after(() => s3.close());

    it('names the bucket in the path, and uses no more than 128 connections again and again', async () => {
      const ports = new Set<number | undefined>();
      s3.answer = ({ socket }, response, body) => {
        ports.add(socket.remotePort);
        setTimeout(() => store(response, body), 5);
      };
      assert.equal((await send(await files(600), newOp(), local)).length, 600);
      assert.ok(s3.asked.every(({ url }) => url?.startsWith(`/${bucketName(local.site)}/site/many/`)));
      assert.ok(ports.size <= 128, `${ports.size}`);
      assert.deepEqual(bySdk, []);
    });

    it('understands answers with a body, in chunks, after an interim one, in pieces, and before an end', async () => {
      const etag = (body: Buffer) => `etag: "${sum('md5', body)}"`;
      const answers = [
        (body: Buffer) => [`HTTP/1.1 200 OK\r\nETAG:${etag(body).slice(5)}\r\nContent-Length: 2\r\n\r\nok`],
        (body: Buffer) => [
          `HTTP/1.1 200 OK\r\n${etag(body)}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n`,
          'ok\r\n0\r\n\r\n',
        ],
        (body: Buffer) => [
          'HTTP/1.1 100 Continue\r\n\r\nHTT',
          `P/1.1 200 OK\r\n${etag(body)}\r\nContent-Length: 0\r\n\r`,
          '\n',
        ],
        (body: Buffer) => [`HTTP/1.1 200 OK\r\nConnection: close\r\n${etag(body)}\r\nContent-Length: 0\r\n\r\n`],
      ];
      s3.answer = ({ socket }, _response, body) => {
        const pieces = answers[s3.asked.length % answers.length]?.(body) ?? [];
        const writeNext = (): void => {
          const piece = pieces.shift();
          if (piece !== undefined) socket.write(piece, () => setTimeout(writeNext, 10));
        };
        writeNext();
      };
      const sent = await send(await files(400), newOp(), local);
      assert.deepEqual(new Set(sent.map(({ etag }) => etag.length)), new Set([32]));
      assert.equal(sent.length, 400);
      assert.equal(s3.asked.length, 400);
    });

    it('leaves to the SDK what is redirected, what is no HTTP and what comes without an ETag', async () => {
      const odd = ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n\r\n'];
      for (const text of [...odd, 'SSH-2.0-OpenSSH\r\n\r\n']) {
        s3.answer = ({ socket, headers }, response, body) => {
          if (headers['user-agent'] === undefined) socket.end(text);
          else store(response, body);
        };
        assert.equal((await send(await files(3), newOp(), local)).length, 3);
      }
      assert.equal(bySdk.length, 9);
    });

    it('keeps no more than 64 MiB of small files under way', async () => {
      let most = 0;
      const waiting: (() => void)[] = [];
      s3.answer = (_request, response, body) => {
        waiting.push(() => store(response, body));
        most = Math.max(most, waiting.length);
        setTimeout(() => waiting.shift()?.(), 50);
      };
      const content = Buffer.alloc(7 * MIB);
      await send(
        await Promise.all(Array.from({ length: 12 }, (_, index) => file(`${index}.png`, content))),
        newOp(),
        local,
      );
      assert.ok(most > 1 && most <= 9, `${most}`);
    });
  });
});
