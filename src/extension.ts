import * as vscode from 'vscode';
import type { App } from './shell/app';
import { loadHtml } from './shell/chunks';
import { registerCommands } from './shell/commands';
import { Connections } from './shell/connections';
import { registerHabits } from './shell/habits';
import { registerImageActions } from './shell/language/imageActions';
import { locateImages } from './shell/language/imageSource';
import { logTo } from './shell/log';
import { Sites } from './shell/sites';
import { registerSiteTree } from './shell/views/siteTree';

/** Builds the application and registers all that VS Code calls; AWS and HTML code is loaded on first use. */
export function activate(context: vscode.ExtensionContext): void {
  const log = logTo(vscode.window.createOutputChannel('Sitelift', { log: true }));
  const connections = new Connections(async (...asked) => {
    const { askToSignIn } = await import('./shell/entryCommands');
    const isDone = await askToSignIn(...asked);
    // What could not be read without is read soon.
    if (isDone) void sites.expire();
    return isDone;
  }, log.debug);
  const cacheFolder = context.globalStorageUri.fsPath;
  const sites = new Sites(log, connections, cacheFolder);
  const tree = registerSiteTree(sites);
  const app: App = {
    ...{ log, connections, sites, tree, cacheFolder },
    memory: context.workspaceState,
    machineMemory: context.globalState,
    activities: { going: new Map(), troubles: new Map(), changed: new vscode.EventEmitter() },
    subscriptions: context.subscriptions,
    imageActions: { locate: (path) => locateImages(sites, path), loadHtml },
  };
  context.subscriptions.push(...[log, sites, tree], registerCommands(app), registerImageActions(app.imageActions));
  context.subscriptions.push(registerHabits(app));
}
