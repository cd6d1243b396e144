import * as vscode from 'vscode';
import type { App } from './shell/app';
import { loadHtml } from './shell/chunks';
import { registerCommands } from './shell/commands';
import { registerImageActions } from './shell/language/imageActions';
import { locateImages } from './shell/language/imageSource';
import { Sites } from './shell/sites';
import { registerSiteTree } from './shell/views/siteTree';

/** Builds the application and registers all that VS Code calls; AWS and HTML code is loaded on first use. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Sitelift', { log: true });
  const sites = new Sites(log);
  const app: App = {
    log,
    sites,
    memory: context.workspaceState,
    imageActions: { locate: (path) => Promise.resolve(locateImages(sites, path)), loadHtml },
  };
  context.subscriptions.push(
    ...[log, sites],
    ...[registerCommands(app), registerSiteTree(app), registerImageActions(app.imageActions)],
  );
}
