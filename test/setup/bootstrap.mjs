// Runs a TypeScript program of the project on a checkout where nothing is installed yet: node bootstrap.mjs program.ts …
import { spawn, spawnSync } from 'node:child_process';
import console from 'node:console';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sitelift's tools need Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}
if (isStale()) {
  console.log('Installing npm packages (npm ci)');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: checkout, stdio: 'inherit' });
  if (status !== 0) {
    console.error('The npm packages could not be installed; the lines above say why.');
    process.exit(1);
  }
}
const [program, ...args] = process.argv.slice(2);
const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], { cwd: checkout, stdio: 'inherit' });
// A terminal sends Ctrl-C to both; the program ends in order, and this waits for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));

/** npm writes this file last, so an interrupted installation counts as none. */
function isStale() {
  const installed = join(checkout, 'node_modules', '.package-lock.json');
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(checkout, 'package-lock.json')).mtimeMs;
}
