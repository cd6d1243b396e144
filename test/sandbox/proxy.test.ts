import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createAuthority } from './authority';
import type { Instance } from './controlPlane';
import { setStage, type Stage } from './fakeControlPlane';
import { Viewer } from './viewer';

const BUCKET = 'https://photos.s3.us-east-1.amazonaws.com';

describe('the proxy', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  beforeEach(() => {
    stage.asked.length = 0;
    stage.origin = (_request, response) => response.end('origin');
  });
  after(() => stage.close());

  const instance = (changes: Partial<Instance>): Instance => ({
    id: 'i-1',
    state: 'running',
    publicIp: '54.1.2.3',
    publicDnsName: 'ec2-54-1-2-3.compute-1.amazonaws.com',
    privateIp: '10.0.0.4',
    httpPort: stage.originPort,
    ...changes,
  });

  it('hands AWS names to the control plane with host, path and query as they were asked', async () => {
    const answer = await stage.viewer.ask(`${BUCKET}/a%20b/%C3%A4?list-type=2&x=%2F`);
    assert.equal(answer.body.toString(), 'origin');
    assert.equal(stage.asked[0]?.headers.host, 'photos.s3.us-east-1.amazonaws.com');
    assert.equal(stage.asked[0]?.url, '/a%20b/%C3%A4?list-type=2&x=%2F');
  });

  it('never lets a client pose as the edge', async () => {
    await stage.viewer.ask(BUCKET, { headers: { 'X-Sandbox-Cloudfront-Source-Arn': 'arn', 'x-other': '1' } });
    assert.equal(stage.asked[0]?.headers['x-sandbox-cloudfront-source-arn'], undefined);
    assert.equal(stage.asked[0]?.headers['x-other'], '1');
  });

  it('tells the control plane, and lets nobody else tell it, whether a connection is encrypted', async () => {
    await stage.viewer.ask(BUCKET);
    await stage.viewer.ask(BUCKET.replace('https:', 'http:'), { headers: { 'X-Sandbox-Tls': '1' } });
    assert.deepEqual(
      stage.asked.map(({ headers }) => headers['x-sandbox-tls']),
      ['1', undefined],
    );
  });

  it('shows a certificate that only the trusted authority vouches for', async () => {
    const stranger = new Viewer(`http://127.0.0.1:${stage.proxyPort}`, (await createAuthority()).pem);
    await assert.rejects(stranger.ask(BUCKET), /certificate/);
  });

  it('keeps a connection open for several requests', async () => {
    const { status, body } = await viaCurl(stage, [`${BUCKET}/1`, `${BUCKET}/2`, '-w', '%{num_connects} ']);
    assert.equal(status, 0);
    assert.equal(body, 'origin1 origin0 ');
  });

  it('refuses every other name, in a tunnel and plainly, and says so', async () => {
    const plain = await stage.viewer.ask('http://example.com/');
    assert.equal(plain.status, 403);
    assert.match(plain.body.toString(), /does not know example\.com/);
    assert.match(await connectAnswer(stage, 'example.com:443'), /^HTTP\/1\.1 403 .*does not know example\.com/s);
    assert.match(await connectAnswer(stage, 'photos.s3.us-east-1.amazonaws.com:22'), /^HTTP\/1\.1 403 /);
  });

  it('says what it is when it is asked as a web server', async () => {
    const direct = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ port: stage.proxyPort, path: '/' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      request.on('error', reject).end();
    });
    assert.equal(direct, 400);
  });

  it('leads instance addresses and names to the port that the machine listens on', async () => {
    stage.instances = [instance({})];
    assert.equal((await stage.viewer.ask('http://54.1.2.3/')).body.toString(), 'origin');
    assert.equal((await stage.viewer.ask('http://ec2-54-1-2-3.compute-1.amazonaws.com/x')).body.toString(), 'origin');
    assert.equal(stage.asked[1]?.headers.host, 'ec2-54-1-2-3.compute-1.amazonaws.com');
    assert.match((await viaCurl(stage, ['-p', 'http://54.1.2.3/'])).body, /origin/);
  });

  it('fails the connection to an instance that is stopped, has no web port, is unknown, or on another port', async () => {
    for (const changes of [{ state: 'stopped' }, { httpPort: null }, { publicIp: '54.9.9.9' }]) {
      stage.instances = [instance(changes)];
      await assert.rejects(stage.viewer.ask('http://54.1.2.3/'), { code: 'ECONNRESET' });
    }
    stage.instances = [instance({})];
    await assert.rejects(stage.viewer.ask('http://54.1.2.3:8080/'), { code: 'ECONNRESET' });
    await assert.rejects(stage.viewer.ask('https://54.1.2.3/'));
    assert.equal(stage.asked.length, 0);
  });

  it('passes on a cut connection as a cut connection, before and within an answer', async () => {
    stage.origin = (request) => request.socket.resetAndDestroy();
    await assert.rejects(stage.viewer.ask(BUCKET), { code: 'ECONNRESET' });
    await assert.rejects(stage.viewer.ask('http://photos.s3.us-east-1.amazonaws.com/'), { code: 'ECONNRESET' });
    stage.origin = (request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half', () => request.socket.resetAndDestroy());
    };
    await assert.rejects(stage.viewer.ask(BUCKET), { code: 'ECONNRESET' });
  });

  it('passes on an answer while it is still being made', async () => {
    let finish = (): void => undefined;
    stage.origin = (_request, response) => {
      response.write('first ');
      finish = () => response.end('last');
    };
    const answer = await stage.viewer.open(BUCKET);
    const chunks: string[] = [];
    for await (const chunk of answer.setEncoding('utf8')) {
      chunks.push(String(chunk));
      finish();
    }
    assert.equal(chunks.join(''), 'first last');
  });

  it('streams a big upload and a big download unchanged', async () => {
    const piece = randomBytes(1024 * 1024);
    const pieces = 100;
    const expected = createHash('sha256');
    for (let index = 0; index < pieces; index++) expected.update(piece);
    stage.origin = (request, response) => request.pipe(response);
    const body = Readable.from(Array.from({ length: pieces }, () => piece));
    const answer = await stage.viewer.open(BUCKET, { method: 'PUT', body });
    const received = createHash('sha256');
    for await (const chunk of answer) received.update(chunk as Buffer);
    assert.equal(received.digest('hex'), expected.digest('hex'));
  });

  it('answers Expect: 100-continue', async () => {
    stage.origin = (request, response) => request.pipe(response);
    const upload = ['-T', '-', '-H', 'Expect: 100-continue', '--expect100-timeout', '60', `${BUCKET}/key`];
    assert.equal((await viaCurl(stage, upload, 'sent')).body, 'sent');
  });
});

describe('the proxy, asked for this machine', () => {
  let stage: Stage;
  let local: Server;
  let port: number;
  before(async () => {
    stage = await setStage();
    local = createServer((request, response) => response.end(`local ${request.url}`));
    local.on('upgrade', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => local.listen(0, '127.0.0.1', resolve));
    port = (local.address() as AddressInfo).port;
  });
  after(async () => {
    await stage.close();
    local.closeAllConnections();
    local.close();
  });

  it('passes plain requests through', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      assert.equal((await stage.viewer.ask(`http://${host}:${port}/a?b`)).body.toString(), 'local /a?b');
    }
  });

  it('passes a WebSocket through a tunnel', async () => {
    const socket = connect(stage.proxyPort, '127.0.0.1');
    socket.setEncoding('utf8');
    const received = async (pattern: RegExp): Promise<void> => {
      let text = '';
      while (!pattern.test(text)) text += await new Promise((resolve) => socket.once('data', resolve));
    };
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await received(/ 200 .*\r\n\r\n/);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await received(/ 101 /);
    socket.write('echo me');
    await received(/echo me/);
    socket.destroy();
  });

  it('fails the connection to a port where nobody listens', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const unused = (free.address() as AddressInfo).port;
    await new Promise((resolve) => free.close(resolve));
    await assert.rejects(stage.viewer.ask(`http://127.0.0.1:${unused}/`), { code: 'ECONNRESET' });
  });
});

/** The first words of the proxy's answer to CONNECT, until it closes the connection. */
async function connectAnswer(stage: Stage, target: string): Promise<string> {
  const socket = connect(stage.proxyPort, '127.0.0.1');
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  return Buffer.concat(await socket.toArray()).toString();
}

async function viaCurl(stage: Stage, args: string[], input = ''): Promise<{ status: number | null; body: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sitelift-curl-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, stage.ca);
  const proxy = ['-x', `http://127.0.0.1:${stage.proxyPort}`, '--cacert', caFile];
  const child = spawn('curl', ['-sS', ...proxy, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  child.stdin.end(input);
  const [output] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
  rmSync(folder, { recursive: true });
  return { status: child.exitCode, body: Buffer.concat(output as Buffer[]).toString() };
}
