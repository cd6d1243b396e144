import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { get, proxyFor } from '../../../src/core/aws/http';
import { createAuthority } from '../../sandbox/authority';
import { newOp } from '../sandbox';

const LIMITS = { seconds: 30, bytes: 1000, keptBytes: 1000 };

/** Lets `use` ask a server of this computer. */
async function serving(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a GET', () => {
  it('gives status, headers and the sum of the body, and wants neither caches nor compression on the way', async () => {
    const seen: IncomingMessage['headers'][] = [];
    await serving(
      ({ headers }, response) => {
        seen.push(headers);
        response.writeHead(200, { ETag: '"e"' }).end('a body');
      },
      async (origin) => {
        const answer = await get(`${origin}/a`, {}, LIMITS, newOp());
        assert.deepEqual(
          [answer.status, answer.headers.etag, answer.sizeBytes, answer.isCut, answer.body.toString()],
          [200, '"e"', 6, false, 'a body'],
        );
        assert.equal(answer.sha256, createHash('sha256').update('a body').digest('hex'));
      },
    );
    assert.deepEqual([seen[0]?.['accept-encoding'], seen[0]?.['cache-control']], ['identity', 'no-cache']);
  });

  it('reads no more than it was to, and keeps less of it', async () => {
    await serving(
      (_request, response) => {
        const more = () => {
          while (response.write('x'.repeat(999)));
        };
        response.on('drain', more);
        more();
      },
      async (origin) => {
        const answer = await get(origin, {}, { ...LIMITS, keptBytes: 10 }, newOp());
        assert.deepEqual([answer.isCut, answer.sizeBytes, answer.body.length], [true, 1000, 10]);
        assert.equal(answer.sha256, createHash('sha256').update('x'.repeat(1000)).digest('hex'));
      },
    );
  });

  it('ends when its time is over, also amid the body, and with the reason of a cancel', async () => {
    for (const isBegun of [false, true]) {
      await serving(
        (_request, response) => void (isBegun && response.write('begun')),
        async (origin) => {
          await assert.rejects(get(origin, {}, { ...LIMITS, seconds: 0.3 }, newOp()), { name: 'TimeoutError' });
          const controller = new AbortController();
          setTimeout(() => controller.abort(), 100);
          await assert.rejects(get(origin, {}, LIMITS, newOp(controller.signal)), { name: 'AbortError' });
        },
      );
    }
  });

  it('follows no redirection', async () => {
    await serving(
      (_request, response) => void response.writeHead(302, { Location: 'http://elsewhere.invalid/' }).end(),
      async (origin) => {
        const { headers, status } = await get(origin, {}, LIMITS, newOp());
        assert.deepEqual([status, headers.location], [302, 'http://elsewhere.invalid/']);
      },
    );
  });

  it('asks a proxy for the whole address, with its name and password, and no tunnel of it', async () => {
    const asked: unknown[] = [];
    await serving(
      ({ method, url, headers }, response) => {
        asked.push([method, url, headers['proxy-authorization']]);
        response.end('through the proxy');
      },
      async (origin) => {
        const proxyUrl = origin.replace('//', '//me:p%40ss@');
        const { body } = await get('http://site.example/a%20b?c', { proxyUrl }, LIMITS, newOp());
        assert.equal(body.toString(), 'through the proxy');
      },
    );
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    assert.deepEqual(asked, [['GET', 'http://site.example/a%20b?c', basic]]);
  });

  it('goes without a proxy where the settings say so', async () => {
    await serving(
      (_request, response) => void response.end('directly'),
      async (origin) => {
        const settings = { proxyUrl: 'http://127.0.0.1:1', noProxy: ['127.0.0.1'] };
        assert.equal((await get(origin, settings, LIMITS, newOp())).body.toString(), 'directly');
        await assert.rejects(get(origin, { ...settings, noProxy: [] }, LIMITS, newOp()), { code: 'ECONNREFUSED' });
      },
    );
  });

  it('asks no server whose certificate is not trusted', async () => {
    const authority = await createAuthority();
    let asked = 0;
    const server = createSecureServer({
      SNICallback: (name, done) => void authority.identity(name).then((identity) => done(null, identity), done),
    });
    server.on('request', (_request, response) => void response.end(String((asked += 1))));
    await once(server.listen(0, 'localhost'), 'listening');
    const { port } = server.address() as AddressInfo;
    await assert.rejects(get(`https://localhost:${port}`, {}, LIMITS, newOp()), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    assert.equal(asked, 0);
    server.close();
  });
});

describe('the proxy for a host', () => {
  const before = { ...process.env };
  after(() => Object.assign(process.env, before));

  it('may be another one for HTTP than for HTTPS where the environment says so', () => {
    Object.assign(process.env, { http_proxy: 'http://plain:1', https_proxy: 'http://secure:2', no_proxy: 'inside' });
    assert.equal(proxyFor('site.example', {}, 'http:'), 'http://plain:1');
    assert.equal(proxyFor('site.example', {}), 'http://secure:2');
    assert.equal(proxyFor('inside', {}, 'http:'), undefined);
  });
});
