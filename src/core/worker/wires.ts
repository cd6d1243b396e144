import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** What answered a request: the HTTP status, and the ETag without its quotation marks. */
export interface WireAnswer {
  readonly status: number;
  readonly etag: string;
}

/** A connection that carries one request after the other. */
interface Wire {
  readonly isOpen: boolean;
  /** Sends a request. Throws when the connection breaks before the answer. */
  send(head: string, body: Buffer): Promise<WireAnswer>;
}

/** Connections to one server that are used again: no more of them than requests were ever under way together. */
export interface Wires {
  /** A connection of which nobody makes use. Throws when there is none and none comes about; TLS checks are Node's own. */
  take(): Promise<Wire>;
  /** Gives one back; what closed meanwhile is dropped. */
  giveBack(wire: Wire): void;
}

const CONNECT_MS = 10_000;
/** How long a connection may stand still. One that moves is left alone, however slow it is. */
const IDLE_MS = 120_000;
/** Bodies up to this size go out in one piece with their heads. */
const ONE_PIECE_BYTES = 16 * 1024;
const MAX_HEAD_CHARS = 64 * 1024;

/** Wires to a server; to an HTTPS one through an HTTP proxy where there is one. */
export function createWires(origin: string, proxyUrl: string | undefined): Wires {
  const idle: Wire[] = [];
  const open = opener(new URL(origin), proxyUrl);
  return {
    async take() {
      for (let wire = idle.pop(); wire; wire = idle.pop()) if (wire.isOpen) return wire;
      return createWire(await open());
    },
    giveBack(wire) {
      if (wire.isOpen) idle.push(wire);
    },
  };
}

/**
 * Speaks as much HTTP/1.1 as a PUT to S3 needs, which spares half of the time that a general client takes. After any answer but a 200 without a body
 * the connection is closed: what failed says nothing that is needed here, and its end need not be found.
 */
function createWire(socket: Socket): Wire {
  let asked: { resolve(answer: WireAnswer): void; reject(error: Error): void } | undefined;
  let text = '';

  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error('The connection stands still.')));
  socket.on('data', (chunk: Buffer) => {
    text = withoutInterim(text + chunk.toString('latin1'));
    const end = text.indexOf('\r\n\r\n');
    if (asked && end === -1 && text.length < MAX_HEAD_CHARS) return;
    const answer = end === -1 ? undefined : answerIn(text.slice(0, end + 2));
    // What nobody asked for, or what is no HTTP, ends the connection.
    if (!asked || !answer) return void socket.destroy();
    const isWhole = answer.hasNoBody && text.length === end + 4;
    const { resolve } = asked;
    asked = undefined;
    text = '';
    if (answer.status !== 200 || !isWhole) socket.destroy();
    resolve(answer);
  });
  const fail = (error?: Error): void => {
    asked?.reject(error ?? new Error('The connection was closed before the answer.'));
    asked = undefined;
  };
  socket.on('error', fail);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => fail());

  return {
    get isOpen() {
      return asked === undefined && !socket.destroyed && socket.writable;
    },
    send: (head, body) =>
      new Promise((resolve, reject) => {
        asked = { resolve, reject };
        if (body.length <= ONE_PIECE_BYTES) {
          const bytes = Buffer.allocUnsafe(head.length + body.length);
          bytes.write(head, 'latin1');
          body.copy(bytes, head.length);
          socket.write(bytes);
        } else {
          socket.cork();
          socket.write(head, 'latin1');
          socket.write(body);
          socket.uncork();
        }
        if (socket.destroyed) fail();
      }),
  };
}

/** Answers of status 1xx come before the one that counts. */
function withoutInterim(text: string): string {
  let rest = text;
  while (/^HTTP\/1\.1 1\d\d/.test(rest) && rest.includes('\r\n\r\n')) rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
  return rest;
}

function answerIn(head: string): (WireAnswer & { readonly hasNoBody: boolean }) | undefined {
  const [, status] = /^HTTP\/1\.1 (\d{3})[ \r]/.exec(head) ?? [];
  if (status === undefined) return undefined;
  return {
    status: Number(status),
    etag: /\r\netag:[ \t]*"?([^"\r\n]*)/i.exec(head)?.[1] ?? '',
    hasNoBody: /\r\ncontent-length:[ \t]*0[ \t]*\r\n/i.test(head) && !/\r\nconnection:[ \t]*close/i.test(head),
  };
}

function opener({ protocol, hostname, port }: URL, proxyUrl: string | undefined): () => Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'https:';
  const place = { host, port: Number(port) || (isSecure ? 443 : 80) };
  const names = { servername: isIP(host) ? '' : host, ALPNProtocols: ['http/1.1'] };
  let session: Buffer | undefined;

  return async () => {
    const through = proxyUrl === undefined ? {} : { socket: await tunnel(new URL(proxyUrl), place) };
    const socket = isSecure
      ? connectSecurely({ ...place, ...names, ...through, ...(session ? { session } : {}) })
      : connectPlain(place);
    socket.on('session', (latest: Buffer) => (session = latest));
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error(`${host} does not answer.`)));
      socket.once('error', reject);
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve();
      });
    });
    socket.removeAllListeners('timeout');
    return socket;
  };
}

/** A connection through a proxy, by CONNECT. */
function tunnel(proxy: URL, { host, port }: { readonly host: string; readonly port: number }): Promise<Socket> {
  const { protocol, hostname, username, password } = proxy;
  const isSecure = protocol === 'https:';
  const to = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const request = (isSecure ? httpsRequest : httpRequest)({
    method: 'CONNECT',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(proxy.port) || (isSecure ? 443 : 80),
    path: to,
    headers: {
      host: to,
      ...(username ? { 'proxy-authorization': `Basic ${Buffer.from(secret).toString('base64')}` } : {}),
    },
    agent: false,
    timeout: CONNECT_MS,
  });
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode }, socket) => {
      socket.removeAllListeners('timeout').setTimeout(0);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`The proxy answered ${statusCode}.`));
    });
    request.once('response', ({ statusCode }) => {
      request.destroy();
      reject(new Error(`The proxy answered ${statusCode}.`));
    });
    request.once('timeout', () => request.destroy(new Error('The proxy does not answer.')));
    request.once('error', reject);
    request.end();
  });
}
