import type * as vscode from 'vscode';
import type { ImageActionSource } from './language/imageActions';
import type { Sites } from './sites';

/** What the parts of the shell share; a plain object that is handed down. */
export interface App {
  readonly log: vscode.LogOutputChannel;
  readonly sites: Sites;
  readonly imageActions: ImageActionSource;
  /** What is remembered of the window's folders on this computer. */
  readonly memory: vscode.Memento;
}
