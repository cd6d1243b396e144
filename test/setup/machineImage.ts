import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheFolder } from './cache.mjs';
import { ensurePackages, isInstalled } from './packages';

const MACHINES = join(__dirname, '..', 'sandbox', 'machines');
const RECIPE = join(MACHINES, 'image');
const IS_ROOT = process.getuid?.() === 0;
// As root the server scripts are tried out in containers; other accounts do without.
const RUN_PACKAGES = ['qemu-system-x86', 'qemu-utils', 'socat', 'python3', ...(IS_ROOT ? ['systemd-container'] : [])];
const BUILD_PACKAGES = ['mmdebstrap', 'debian-archive-keyring', 'e2fsprogs', 'fakeroot'];
// Verified on Debian 12: with these an account that is not root builds the same image in a user namespace.
const ROOTLESS_PACKAGES = IS_ROOT ? [] : ['uidmap'];

/** The Debian packages that this needs here and now. */
export function machinePackages(): readonly string[] {
  if (isInstalled('qemu-system-x86') && existsSync(imageFolder())) return RUN_PACKAGES;
  return [...RUN_PACKAGES, ...BUILD_PACKAGES, ...ROOTLESS_PACKAGES];
}

/** The folder with the image of the sandbox's instances, built first when it is not cached, which takes some minutes. */
export async function machineImage(): Promise<string> {
  await ensurePackages(machinePackages());
  const folder = imageFolder();
  if (existsSync(folder)) return folder;
  const made = `${folder}.${randomBytes(4).toString('hex')}`;
  await mkdir(made);
  try {
    await step(join(RECIPE, 'build.sh'), [made]);
    console.log('image: booting it once, to keep the booted machine (15 to 60 seconds)');
    await step('python3', [join(RECIPE, 'bake.py'), made]);
    await keep(made, folder);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  console.log('image: ready');
  return folder;
}

/** Where the image lies once it is built. */
export function imageFolder(): string {
  return join(cacheFolder(), `machine-${recipeHash()}`);
}

/** A snapshot loads only into the machine that saved it, so QEMU's version and arguments belong to the recipe. */
function recipeHash(): string {
  const hash = createHash('sha256').update(execFileSync('qemu-system-x86_64', ['--version']));
  const files = readdirSync(RECIPE, { recursive: true, encoding: 'utf8' }).map((name) => join(RECIPE, name));
  for (const file of [...files, join(MACHINES, 'qemu.py')].sort()) {
    if (!statSync(file).isFile() || file.endsWith('.pyc')) continue;
    hash.update(`${relative(MACHINES, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

async function keep(made: string, folder: string): Promise<void> {
  try {
    await rename(made, folder);
  } catch (error) {
    // Another process may have finished the same image first.
    if (!existsSync(folder)) throw error;
  }
}

/** Runs a program; its lines that begin with `image:` are printed, the others kept for the error. */
async function step(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const quiet: string[] = [];
  const note = (line: string): unknown => (line.startsWith('image: ') ? console.log(line) : quiet.push(line));
  createInterface({ input: child.stdout }).on('line', note);
  createInterface({ input: child.stderr }).on('line', note);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The machine image could not be built:\n${quiet.slice(-30).join('\n')}`);
}
