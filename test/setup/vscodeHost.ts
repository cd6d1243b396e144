import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, packageFolder } from './cache.mjs';
import { ensurePackages } from './packages';
import { NODE_VERSION, toolsNode } from './toolsNode.mjs';

/** The VS Code server that runs the host and end-to-end tests: absolute paths of its Node, its entry point and its browser. */
export interface VSCodeHost {
  readonly node: string;
  readonly serverMain: string;
  readonly chromium: string;
}

const CODE_SERVER_VERSION = '4.139.1';
/** Its native modules belong to the Node that they were compiled for. */
const FOLDER = `code-server-${CODE_SERVER_VERSION}-node-${NODE_VERSION}`;
/** Chromium, and what makes it trust an authority. */
const RUN_PACKAGES = ['chromium', 'libnss3-tools'];
/** What compiling the native modules of VS Code needs. */
const BUILD_PACKAGES = [
  'build-essential',
  'python3',
  'pkg-config',
  'libkrb5-dev',
  'libsecret-1-dev',
  'libx11-dev',
  'libxkbfile-dev',
];

/** The Debian packages that this needs here and now. */
export function vscodeHostPackages(): readonly string[] {
  return existsSync(join(cacheFolder(), FOLDER)) ? RUN_PACKAGES : [...RUN_PACKAGES, ...BUILD_PACKAGES];
}

/** Installs the VS Code server when it is not cached yet (two to four minutes), and Chromium. */
export async function vscodeHost(): Promise<VSCodeHost> {
  await ensurePackages(vscodeHostPackages());
  const { node, bin } = await toolsNode();
  if (!existsSync(join(cacheFolder(), FOLDER))) {
    console.log(`VS Code for the tests: installing code-server ${CODE_SERVER_VERSION} (two to four minutes, once)`);
  }
  const folder = await packageFolder(FOLDER, { 'code-server': CODE_SERVER_VERSION }, bin);
  const serverMain = join(folder, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
  return { node, serverMain, chromium: '/usr/bin/chromium' };
}
