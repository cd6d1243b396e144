import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.mjs';
import { ensurePackages } from './packages';

const REQUIREMENTS = join(__dirname, '..', 'sandbox', 'controlplane', 'requirements.txt');
const LINTER_REQUIREMENTS = join(__dirname, '..', 'core', 'handover', 'requirements.txt');
const PACKAGES = ['python3', 'python3-venv'] as const;
const run = promisify(execFile);

/** Absolute paths of a Python that has the packages, and of the `aws` command line where that is one of them. */
export interface PythonEnvironment {
  readonly python: string;
  readonly aws: string;
}

/** The Debian packages that this needs here and now. */
export async function pythonPackages(): Promise<readonly string[]> {
  return existsSync((await location(REQUIREMENTS)).python) ? [] : PACKAGES;
}

/** Makes the sandbox's virtual environment when it is not cached yet, which takes about a minute. */
export function pythonEnvironment(): Promise<PythonEnvironment> {
  return virtualEnvironment(REQUIREMENTS, 'the sandbox');
}

/** Makes the virtual environment of cfn-lint, which holds templates valid; inside a sandbox there is no way to the registry. */
export function templateLinter(): Promise<PythonEnvironment> {
  return virtualEnvironment(LINTER_REQUIREMENTS, 'the tests of templates');
}

/** Makes a virtual environment with the pinned packages of a requirements file when it is not cached yet. */
export async function virtualEnvironment(requirements: string, owner: string): Promise<PythonEnvironment> {
  const { folder, name, ...environment } = await location(requirements);
  if (existsSync(environment.python)) return environment;
  await ensurePackages(PACKAGES);
  console.log(`Python for ${owner}: installing its packages (about a minute, once)`);
  // An environment cannot be renamed (its scripts name their folder), so the finished one is linked to instead.
  const mark = randomBytes(4).toString('hex');
  const made = join(cacheFolder(), `${name}.${mark}`);
  try {
    await run('python3', ['-m', 'venv', made]);
    await run(join(made, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    await symlink(made, `${folder}.link-${mark}`);
    await rename(`${folder}.link-${mark}`, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw new Error(`The Python packages of ${owner} could not be installed.`, { cause: error });
  }
  return environment;
}

async function location(requirements: string) {
  const hash = createHash('sha256').update(await readFile(requirements));
  const name = `python-${hash.digest('hex').slice(0, 12)}`;
  const folder = join(cacheFolder(), name);
  return { name, folder, python: join(folder, 'bin', 'python'), aws: join(folder, 'bin', 'aws') };
}
