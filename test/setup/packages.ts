import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Installs the Debian packages that are missing when run as root on Debian or Ubuntu; otherwise throws naming them all. */
export function ensurePackages(packages: readonly string[]): void {
  if (process.platform !== 'linux') throw new Error(`The sandbox runs on Linux. It needs: ${packages.join(' ')}.`);
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `These system packages are missing: ${missing.join(' ')}. Install them (on Debian: sudo apt-get install ${missing.join(' ')}) and run this again.`,
    );
  }
  console.log(`Installing system packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
}

function isInstalled(name: string): boolean {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return status === 0 && stdout.includes('install ok installed');
}
