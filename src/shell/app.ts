import type * as vscode from 'vscode';
import type { Activities } from './activity';
import type { Connections } from './connections';
import type { ImageActionSource } from './language/imageActions';
import type { Log } from './log';
import type { Sites } from './sites';
import type { SiteNode } from './views/siteNode';

/** What the parts of the shell share; a plain object that is handed down. */
export interface App {
  readonly log: Log;
  readonly connections: Connections;
  readonly sites: Sites;
  readonly tree: { selected(): SiteNode | undefined };
  readonly imageActions: ImageActionSource;
  /** What is remembered of the window's folders on this computer. */
  readonly memory: vscode.Memento;
  /** What is remembered on this computer whatever is open. */
  readonly machineMemory: vscode.Memento;
  readonly activities: Activities;
  /** Folder for what this computer remembers to save work. */
  readonly cacheFolder: string;
  /** What is disposed of when the extension ends. */
  readonly subscriptions: vscode.Disposable[];
}
