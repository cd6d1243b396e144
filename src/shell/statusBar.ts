import * as vscode from 'vscode';
import type { Activity } from './activity';
import type { App } from './app';
import type { SiteEntry } from './siteEntry';
import { newStatusItem } from './tell';
import { statusView } from './views/statusView';

/** How often it is looked whether “5 min ago” is still right. */
const AGE_MS = 30_000;

/** Shows in the status bar what goes on and the last release, of the site that is edited or the first one; reads nothing of AWS. */
export function statusBar(app: App): vscode.Disposable {
  const { activities, sites } = app;
  const item = newStatusItem('sitelift.status', 'Sitelift', 'sitelift.showActions');
  const show = () => {
    const entry = vscode.workspace.isTrusted ? entryInSight(app) : undefined;
    if (!entry) return item.show(undefined);
    const going = goingOn(app, entry) ?? Array.from(activities.going.values())[0];
    const trouble = activities.troubles.get(entry.folder.uri.toString());
    const name = entry.site?.name ?? entry.folder.name;
    item.show(statusView({ entry, going, isOneOfSeveral: sites.entries.length > 1, name, trouble }, Date.now()));
  };
  const timer = setInterval(show, AGE_MS);
  show();
  return vscode.Disposable.from(
    ...[item, sites.onDidChange(show), activities.changed.event(show), vscode.window.onDidChangeActiveTextEditor(show)],
    new vscode.Disposable(() => clearInterval(timer)),
  );
}

/** The site whose file is edited, else the first. */
export function entryInSight({ sites }: Pick<App, 'sites'>): SiteEntry | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return sites.entryOf(uri && vscode.workspace.getWorkspaceFolder(uri)) ?? sites.entries[0];
}

/** What goes on for a site. */
export function goingOn({ activities }: App, { folder }: SiteEntry): Activity | undefined {
  return Array.from(activities.going.values()).find((activity) => activity.folder === folder.uri.toString());
}
