import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWires } from '../../../src/core/worker/wires';
import { createAuthority, type Authority } from '../../sandbox/authority';
import { enterSandbox } from '../../sandbox/enterSandbox';

const HEAD = 'PUT /a.png HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\n';
const BODY = Buffer.from('body');

describe('a wire', () => {
  let authority: Authority;
  let folder: string;
  let server: Server;
  let origin: string;
  const connections = new Set<Socket>();

  before(async () => {
    authority = await createAuthority();
    folder = await mkdtemp(join(tmpdir(), 'sitelift-wires-'));
    await writeFile(join(folder, 'ca.pem'), authority.pem);
    server = createServer({
      SNICallback: (name, done) => void authority.identity(name).then((identity) => done(null, identity), done),
    });
    server.on('request', (request, response) => {
      connections.add(request.socket);
      request.resume().on('end', () => response.writeHead(200, { etag: '"e"', 'content-length': 0 }).end());
    });
    await once(server.listen(0, 'localhost'), 'listening');
    origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('leads to no server whose certificate is not trusted', async () => {
    await assert.rejects(createWires(origin, undefined).take(), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    assert.equal(connections.size, 0);
  });

  it('carries one request after the other to a server that is trusted', async () => {
    const leave = enterSandbox({ env: {}, caFile: join(folder, 'ca.pem') });
    try {
      const wires = createWires(origin, undefined);
      for (let count = 0; count < 3; count += 1) {
        const wire = await wires.take();
        assert.deepEqual((await wire.send(HEAD, BODY)).etag, 'e');
        wires.giveBack(wire);
      }
      assert.equal(connections.size, 1);
    } finally {
      leave();
    }
  });

  it('tells a proxy its name and password, and ends where the proxy refuses', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createPlainServer();
    proxy.on('connect', ({ url, headers }, socket: Socket) => {
      asked.push(url, headers['proxy-authorization']);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    const wires = createWires('https://bucket.example', `http://me:p%40ss@127.0.0.1:${port}`);
    await assert.rejects(wires.take(), /The proxy answered 407/);
    assert.deepEqual(asked, ['bucket.example:443', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    proxy.close();
  });
});
