import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { packageFolder } from './cache.mjs';

/** The Node that the tools run under, whatever Node the user has: the one that the VS Code of the tests needs. */
export const NODE_VERSION = '24.21.0';

/**
 * Installs that Node when it is not cached yet; gives absolute paths of its program and of the folder for PATH.
 * @returns {Promise<{ node: string, bin: string }>}
 */
export async function toolsNode() {
  const found = await installed();
  if (await runs(found.node)) return found;
  // A folder whose Node does not run is of no use to anybody; what another process still has open of it stays until closed.
  const broken = `${found.folder}.broken-${process.pid}`;
  await rename(found.folder, broken);
  await rm(broken, { recursive: true, force: true });
  const again = await installed();
  if (await runs(again.node)) return again;
  throw new Error(`Node ${NODE_VERSION} was installed in ${again.folder}, but it does not run.`);
}

async function installed() {
  const folder = await packageFolder(`node-${NODE_VERSION}`, { node: NODE_VERSION });
  const bin = join(folder, 'node_modules', 'node', 'bin');
  return { folder, bin, node: join(bin, 'node') };
}

/** @param {string} node */
async function runs(node) {
  try {
    const { stdout } = await promisify(execFile)(node, ['--version']);
    return stdout.trim() === `v${NODE_VERSION}`;
  } catch {
    return false;
  }
}
