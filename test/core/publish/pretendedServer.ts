import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Context } from '../../../src/core/context';
import type { Inspection } from '../../../src/core/remote/inspect';
import type { ServerHave } from '../../../src/core/resources/server';

const run = promisify(execFile);

/** A server in memory: its agent takes the deployment, fetches the bundle by its URL and keeps the pages, as `deploy.sh` does. */
export interface PretendedServer {
  readonly ssm: Context['clients']['ssm'];
  readonly sent: SendCommandCommandInput[];
  readonly pages: Map<string, string>;
  release: string | undefined;
  redirectsTo: string | undefined;
  /** Fails the next deployment, before or after it has taken effect. */
  failsNext: 'before' | 'after' | undefined;
  /** The value that the last command gave a variable of the script. */
  value(name: string): string | undefined;
  have(): ServerHave;
}

/** Makes a running server with a mounted volume of this serial and nothing published on it. */
export function newPretendedServer(serial: string): PretendedServer {
  const endings = new Map<string, Promise<string | undefined>>();
  const server: PretendedServer = {
    ssm: { send } as unknown as Context['clients']['ssm'],
    sent: [],
    pages: new Map(),
    release: undefined,
    redirectsTo: undefined,
    failsNext: undefined,
    value(name) {
      const text = server.sent.at(-1)?.Parameters?.['commands']?.join('\n') ?? '';
      return new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1];
    },
    have: () => ({
      instanceId: 'i-0123456789abcdef0',
      state: 'running',
      instanceType: 't3.micro',
      zone: 'us-east-1a',
      publicIp: '192.0.2.1',
      startedMs: 0,
      host: 'server.invalid',
      online: true,
      role: 'ready',
      portOpen: true,
      problems: [],
      inspection: inspection(),
    }),
  };

  function inspection(): Inspection {
    const { release, redirectsTo } = server;
    const mount = {
      partition: '/dev/nvme1n1p1',
      serial,
      fileSystem: 'ext4',
      sizeBytes: 1e9,
      freeBytes: 9e8,
      inFstab: true,
    };
    const webServer = { installed: true, enabled: true, active: true };
    return { webServer, mount, release, redirectsTo, placing: undefined };
  }

  async function send(command: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<unknown> {
    abortSignal?.throwIfAborted();
    if (command instanceof SendCommandCommand) {
      server.sent.push(command.input);
      const CommandId = `command-${server.sent.length}`;
      endings.set(CommandId, deploy());
      return { Command: { CommandId } };
    }
    if (command instanceof GetCommandInvocationCommand) {
      const problem = await endings.get(command.input.CommandId ?? '');
      if (problem === undefined) return { Status: 'Success', StandardOutputContent: '' };
      return {
        Status: 'Failed',
        StatusDetails: 'Failed',
        ResponseCode: 1,
        StandardErrorContent: `sitelift: ${problem}\n`,
      };
    }
    if (command instanceof CancelCommandCommand) return {};
    return assert.fail('the pretended server does not know that command');
  }

  async function deploy(): Promise<string | undefined> {
    const fails = server.failsNext;
    server.failsNext = undefined;
    if (fails === 'before') return 'busy';
    const release = server.value('RELEASE');
    if ((server.release ?? '') !== server.value('EXPECTED_RELEASE') && server.release !== release) {
      return 'published-meanwhile';
    }
    const options = { encoding: 'buffer', maxBuffer: 1e8 } as const;
    const fetched = await run('curl', ['-fsS', server.value('URL') ?? ''], options).catch(() => undefined);
    if (!fetched) return 'fetch-refused\t403';
    if (createHash('sha256').update(fetched.stdout).digest('hex') !== server.value('SHA256')) return 'wrong-bytes';
    for (const [path, text] of await unpacked(fetched.stdout)) server.pages.set(path, text);
    server.release = release;
    server.redirectsTo = server.value('CDN_DOMAIN');
    return fails === 'after' ? 'busy' : undefined;
  }
  return server;
}

async function unpacked(bundle: Buffer): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const archive = extract();
  archive.on('entry', ({ name }, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => void chunks.push(chunk as Buffer));
    stream.on('end', () => {
      pages.set(name, Buffer.concat(chunks).toString());
      next();
    });
  });
  await pipeline(Readable.from([bundle]), createGunzip(), archive);
  return pages;
}
