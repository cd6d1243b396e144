import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { answerIn, type WireAnswer } from './httpAnswer';

export type { WireAnswer } from './httpAnswer';

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
 * Speaks as much HTTP/1.1 as a PUT to S3 needs, which spares half of the time that a general client takes. After any answer but a 200 whose end is found
 * the connection is closed.
 */
function createWire(socket: Socket): Wire {
  let asked: { resolve(answer: WireAnswer): void; reject(error: Error): void } | undefined;
  let text = '';

  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error('The connection stands still.')));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const heard = asked && answerIn(text);
    if (heard === 'unfinished') return;
    // What nobody asked for, or what is no HTTP, ends the connection.
    if (!asked || !heard) return void socket.destroy();
    const { resolve } = asked;
    asked = undefined;
    text = '';
    if (heard.isOver) socket.destroy();
    resolve(heard.answer);
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
