import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { vscodeHost } from '../setup/vscodeHost';

/** How a VS Code server is started; everything it keeps goes into `dataFolder`. */
export interface ServerOptions {
  readonly dataFolder: string;
  /** Where extensions are installed; default an empty folder in `dataFolder`. */
  readonly extensionsFolder?: string;
  /** The user's settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** All of the environment of the server and its extension hosts. */
  readonly env: NodeJS.ProcessEnv;
  /** Folders open in Restricted Mode until trusted; otherwise every folder is trusted. */
  readonly workspaceTrust?: boolean;
  /** Honours the development extension and the tests that an address names; shows no toasts then. */
  readonly development?: boolean;
  readonly port?: number;
}

/** A running VS Code server on 127.0.0.1. */
export interface WorkbenchServer {
  readonly port: number;
  /** Address of a workbench on a folder; the payload is VS Code's own list of name and value. */
  url(folder: string, payload?: readonly (readonly [name: string, value: string])[]): string;
  /** How this server names one of its files. */
  fileUri(path: string): string;
  /** Settles when the server has ended by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 10_000;

/** Runs a program; the signal that this process is gone ends the program with its extension hosts, which it would leave behind. */
const ENDING_TOGETHER = 'trap "trap - TERM; kill 0" TERM; "$@" & wait $!';

/** What keeps a test window still, with no welcome pages, tips, update checks or experiments; files are saved as on a desktop. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'files.autoSave': 'off',
  'remote.autoForwardPorts': false,
  'editor.minimap.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

/** Starts a VS Code server; it ends with `stop()` or with this process, whichever comes first. */
export async function startWorkbenchServer(options: ServerOptions): Promise<WorkbenchServer> {
  const { node, serverMain } = await vscodeHost();
  const { dataFolder, extensionsFolder = join(dataFolder, 'extensions') } = options;
  const userFolder = join(dataFolder, 'data', 'User');
  await mkdir(userFolder, { recursive: true });
  await writeFile(
    join(userFolder, 'settings.json'),
    JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }, undefined, 2),
  );
  const args = [
    ...[serverMain, '--host', '127.0.0.1', '--port', String(options.port ?? 0)],
    ...['--without-connection-token', '--accept-server-license-terms', '--disable-telemetry'],
    ...['--server-data-dir', dataFolder, '--extensions-dir', extensionsFolder],
    ...(options.development ? ['--enable-smoke-test-driver'] : []),
    ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
  ];
  // A session of its own keeps Ctrl-C from it, so that it is stopped in order.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'sh', '-c', ENDING_TOGETHER, 'sh', node, ...args], {
    cwd: dataFolder,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (line: string): string => (output = `${output}${line}\n`.slice(-8000));
  createInterface({ input: child.stderr }).on('line', keep);
  const lines = createInterface({ input: child.stdout }).on('line', keep);
  const ended = once(child, 'close').then(([code]) => `The VS Code server ended with ${String(code)}:\n${output}`);
  const listening = new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      const port = /^Extension host agent listening on (\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  const failure = ended.then((reason) => {
    throw new Error(reason);
  });
  failure.catch(() => undefined);
  const port = await Promise.race([listening, failure]);
  const authority = `127.0.0.1:${port}`;
  return {
    port,
    url(folder, payload) {
      const query = new URLSearchParams({ folder, ...(payload ? { payload: JSON.stringify(payload) } : {}) });
      return `http://${authority}/?${query.toString().replaceAll('+', '%20')}`;
    },
    fileUri: (path) => `vscode-remote://${authority}${encodeURI(path)}`,
    ended,
    stop: () => end(child),
  };
}

/** Installs a packed extension into a folder, as a user's `code --install-extension` does. */
export async function installExtension(vsix: string, extensionsFolder: string, dataFolder: string): Promise<void> {
  const { node, serverMain } = await vscodeHost();
  const args = [serverMain, '--install-extension', vsix, '--force', '--accept-server-license-terms'];
  const folders = ['--server-data-dir', dataFolder, '--extensions-dir', extensionsFolder];
  const child = spawn(node, [...args, ...folders], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || !output.includes('was successfully installed')) {
    throw new Error(`${vsix} could not be installed into VS Code:\n${output}`);
  }
}

/**
 * An environment for a server: this process's without what belongs to Node tooling or to an enclosing VS Code, nor what the
 * pattern names, and with the extra.
 */
export function serverEnvironment(extra: Readonly<Record<string, string>> = {}, without?: RegExp): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|NODE_PATH$|TSX_|MOCHA_)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name) && !without?.test(name));
  return { ...Object.fromEntries(own), ...extra };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, 'close');
  const group = -child.pid;
  process.kill(group, 'SIGTERM');
  const overdue = setTimeout(() => process.kill(group, 'SIGKILL'), STOP_LIMIT_MS);
  await closed;
  clearTimeout(overdue);
}
