import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import pLimit from 'p-limit';

const run = promisify(execFile);
/** Debian's tools lock each other out, so parts that are set up side by side take turns here. */
const oneAtATime = pLimit(1);

/** Installs the Debian packages that are missing when run as root on Debian or Ubuntu; otherwise throws naming them all. */
export async function ensurePackages(packages: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') throw new Error(`The sandbox runs on Linux. It needs: ${packages.join(' ')}.`);
  await oneAtATime(async () => {
    const missing = packages.filter((name) => !isInstalled(name));
    if (missing.length > 0) await install(missing);
  });
}

/** Whether a Debian package is installed. */
export function isInstalled(name: string): boolean {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return status === 0 && stdout.includes('install ok installed');
}

async function install(missing: readonly string[]): Promise<void> {
  const names = missing.join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `These system packages are missing: ${names}. Install them (on Debian: sudo apt-get install ${names}) and run this again.`,
    );
  }
  console.log(`System packages: installing ${names}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { env });
    const options = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600'];
    await run('apt-get', ['install', ...options, ...missing], { env, maxBuffer: Infinity });
  } catch (error) {
    const output = String((error as { stderr?: unknown }).stderr ?? '').trimEnd();
    const end = output.split('\n').slice(-20).join('\n');
    throw new Error(`The system packages ${names} could not be installed:\n${end}`, { cause: error });
  }
}
