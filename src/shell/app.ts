import * as vscode from 'vscode';
import { loadHtml } from './chunks';
import type { ImageActionSource } from './language/imageActions';
import { Sites } from './sites';
import { locateImages } from './language/imageSource';

/** What the parts of the shell share; a plain object that is handed down. */
export interface App extends vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly sites: Sites;
  readonly imageActions: ImageActionSource;
}

/** Makes the application; reads nothing yet. */
export function createApp(): App {
  const log = vscode.window.createOutputChannel('Sitelift', { log: true });
  const sites = new Sites(log);
  return {
    log,
    sites,
    imageActions: { locate: (path) => Promise.resolve(locateImages(sites, path)), loadHtml },
    dispose: () => {
      sites.dispose();
      log.dispose();
    },
  };
}
