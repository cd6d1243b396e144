import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { imageFolder } from '../setup/machineImage';
import { serialOf, type Ground, type Wanted } from './ground';

const SCRIPT = join(__dirname, 'container.sh');

let reason: string | undefined;
let isKnown = false;

/** Why servers are emulated and not containers; undefined where a container can run, which is found out by starting one. */
export function whyNoContainer(): string | undefined {
  if (!isKnown) reason = findReason();
  isKnown = true;
  return reason;
}

function findReason(): string | undefined {
  if (process.env['SITELIFT_TEST'] === 'full') return 'a full test is done on emulated servers';
  if (process.platform !== 'linux') return 'containers are Linux’s';
  if (process.getuid?.() !== 0) return 'a container of this kind takes root';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices';
  const [program, ...args] = command({ platform: 'amazon-linux', volumes: ['vol-0'] }, '');
  const { status, stderr, error } = spawnSync(program, args, { input: '', encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trimEnd().split('\n').at(-1) ?? `a container ended with ${status}`;
}

function command({ platform, volumes }: Wanted, socket: string): [string, ...string[]] {
  return ['unshare', '--mount', 'bash', SCRIPT, imageFolder(), platform, socket, ...volumes.map(serialOf)];
}

/** Starts a container with the machine image’s file system on this machine’s own kernel: what an emulated server takes a minute for takes a second. */
export async function startContainer(wanted: Wanted): Promise<Ground> {
  const internet = wanted.internet && (await listenInFolder(createServer(wanted.internet)));
  const [program, ...args] = command(wanted, internet?.socket ?? '');
  // In a session of its own it is not killed together with the tests, and takes everything down when they are gone.
  const child = spawn(program, args, { detached: true, stdio: 'pipe' });
  const ended = once(child, 'exit');
  const said = text(child.stderr);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    await internet?.close();
  };
  for await (const leader of createInterface({ input: child.stdout })) return { stop, run: runIn(leader) };
  await stop();
  throw new Error(`The container did not start:\n${await said}`);
}

/** Lets a server listen at a socket in a folder of its own. */
async function listenInFolder(server: Server): Promise<{ socket: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-container-'));
  const socket = join(folder, 'internet');
  await once(server.listen(socket), 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return { socket, close };
}

/** Scripts run as a service of the container, so that they may do what it may and no more. */
function runIn(leader: string): Ground['run'] {
  const service = ['systemd-run', '--quiet', '--pipe', '--wait', '--collect'];
  return async (script, limitSeconds) => {
    const limited = ['timeout', '--signal=KILL', String(limitSeconds), '/usr/lib/sandbox/run-script'];
    const child = spawn('nsenter', ['--target', leader, '--all', ...service, ...limited], { stdio: 'pipe' });
    child.stdin.end(script);
    const [stdout, stderr, [rc]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { rc: rc ?? 1, stdout, stderr };
  };
}
