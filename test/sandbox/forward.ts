import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { TLSSocket } from 'node:tls';

const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const oneConnectionEach = new Agent({ keepAlive: false, maxSockets: Infinity });

/** Where a request goes on this machine, and what its origin-form path is there. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly host: string;
  /** Tells the control plane that the client's connection was encrypted. */
  readonly secure?: boolean;
}

/** Streams a request to a local port and its answer back; a cut connection behind becomes a cut connection in front. */
export function forward(request: IncomingMessage, response: ServerResponse, target: Target): void {
  const headers = [...endToEnd(request.rawHeaders).filter(([name]) => !isPrivate(name)), ['Host', target.host]];
  if (target.secure) headers.push(['x-sandbox-tls', '1']);
  if (request.headers['transfer-encoding']) headers.push(['Transfer-Encoding', 'chunked']);
  const upstream = httpRequest({
    agent: oneConnectionEach,
    host: '127.0.0.1',
    port: target.port,
    method: request.method,
    path: target.path,
    headers: headers.flat(),
    setHost: false,
  });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders).flat());
    pipeline(answer, response, (error) => {
      if (error) reset(request.socket);
    });
  });
  upstream.on('error', () => {
    if (!response.headersSent) reset(request.socket);
  });
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  request.pipe(upstream);
}

/** Ends a connection as a network failure does: without an answer. */
export function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Name and value pairs of the headers that are not about the one connection they came over. */
export function endToEnd(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) pairs.push([name, rawHeaders[at + 1] ?? '']);
  }
  return pairs;
}

function isPrivate(name: string): boolean {
  return name.toLowerCase() === 'host' || name.toLowerCase().startsWith('x-sandbox-');
}
