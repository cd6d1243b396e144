import type { ExtensionContext } from 'vscode';
import { createApp } from './shell/app';
import { registerCommands } from './shell/commands';
import { registerImageActions } from './shell/language/imageActions';
import { registerSiteTree } from './shell/views/siteTree';

/** Builds the application and registers all that VS Code calls; AWS and HTML code is loaded on first use. */
export function activate(context: ExtensionContext): void {
  const app = createApp();
  context.subscriptions.push(app, registerCommands(app), registerSiteTree(app), registerImageActions(app.imageActions));
}
