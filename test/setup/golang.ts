import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.mjs';
import { ensurePackages } from './packages';

const LEAST_MINOR = 22;
const run = promisify(execFile);

/** Builds the Go program of a folder, which has no dependencies; gives its absolute path. What was built from the same sources is kept. */
export async function builtProgram(name: string, folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort())
    hash.update(`${file}\0`).update(await readFile(join(folder, file)));
  return kept(`${name}-${hash.digest('hex').slice(0, 12)}`, name, (bin) =>
    run('go', ['build', '-o', join(bin, name), '.'], { cwd: folder, maxBuffer: Infinity }),
  );
}

/** Builds a program of a Go module in exactly this version, dependencies included, which may take minutes; gives its absolute path. */
export async function installedProgram(module: string, version: string): Promise<string> {
  const name = basename(module);
  return kept(`${name}-${version}`, name, (bin) => {
    console.log(`# ${name} ${version}: building it (minutes, once)`);
    return run('go', ['install', `${module}@v${version}`], {
      env: { ...process.env, GOBIN: bin },
      maxBuffer: Infinity,
    });
  });
}

/** A cached folder with one program; it appears all at once, when it is built. */
async function kept(key: string, name: string, build: (bin: string) => Promise<unknown>): Promise<string> {
  const folder = join(cacheFolder(), key);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  await requireGo();
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await build(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run finished the same first.
      if (!existsSync(program)) throw error;
    });
  } catch (error) {
    throw new Error(`${name} could not be built: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return program;
}

async function requireGo(): Promise<void> {
  const needed = `Go 1.${LEAST_MINOR} or newer is needed (package golang)`;
  if ((await minorVersion()) === undefined) {
    await ensurePackages(['golang-go']).catch((error: unknown) => {
      throw new Error(`${needed}. ${(error as Error).message}`, { cause: error });
    });
  }
  const minor = await minorVersion();
  if (minor === undefined || minor < LEAST_MINOR) throw new Error(`${needed}; this is Go 1.${minor ?? '?'}.`);
}

async function minorVersion(): Promise<number | undefined> {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION']);
    return Number(/^go1\.(\d+)/.exec(stdout)?.[1] ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
