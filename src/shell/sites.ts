import * as vscode from 'vscode';
import { SITE_FILE } from '../core/site';
import { UNCHANGED, type Effect } from '../core/resources/effect';
import { loadAws } from './chunks';
import type { Connections } from './connections';
import type { Log } from './log';
import { Lookout, type Depth, type Found } from './lookout';
import { profilesInUse } from './settings';
import { newEntry, type SiteEntry } from './siteEntry';
import { foldersOfSites } from './siteFiles';
import type { SiteReader } from './siteReader';
import { loadView } from './viewChunk';

/** Knows the sites of the window and what AWS shows of them; looks at AWS only while somebody watches, or after a change of ours. */
export class Sites implements vscode.Disposable {
  readonly #log: Log;
  readonly #newReader: () => Promise<SiteReader>;
  readonly #lookout = new Lookout((depth) => this.#look(depth));
  readonly #entries = new Map<string, SiteEntry>();
  /** By the URI of their folders. */
  readonly #effects = new Map<string, readonly Effect[]>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #isFound = false;
  #reading: Promise<SiteReader> | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(log: Log, connections: Connections, cacheFolder: string) {
    this.#log = log;
    this.#newReader = async () =>
      new (await loadView()).SiteReader(connections, cacheFolder, undefined, (line) => log.warn(line));
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${SITE_FILE}`);
    const expire = () => void this.expire();
    this.#subscriptions = [
      watcher,
      watcher.onDidCreate(expire),
      watcher.onDidChange(expire),
      watcher.onDidDelete(expire),
      vscode.workspace.onDidChangeWorkspaceFolders(expire),
      vscode.workspace.onDidGrantWorkspaceTrust(expire),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('sitelift.profile')) connections.keepOnly(profilesInUse());
        if (event.affectsConfiguration('sitelift') || event.affectsConfiguration('http.proxy')) expire();
      }),
    ];
    expire();
  }

  get entries(): readonly SiteEntry[] {
    return [...this.#entries.values()];
  }

  /** The site of a folder, if it is one. */
  entryOf(folder: vscode.WorkspaceFolder | undefined): SiteEntry | undefined {
    return folder && this.#entries.get(folder.uri.toString());
  }

  /** True once it is known which folders are sites. */
  get isFound(): boolean {
    return this.#isFound;
  }

  /** The site whose folder holds the file, if any; what AWS shows of it is read once more when it could be something else by now. */
  async entryFor(file: vscode.Uri): Promise<SiteEntry | undefined> {
    const entry = this.entryOf(vscode.workspace.getWorkspaceFolder(file));
    if (!entry || !vscode.workspace.isTrusted) return undefined;
    if (vscode.window.state.focused) this.#lookout.want();
    return entry.site ? entry : (await this.#reader()).withSite(entry);
  }

  /** Tells whether somebody sees the sites. */
  watch(isWatched: boolean): void {
    this.#lookout.watch(isWatched);
  }

  /** Reads all sites deeply; a call during a reading waits for one that starts after it. */
  refresh(): Promise<void> {
    return this.#lookout.lookNow();
  }

  /** Finds out which folders are sites; what is known of AWS may be out of date, so it is read again once somebody watches. */
  async expire(): Promise<void> {
    await this.#find();
    this.#lookout.expire();
  }

  /**
   * Runs work that changes AWS at the site of a folder; what it changed is read afterwards, without anybody waiting for it: all, or what `effect` says once the
   * work has succeeded.
   */
  during<Result>(folder: vscode.WorkspaceFolder, work: () => Promise<Result>, effect?: Effect): Promise<Result> {
    const note = () => {
      this.#effects.set(folder.uri.toString(), [...this.#effectsOf(folder), effect ?? UNCHANGED]);
    };
    return this.#lookout.during(() => work().finally(note), effect !== undefined);
  }

  dispose(): void {
    this.#lookout.close();
    void this.#reading?.then((reader) => reader.close());
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  /** What reads them, which is loaded when it is first needed. */
  #reader(): Promise<SiteReader> {
    return (this.#reading ??= this.#newReader());
  }

  async #find(): Promise<void> {
    let folders: readonly vscode.WorkspaceFolder[];
    try {
      folders = await foldersOfSites();
    } catch (error) {
      this.#log.warn(`Could not look for sites, so those that are known stay: ${String(error)}`);
      return;
    }
    const keys = folders.map(({ uri }) => uri.toString());
    for (const key of this.#entries.keys()) if (!keys.includes(key)) this.#entries.delete(key);
    for (const folder of folders) {
      const key = folder.uri.toString();
      if (!this.#entries.has(key)) this.#entries.set(key, newEntry(folder));
    }
    this.#isFound = true;
    this.#changed.fire();
  }

  async #look(depth: Depth): Promise<Found> {
    if (!vscode.workspace.isTrusted) return { pending: false, failed: false, changed: false };
    await this.#find();
    const entries =
      depth === 'brief' ? this.entries.filter(({ folder }) => this.#effectsOf(folder).length > 0) : this.entries;
    const found = await Promise.all(entries.map((entry) => this.#read(entry, depth)));
    this.#changed.fire();
    return {
      pending: found.some(({ pending }) => pending),
      failed: found.some(({ failed }) => failed),
      changed: found.some(({ changed }) => changed),
    };
  }

  /** What was done to the site of a folder since it was read. */
  #effectsOf(folder: vscode.WorkspaceFolder): readonly Effect[] {
    return this.#effects.get(folder.uri.toString()) ?? [];
  }

  async #read(known: SiteEntry, depth: Depth): Promise<Found> {
    const key = known.folder.uri.toString();
    const effects = this.#effectsOf(known.folder);
    // A look that was due anyway does not read what these ask for.
    if (depth !== 'cheap') this.#effects.delete(key);
    const { reread, site } = (await loadAws()).afterEffects(known.have, effects);
    const before = { ...known, have: site };
    const scope = depth === 'brief' ? reread : depth;
    const show = (entry: SiteEntry) => {
      if (!this.#entries.has(key)) return;
      this.#entries.set(key, entry);
      if (!before.have) this.#changed.fire();
    };
    const now = await (await this.#reader()).read(before, scope, show);
    show(now);
    if (now.problem && now.problem.message !== before.problem?.message) {
      this.#log.warn(`Could not read the site in ${before.folder.uri.fsPath}: ${now.problem.message}`);
    }
    return (await loadView()).foundOf(known, now);
  }
}
