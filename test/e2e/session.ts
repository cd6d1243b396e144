import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/sandbox';
import { vscodeHost } from '../setup/vscodeHost';
import { VSIX } from '../setup/vsix';
import { launchBrowser, type Browser } from '../vscode/browser';
import { installExtension, serverEnvironment, startWorkbenchServer, type WorkbenchServer } from '../vscode/server';
import { Workbench } from './workbench';

/** How a session is set up. */
export interface SessionOptions {
  readonly sandbox?: SandboxOptions;
  /** Folder whose copy is opened; its name is kept. Default: an empty folder called `site`. */
  readonly siteFolder?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly workspaceTrust?: boolean;
  /** Opens the browser in a window. */
  readonly window?: boolean;
}

/** A sandbox, a clean VS Code with the packed extension installed on a copy of a site, and a browser to use it with. */
export interface Session {
  readonly sandbox: Sandbox;
  readonly server: WorkbenchServer;
  readonly browser: Browser;
  /** The working copy. */
  readonly workspace: string;
  /** Opens one more workbench on the working copy. */
  openWorkbench(): Promise<Workbench>;
  /** What the extension has logged so far. */
  extensionLog(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a session; whatever had started is ended again when something fails. */
export async function startSession(options: SessionOptions = {}): Promise<Session> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const end of closing.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'The session could not be closed in order.');
  };
  try {
    await vscodeHost();
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-session-'));
    closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const workspace = join(folder, options.siteFolder?.split('/').at(-1) ?? 'site');
    if (options.siteFolder === undefined) await mkdir(workspace);
    else await cp(options.siteFolder, workspace, { recursive: true });

    const sandbox = await startSandbox(options.sandbox);
    closing.push(() => sandbox.stop());
    const dataFolder = join(folder, 'vscode');
    const extensionsFolder = join(folder, 'extensions');
    // What a sign-in leaves is there.
    const home = join(folder, 'home');
    await Promise.all([mkdir(dataFolder), mkdir(home)]);
    await installExtension(VSIX, extensionsFolder, dataFolder);
    const server = await startWorkbenchServer({
      dataFolder,
      extensionsFolder,
      settings: { 'http.proxy': sandbox.proxyUrl, ...options.settings },
      env: serverEnvironment({ ...sandbox.env, HOME: home }, /^AWS_/),
      workspaceTrust: options.workspaceTrust ?? false,
    });
    closing.push(() => server.stop());
    const browser = await launchBrowser(options.window ? { sandbox, headless: false, viewport: null } : { sandbox });
    closing.push(() => browser.close());
    return {
      sandbox,
      server,
      browser,
      workspace,
      async openWorkbench() {
        const workbench = new Workbench(await browser.context.newPage());
        await workbench.open(server.url(workspace));
        return workbench;
      },
      extensionLog: () => readExtensionLog(dataFolder),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readExtensionLog(dataFolder: string): Promise<string> {
  const logs = join(dataFolder, 'data', 'logs');
  const names = await readdir(logs, { recursive: true });
  const files = names.filter((name) => /sitelift[^/]*\/[^/]*\.log$/i.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(logs, name), 'utf8')));
  return texts.join('');
}
