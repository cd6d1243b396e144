import { setMaxListeners } from 'node:events';
import * as vscode from 'vscode';
import { isAbort } from '../core/op';
import type { Site } from '../core/site';
import { SITE_FILE } from '../core/site';
import type { Context } from '../core/context';
import type { SiteHave } from '../core/resources/stack';
import { loadAws } from './chunks';
import { quietOp } from './operation';
import { connectionSettings } from './settings';

/** A workspace folder that holds a site file, and what was last seen of it. */
export interface SiteEntry {
  readonly folder: vscode.WorkspaceFolder;
  readonly site: Site | undefined;
  /** What AWS showed when it was last read. */
  readonly have: SiteHave | undefined;
  /** Why the site file or AWS could not be read. */
  readonly problem: Error | undefined;
}

/** Seconds between looks while something is pending: soon at first, then slower, since a distribution takes minutes. */
const FIRST_LOOK_SECONDS = 4;
const SLOWEST_LOOK_SECONDS = 20;

/** Knows the sites of the window and keeps what AWS shows of them fresh while something is pending. */
export class Sites implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #entries = new Map<string, SiteEntry>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watcher = vscode.workspace.createFileSystemWatcher(`**/${SITE_FILE}`);
  readonly #subscriptions: vscode.Disposable[];
  readonly #closing = new AbortController();
  #changes = 0;
  #nextLookSeconds = FIRST_LOOK_SECONDS;
  #isFirstReading = true;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    setMaxListeners(0, this.#closing.signal);
    const refresh = () => void this.refresh();
    this.#subscriptions = [
      this.#watcher,
      this.#watcher.onDidCreate(refresh),
      this.#watcher.onDidChange(refresh),
      this.#watcher.onDidDelete(refresh),
      vscode.workspace.onDidChangeWorkspaceFolders(refresh),
      vscode.workspace.onDidGrantWorkspaceTrust(refresh),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('sitelift') || event.affectsConfiguration('http.proxy')) refresh();
      }),
    ];
  }

  get entries(): readonly SiteEntry[] {
    return [...this.#entries.values()];
  }

  /** True until everything was read for the first time. */
  get isFirstReading(): boolean {
    return this.#isFirstReading;
  }

  /** The site whose folder holds the file, if any. */
  entryOf(file: vscode.Uri): SiteEntry | undefined {
    const folder = vscode.workspace.getWorkspaceFolder(file);
    return folder && this.#entries.get(folder.uri.toString());
  }

  /** Reads all sites again; a call during a reading waits for one that starts after it. */
  refresh(): Promise<void> {
    if (!this.#reading) return this.#readOnce();
    const again = () => {
      this.#next = undefined;
      return this.refresh();
    };
    this.#next ??= this.#reading.then(again, again);
    return this.#next;
  }

  /** Runs work that changes AWS; what is shown is read again and again meanwhile, and once afterwards. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#changes += 1;
    void this.refresh();
    try {
      return await work();
    } finally {
      this.#changes -= 1;
      await this.refresh();
    }
  }

  dispose(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  async #readOnce(): Promise<void> {
    this.#reading = this.#readAll();
    this.#changed.fire();
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
      this.#isFirstReading = false;
      this.#changed.fire();
    }
    await this.#planNextLook();
  }

  async #readAll(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    const folders = vscode.workspace.workspaceFolders ?? [];
    const open = new Set(folders.map(({ uri }) => uri.toString()));
    for (const key of this.#entries.keys()) if (!open.has(key)) this.#entries.delete(key);
    await Promise.all(folders.map((folder) => this.#read(folder)));
  }

  async #read(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    if (!(await hasSiteFile(folder))) {
      this.#entries.delete(key);
      return;
    }
    let site: Site | undefined;
    try {
      const { describeSite, readSite, requireAccount } = await loadAws();
      site = await readSite(folder.uri.fsPath);
      const before = this.#entries.get(key);
      if (!before) this.#entries.set(key, { folder, site, have: undefined, problem: undefined });
      const context = await contextFor(folder, site);
      const op = quietOp(this.#closing.signal);
      await requireAccount(context.clients, site.account, op);
      this.#entries.set(key, { folder, site, have: await describeSite(context, op), problem: undefined });
    } catch (error) {
      if (isAbort(error)) return;
      const problem = (await loadAws()).explain(error);
      this.#log.warn(`Could not read the site in ${folder.uri.fsPath}: ${problem.message}`);
      this.#entries.set(key, { folder, site, have: undefined, problem });
    }
  }

  async #planNextLook(): Promise<void> {
    clearTimeout(this.#timer);
    if (!(await this.#isWorthAnotherLook())) {
      this.#nextLookSeconds = FIRST_LOOK_SECONDS;
      return;
    }
    clearTimeout(this.#timer);
    const seconds = this.#changes > 0 ? FIRST_LOOK_SECONDS : this.#nextLookSeconds;
    this.#nextLookSeconds = Math.min(seconds * 1.3, SLOWEST_LOOK_SECONDS);
    this.#timer = setTimeout(() => void this.refresh(), seconds * 1000);
  }

  async #isWorthAnotherLook(): Promise<boolean> {
    if (this.#closing.signal.aborted) return false;
    if (this.#changes > 0) return true;
    const seen = this.entries.flatMap(({ have }) => have ?? []);
    return seen.length > 0 && seen.some((await loadAws()).isPending);
  }
}

/** The site together with clients for its region under the folder's settings. */
export async function contextFor(folder: vscode.WorkspaceFolder, site: Site): Promise<Context> {
  const { createClients } = await loadAws();
  return { site, clients: createClients({ ...connectionSettings(folder), region: site.region }) };
}

/** True when a folder on this computer holds a site file. */
export async function hasSiteFile({ uri }: vscode.WorkspaceFolder): Promise<boolean> {
  if (uri.scheme !== 'file') return false;
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(uri, SITE_FILE));
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}
