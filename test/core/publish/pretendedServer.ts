import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  SSMClient,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, serialOf } from '../../../src/core/names';
import { listSum } from '../../../src/core/release/manifest';

const run = promisify(execFile);

/** A server in memory: its agent takes the deployment, fetches the bundle by its URL and keeps the pages, as `deploy.sh` does. */
export interface PretendedServer {
  readonly clients: Pick<Context['clients'], 'ec2' | 'ssm'>;
  /** The commands that it got; those that look alone as well. */
  readonly sent: SendCommandCommandInput[];
  readonly pages: Map<string, string>;
  instanceId: string;
  volumeId: string;
  state: 'running' | 'stopped';
  isMounted: boolean;
  release: string | undefined;
  placing: string | undefined;
  settings: string | undefined;
  /** Fails the next deployment, before or after it has taken effect. */
  failsNext: 'before' | 'after' | undefined;
  /** The bundles that it fetched, as the paths in each. */
  readonly fetched: (readonly string[])[];
  /** The deployments among the commands. */
  deployments(): SendCommandCommandInput[];
  /** The value that the last deployment gave a variable of the script. */
  value(name: string): string | undefined;
  /** What its list tells, by path. */
  readonly list: Map<string, { readonly sha256: string }>;
  /** What it served before the site, and by what it knows that; its list has none of it. */
  before: { readonly mark: string; readonly files: ReadonlyMap<string, string>; readonly left: readonly string[] };
  /** The volume was there before the site. */
  hasAdoptedVolume: boolean;
  /** The id of the site that it keeps that for. */
  keptFor: string | undefined;
}

interface Ending {
  readonly output?: string;
  readonly problem?: string;
}

/** Makes a running server with a mounted volume and nothing published on it. */
export function newPretendedServer(): PretendedServer {
  const endings = new Map<string, Promise<Ending>>();
  const server: PretendedServer = {
    clients: {
      ec2: Object.assign(Object.create(EC2Client.prototype) as EC2Client, { send: tellOutside }),
      ssm: Object.assign(Object.create(SSMClient.prototype) as SSMClient, { send }),
    },
    ...{ sent: [], pages: new Map(), list: new Map(), fetched: [] },
    ...{ instanceId: 'i-0123456789abcdef0', volumeId: 'vol-0123456789abcdef0', state: 'running', isMounted: true },
    ...{ release: undefined, placing: undefined, settings: undefined, failsNext: undefined },
    before: { mark: '', files: new Map(), left: [] },
    ...{ hasAdoptedVolume: false, keptFor: undefined },
    deployments: () => server.sent.filter(({ Comment }) => Comment?.endsWith(': deploy')),
    value(name) {
      const text = server.deployments().at(-1)?.Parameters?.['commands']?.join('\n') ?? '';
      return new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1];
    },
  };

  function tellOutside(command: unknown): Promise<unknown> {
    const { instanceId, volumeId, state } = server;
    if (command instanceof DescribeInstancesCommand) {
      const instance: Instance = {
        InstanceId: instanceId,
        State: { Name: state },
        InstanceType: 't3.micro',
        Placement: { AvailabilityZone: 'us-east-1a' },
        PublicDnsName: 'server.invalid',
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeId: volumeId } }],
      };
      return Promise.resolve({ Reservations: [{ Instances: [instance] }] });
    }
    if (command instanceof DescribeVolumesCommand) {
      const Attachments = [{ InstanceId: instanceId, Device: '/dev/sdf', State: 'attached' as const }];
      const volume: Volume = { VolumeId: volumeId, State: 'in-use', AvailabilityZone: 'us-east-1a', Attachments };
      const Tags = server.hasAdoptedVolume ? [{ Key: ADOPTED_TAG, Value: 'yes' }] : [];
      return Promise.resolve({ Volumes: [{ ...volume, Tags }] });
    }
    return assert.fail('the pretended server does not know that question');
  }

  function look(): string {
    const { isMounted, placing, settings, release, volumeId } = server;
    const mount = [
      ...['partition=/dev/nvme1n1p1', `serial=${serialOf(volumeId)}`, 'file_system=ext4'],
      ...['size_bytes=1000000000', 'free_bytes=900000000', 'in_fstab=yes'],
    ];
    return [
      ...['installed=yes', 'enabled=enabled', 'active=active'],
      ...(isMounted ? mount : []),
      ...(release === undefined ? [] : [`release=${release}`, `list=${listSum(server.list)}`]),
      ...(placing === undefined ? [] : [`placing=${placing}`]),
      ...(settings === undefined ? [] : [`settings=${settings}`]),
      ...(server.before.mark === '' ? [] : [`before=${server.before.mark}`]),
      ...(server.keptFor === undefined ? [] : [`kept_for=${server.keptFor}`]),
    ].join('\n');
  }

  /** Nobody touches the pages that are in memory. */
  function compared(): string {
    const { size } = server.list;
    return [`list=${listSum(server.list)}`, `files=${size}`, 'changed=0', 'missing=0', 'other=0'].join('\n');
  }

  async function send(command: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<unknown> {
    abortSignal?.throwIfAborted();
    if (command instanceof DescribeInstanceInformationCommand) {
      return { InstanceInformationList: server.state === 'running' ? [{ PingStatus: 'Online' }] : [] };
    }
    if (command instanceof SendCommandCommand) {
      server.sent.push(command.input);
      const CommandId = `command-${server.sent.length}`;
      const what = command.input.Comment?.split(': ').at(-1);
      const told = what === 'look' ? look() : what === 'compare the pages' ? compared() : undefined;
      const work = what === 'import' ? importBefore : what === 'keep what is served' ? keep : deploy;
      endings.set(CommandId, told === undefined ? work() : Promise.resolve({ output: told }));
      return { Command: { CommandId } };
    }
    if (command instanceof GetCommandInvocationCommand) {
      const { output, problem } = (await endings.get(command.input.CommandId ?? '')) ?? {};
      if (problem === undefined) return { Status: 'Success', StandardOutputContent: output ?? '' };
      const StandardErrorContent = `sitelift: ${problem}\n`;
      return { Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 1, StandardErrorContent };
    }
    if (command instanceof CancelCommandCommand) return {};
    return assert.fail('the pretended server does not know that command');
  }

  /** As `keep.sh` does: the notes of another site are forgotten. */
  function keep(): Promise<Ending> {
    if (server.before.mark === '' || server.release !== undefined || server.placing !== undefined) {
      server.before = { mark: '1764328111', files: new Map(server.pages), left: [] };
      Object.assign(server, { release: undefined, placing: undefined });
      server.list.clear();
    }
    const text = server.sent.at(-1)?.Parameters?.['commands']?.join('\n') ?? '';
    server.keptFor = /^SITE='(.*)'$/m.exec(text)?.[1];
    return Promise.resolve({});
  }

  async function importBefore(): Promise<Ending> {
    if (server.before.mark === '') return { problem: 'nothing-kept' };
    const fails = server.failsNext;
    server.failsNext = undefined;
    if (fails === 'before') return { problem: 'busy' };
    const { files, left, mark } = server.before;
    const archive = pack();
    const records = Array.from(files, ([path, text]) => `${Buffer.byteLength(text)} ${sha256(text)} ${path}\0`);
    archive.entry({ name: 'list' }, records.join(''));
    for (const [path, text] of files) archive.entry({ name: `pages/${path}` }, text);
    archive.finalize();
    const text = server.sent.at(-1)?.Parameters?.['commands']?.join('\n') ?? '';
    const url = /^URL='(.*)'$/m.exec(text)?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-import-'));
    await pipeline(archive, createGzip(), createWriteStream(join(folder, 'pack')));
    await run('curl', ['-fsS', '-T', join(folder, 'pack'), url]);
    await rm(folder, { recursive: true });
    if (fails === 'after') return { problem: 'busy' };
    const told = [`files=${files.size}`, `mark=${mark}`, `left=${left.length}`];
    return { output: [...told, ...left.map((path) => `left_path=${path}`)].join('\n') };
  }

  async function deploy(): Promise<Ending> {
    const fails = server.failsNext;
    server.failsNext = undefined;
    if (fails === 'before') return { problem: 'busy' };
    const release = server.value('RELEASE');
    if ((server.release ?? '') !== server.value('EXPECTED_RELEASE') && server.release !== release) {
      return { problem: 'published-meanwhile' };
    }
    const base = server.value('BASE') ?? '';
    const isOther = base !== '' && ![base, server.value('RESULT')].includes(listSum(server.list));
    if (isOther || (base !== '' && server.placing !== undefined)) return { problem: 'other-base' };
    const options = { encoding: 'buffer', maxBuffer: 1e8 } as const;
    const fetched = await run('curl', ['-fsS', server.value('URL') ?? ''], options).catch(() => undefined);
    if (!fetched) return { problem: 'fetch-refused\t403' };
    if (createHash('sha256').update(fetched.stdout).digest('hex') !== server.value('SHA256')) {
      return { problem: 'wrong-bytes' };
    }
    const problem = await place(fetched.stdout, base !== '');
    if (problem !== undefined) return { problem };
    server.release = release;
    server.placing = undefined;
    server.settings = server.value('SETTINGS_ID');
    return fails === 'after' ? { problem: 'busy' } : { output: `release=${release}\nfree_bytes=900000000\n` };
  }

  async function place(bundle: Buffer, isDelta: boolean): Promise<string | undefined> {
    const { pages, gone } = await unpacked(bundle);
    const list = new Map(isDelta ? server.list : []);
    for (const path of gone) list.delete(path);
    for (const [path, text] of pages) list.set(path, { sha256: createHash('sha256').update(text).digest('hex') });
    if (listSum(list) !== server.value('RESULT')) return 'wrong-result';
    server.fetched.push([...pages.keys(), ...gone.map((path) => `-${path}`)].sort());
    for (const [path, text] of pages) server.pages.set(path, text.toString());
    const going = server.value('STAYS') === 'yes' ? [] : [...server.list.keys()].filter((path) => !list.has(path));
    for (const path of going) server.pages.delete(path);
    server.list.clear();
    for (const [path, sum] of list) server.list.set(path, sum);
    return undefined;
  }
  return server;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function unpacked(bundle: Buffer): Promise<{ pages: Map<string, Buffer>; gone: string[] }> {
  const pages = new Map<string, Buffer>();
  let gone: string[] = [];
  const archive = extract();
  const read = pipeline(Readable.from([bundle]), createGunzip(), archive);
  for await (const entry of archive) {
    const bytes = await buffer(entry);
    const { name } = entry.header;
    if (name === 'gone')
      gone = bytes
        .toString()
        .split('\0')
        .slice(0, -1)
        .map((record) => record.slice(65));
    else pages.set(name.replace(/^pages\//, ''), bytes);
  }
  await read;
  return { pages, gone };
}
