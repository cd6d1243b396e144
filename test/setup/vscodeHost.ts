import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache';
import { ensurePackages } from './packages';

/** The VS Code server that runs the host and end-to-end tests: absolute paths of its Node, its entry point and its browser. */
export interface VSCodeHost {
  readonly node: string;
  readonly serverMain: string;
  readonly chromium: string;
}

const NODE_VERSION = '24.21.0';
const CODE_SERVER_VERSION = '4.139.1';
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
const CHROMIUM = '/usr/bin/chromium';

/** Installs the VS Code server when it is not cached yet (two to four minutes), and Chromium. */
export async function vscodeHost(): Promise<VSCodeHost> {
  ensurePackages(['chromium']);
  const folder = join(cacheFolder(), `vscode-host-${CODE_SERVER_VERSION}-node-${NODE_VERSION}`);
  if (!existsSync(folder)) await install(folder);
  return {
    node: join(folder, 'node', 'node_modules', 'node', 'bin', 'node'),
    serverMain: join(folder, 'code', 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
    chromium: CHROMIUM,
  };
}

async function install(folder: string): Promise<void> {
  ensurePackages(BUILD_PACKAGES);
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    console.log(`Setting up VS Code for the tests, 1 of 2: Node ${NODE_VERSION}`);
    const nodeFolder = join(unfinished, 'node');
    await npmInstall(nodeFolder, 'node', NODE_VERSION, process.env);
    console.log(
      `Setting up VS Code for the tests, 2 of 2: code-server ${CODE_SERVER_VERSION} (two to four minutes, once)`,
    );
    const path = [join(nodeFolder, 'node_modules', 'node', 'bin'), process.env['PATH']].join(delimiter);
    await npmInstall(join(unfinished, 'code'), 'code-server', CODE_SERVER_VERSION, { ...process.env, PATH: path });
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run finished the same set-up first.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** One package in a folder of its own; its install scripts are what make it work, so they are allowed. */
async function npmInstall(folder: string, name: string, version: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(folder);
  const manifest = { private: true, dependencies: { [name]: version } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  // By the environment, because code-server's install script runs npm again for the packages of its VS Code.
  const npm = { ...outsideOfNpm(env), npm_config_dangerously_allow_all_scripts: 'true' };
  const child = spawn('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, env: npm, stdio: 'pipe' });
  child.stdin.end();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const end = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`${name}@${version} could not be installed (npm ended with ${code}):\n${end}`);
}

/** Without what an enclosing `npm run` set, which would point this npm at the project. */
function outsideOfNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(npm_(package|lifecycle|command|config_local_prefix|config_user_agent)|INIT_CWD$)/.test(name),
    ),
  );
}
