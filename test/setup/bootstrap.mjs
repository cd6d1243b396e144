// Runs a TypeScript program of the project under the tools' own Node, on a checkout where nothing is installed yet:
// node bootstrap.mjs program.ts …
import { spawn } from 'node:child_process';
import console from 'node:console';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.mjs';
import { NODE_VERSION, toolsNode } from './toolsNode.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sitelift's tools need Node 20.19 or newer to start; this is ${process.version}.`);
  process.exit(1);
}
try {
  const [{ node, bin }] = await Promise.all([ownNode(), projectPackages()]);
  const [program = '', ...args] = process.argv.slice(2);
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };
  const child = spawn(node, ['--import', 'tsx', program, ...args], { cwd: checkout, stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both; the program ends in order, and this waits for it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function ownNode() {
  if (!existsSync(join(cacheFolder(), `node-${NODE_VERSION}`)))
    console.log(`Installing Node ${NODE_VERSION} for the tools (once)`);
  return toolsNode();
}

/** npm writes the file that is looked at last, so an interrupted installation counts as none. */
async function projectPackages() {
  const installed = join(checkout, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(checkout, 'package-lock.json')).mtimeMs)
    return;
  console.log('Installing npm packages (npm ci)');
  // What is only a warning here is told of the Node that started this, under which nothing of the packages will run.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const [code] = await once(spawn('npm', args, { cwd: checkout, stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error('The npm packages could not be installed; the lines above say why.');
}
