import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Authority } from './authority';
import type { ControlPlane } from './controlPlane';
import type { Edge } from './edge';
import { forward, reset } from './forward';
import { refusal, routeOf, splitAuthority } from './routes';

/** What answers behind the proxy; the control plane may start after the proxy. */
export interface Backends {
  readonly authority: Authority;
  readonly edge: Edge;
  controlPlane(): ControlPlane;
}

/** The HTTP proxy that gives clients the real AWS names. */
export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the proxy on 127.0.0.1; port 0 takes a free one. */
export async function startProxy(backends: Backends, port = 0): Promise<Proxy> {
  const sockets = new Set<Duplex>();
  /** Serves the decrypted (or plain) requests inside CONNECT tunnels; it never listens. */
  const inner = createServer(withPlainFailure(answerInTunnel));
  const outer = createServer(withPlainFailure(answerPlain));
  for (const server of [inner, outer]) {
    server.requestTimeout = 0;
    server.on('clientError', (_error, socket) => socket.destroy());
  }
  outer.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    tunnel(request, socket, head).catch(() => reset(socket));
  });

  async function answerPlain(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    if (url?.protocol !== 'http:') {
      refuse(response, 400, 'This is the HTTP proxy of the sandbox: use it as a proxy, not as a web server.\n');
      return;
    }
    const path = (request.url ?? '').replace(/^http:\/\/[^/?#]*/i, '') || '/';
    const { host, port } = splitAuthority(url.host, 80);
    await answer(request, response, { host, port, path: path.startsWith('/') ? path : `/${path}` });
  }

  async function answerInTunnel(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const port = isEncrypted(request) ? 443 : 80;
    const { host } = splitAuthority(request.headers.host ?? '', port);
    await answer(request, response, { host, port, path: request.url ?? '/' });
  }

  async function answer(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const { host, port, path } = asked;
    switch (routeOf(host)) {
      case 'local':
        forward(request, response, { port, path, host: request.headers.host ?? `${host}:${port}` });
        return;
      case 'edge':
        await backends.edge.answer(request, response, { host, path, secure: isEncrypted(request) });
        return;
      case 'controlPlane':
        forward(request, response, {
          ...{ port: backends.controlPlane().port, path, host },
          secure: isEncrypted(request),
        });
        return;
      case 'instance': {
        const httpPort = port === 80 ? await backends.controlPlane().instancePort(host) : undefined;
        if (httpPort === undefined) reset(request.socket);
        else forward(request, response, { port: httpPort, path, host });
        return;
      }
      case 'nobody':
        refuse(response, 403, refusal(host));
    }
  }

  async function tunnel(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const { host, port } = splitAuthority(request.url ?? '', 443);
    const route = routeOf(host);
    if (route === 'nobody') {
      refuseTunnel(socket, '403 Forbidden', refusal(host));
    } else if (route === 'local') {
      joinTo(socket, head, port);
    } else if (route === 'instance') {
      const httpPort = port === 80 ? await backends.controlPlane().instancePort(host) : undefined;
      if (httpPort === undefined) reset(socket);
      else joinTo(socket, head, httpPort);
    } else if (port !== 80 && port !== 443) {
      refuseTunnel(socket, '403 Forbidden', `The sandbox has nothing on port ${port} of ${host}.\n`);
    } else if (route === 'edge' && !(await backends.edge.resolves(host))) {
      refuseTunnel(
        socket,
        '502 Bad Gateway',
        `The name ${host} does not resolve: no distribution with it is deployed.\n`,
      );
    } else {
      await serveInside(socket, head, host, port);
    }
  }

  async function serveInside(socket: Socket, head: Buffer, host: string, port: number): Promise<void> {
    const secureContext = await backends.authority.identity(host);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    if (port === 80) {
      inner.emit('connection', socket);
      return;
    }
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, done) => {
        backends.authority.identity(name.toLowerCase()).then((context) => done(null, context), done);
      },
    });
    secured.on('error', () => socket.destroy());
    inner.emit('connection', secured);
  }

  await new Promise<void>((resolve, reject) => {
    outer.once('error', reject);
    outer.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (outer.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => outer.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

type Answerer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A failure behind the proxy reaches the client as a failed connection, as it would without a proxy. */
function withPlainFailure(answerer: Answerer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answerer(request, response).catch(() => reset(request.socket));
  };
}

function isEncrypted(request: IncomingMessage): boolean {
  return request.socket instanceof TLSSocket;
}

function joinTo(socket: Socket, head: Buffer, port: number): void {
  const upstream = connect(port, '127.0.0.1');
  upstream.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    const cutBoth = (error: Error | null | undefined): void => {
      if (error) reset(socket);
    };
    pipeline(socket, upstream, cutBoth);
    pipeline(upstream, socket, cutBoth);
  });
  upstream.once('error', () => reset(socket));
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(sentence);
}

function refuseTunnel(socket: Socket, status: string, sentence: string): void {
  const head = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(sentence)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${sentence}`);
}
