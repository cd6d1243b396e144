import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from '../../../../src/core/context';
import { newContext } from '../../sandbox';

/** An S3 on this computer that answers as a test wants it to, which no sandbox would. */
export interface LocalS3 {
  /** A site whose bucket is there. */
  readonly context: Context;
  /** What it was asked, until somebody empties it. */
  asked: IncomingMessage[];
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void;
  close(): void;
}

/** Starts it; clients of this process that are made later reach it as well, until it is closed. */
export async function startLocalS3(): Promise<LocalS3> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      s3.asked.push(request);
      s3.answer(request, response, Buffer.concat(chunks));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const context = newContext();
  await context.clients.s3.config.credentials();
  const s3: LocalS3 = {
    context,
    asked: [],
    answer: (_request, response) => void response.writeHead(501).end(),
    close() {
      delete process.env['AWS_ENDPOINT_URL_S3'];
      server.closeAllConnections();
      server.close();
    },
  };
  return s3;
}

/** The same, which tells the key of each command of a name that its SDK sends to S3. */
export function watched(
  context: Context,
  name: 'CopyObjectCommand' | 'PutObjectCommand',
  onSent: (key: string) => void,
): Context {
  const { s3 } = context.clients;
  const send = async (command: { readonly input: { readonly Key?: string } }, options: object) => {
    if (command.constructor.name === name) onSent(command.input.Key ?? '');
    return s3.send(command as never, options);
  };
  return { ...context, clients: { ...context.clients, s3: Object.assign(Object.create(s3), { send }) as typeof s3 } };
}
