import * as vscode from 'vscode';
import { plainText } from '../../core/plainText';
import { isSignedOut } from '../siteEntry';
import { loadView } from '../viewChunk';
import type { Sites } from '../sites';
import type { SiteNode } from './siteNode';

/** Shows the sites in the view `sitelift.site`, and tells them whether anybody sees it; welcome texts and commands depend on the context key `sitelift.state`. */
export function registerSiteTree(sites: Sites): vscode.Disposable & { selected(): SiteNode | undefined } {
  const changed = new vscode.EventEmitter<undefined>();
  const view = vscode.window.createTreeView<SiteNode>('sitelift.site', {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: async (node) => (await loadView()).itemOf(node),
      async getChildren(node) {
        if (!sites.entries.some(({ have }) => have)) return [];
        const { childrenOf, roots } = await loadView();
        return node ? childrenOf(node) : roots(sites.entries);
      },
    },
  });
  const keys = new Map<string, unknown>();
  const setKey = (key: string, value: unknown) => {
    if (keys.get(key) === value) return;
    keys.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const show = () => {
    setKey('sitelift.state', stateOf(sites));
    setKey('sitelift.hasSite', vscode.workspace.isTrusted && sites.entries.length > 0);
    setKey('sitelift.allFoldersAreSites', sites.entries.length === (vscode.workspace.workspaceFolders ?? []).length);
    const [only] = sites.entries.length === 1 ? sites.entries : [];
    // The view's own header is merged with its container's while it is the only view, and shows no description then.
    view.title = plainText(only?.site?.name ?? 'Site');
    view.description = plainText(only?.site?.region ?? '');
    changed.fire(undefined);
  };
  const watch = () => sites.watch(view.visible && vscode.window.state.focused);
  const subscriptions = [
    ...[view, changed, sites.onDidChange(show)],
    ...[view.onDidChangeVisibility(watch), vscode.window.onDidChangeWindowState(watch)],
  ];
  show();
  watch();
  return { selected: () => view.selection[0], dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}

/** What the welcome texts of an empty tree depend on. */
function stateOf({ entries, isFound }: Sites): string {
  if (!vscode.workspace.isTrusted) return 'untrusted';
  if (entries.some(({ have }) => have)) return 'ready';
  if (entries.some(({ problem }) => isSignedOut(problem))) return 'signedOut';
  if (entries.some(({ problem }) => problem)) {
    return entries.some(({ site }) => site) ? 'unreachable' : 'broken';
  }
  return entries.length > 0 || !isFound ? 'loading' : 'noSite';
}
