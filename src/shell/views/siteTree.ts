import * as vscode from 'vscode';
import type { ResourceName } from '../../core/resources/stack';
import type { App } from '../app';
import type { SiteEntry } from '../sites';
import { viewOf, type Detail } from './resourceItem';

/** A row of the tree: a site (shown only when there are several), a resource of it, or a detail. */
export type SiteNode =
  | { readonly kind: 'site'; readonly entry: SiteEntry }
  | { readonly kind: 'resource'; readonly entry: SiteEntry; readonly name: ResourceName }
  | { readonly kind: 'detail'; readonly detail: Detail };

const RESOURCES: readonly ResourceName[] = ['server', 'volume', 'bucket', 'distribution'];

/** Shows the sites in the view `sitelift.site`; its welcome texts depend on the context key `sitelift.state`. */
export function registerSiteTree(app: App): vscode.Disposable {
  const { sites } = app;
  const changed = new vscode.EventEmitter<undefined>();
  const view = vscode.window.createTreeView<SiteNode>('sitelift.site', {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: itemOf,
      getChildren: (node) => (node ? childrenOf(node) : roots(sites.entries)),
    },
  });
  let state = '';
  const show = () => {
    const now = stateOf(app);
    if (now !== state) {
      state = now;
      void vscode.commands.executeCommand('setContext', 'sitelift.state', state);
    }
    const [only] = sites.entries.length === 1 ? sites.entries : [];
    // The view's own header is merged with its container's while it is the only view, and shows no description then.
    view.title = only?.site?.name ?? 'Site';
    view.description = only?.site?.region ?? '';
    changed.fire(undefined);
  };
  const subscriptions = [view, changed, sites.onDidChange(show)];
  show();
  void sites.refresh();
  return vscode.Disposable.from(...subscriptions);
}

/** What the welcome texts of an empty tree depend on. */
function stateOf({ sites }: App): string {
  const { entries } = sites;
  if (!vscode.workspace.isTrusted) return 'untrusted';
  if (entries.some(({ have }) => have)) return 'ready';
  if (entries.some(({ problem }) => problem)) {
    return entries.some(({ site }) => site) ? 'unreachable' : 'broken';
  }
  return entries.length > 0 || sites.isFirstReading ? 'loading' : 'noSite';
}

function roots(entries: readonly SiteEntry[]): SiteNode[] {
  const readable = entries.filter(({ have }) => have);
  const [only] = readable;
  if (entries.length === 1) return only ? childrenOf({ kind: 'site', entry: only }) : [];
  return readable.length > 0 ? entries.map((entry) => ({ kind: 'site', entry })) : [];
}

function childrenOf(node: SiteNode): SiteNode[] {
  switch (node.kind) {
    case 'site':
      if (node.entry.problem)
        return [{ kind: 'detail', detail: { label: 'Problem', value: node.entry.problem.message } }];
      return node.entry.have ? RESOURCES.map((name) => ({ kind: 'resource', entry: node.entry, name })) : [];
    case 'resource':
      return node.entry.have
        ? viewOf(node.name, node.entry.have).details.map((detail) => ({ kind: 'detail', detail }))
        : [];
    case 'detail':
      return [];
  }
}

function itemOf(node: SiteNode): vscode.TreeItem {
  switch (node.kind) {
    case 'site': {
      const item = new vscode.TreeItem(
        node.entry.site?.name ?? node.entry.folder.name,
        vscode.TreeItemCollapsibleState.Expanded,
      );
      item.id = node.entry.folder.uri.toString();
      item.description = node.entry.problem ? 'cannot be read' : (node.entry.site?.region ?? '');
      item.iconPath = new vscode.ThemeIcon('cloud');
      item.contextValue = 'site';
      return item;
    }
    case 'resource': {
      if (!node.entry.have) throw new Error('A resource is shown only once AWS was read.');
      const view = viewOf(node.name, node.entry.have);
      const { Collapsed, None } = vscode.TreeItemCollapsibleState;
      const item = new vscode.TreeItem(view.label, view.details.length > 0 ? Collapsed : None);
      item.id = `${node.entry.folder.uri.toString()}#${node.name}`;
      item.description = view.state;
      item.iconPath = view.icon;
      item.contextValue = `${node.name}.${view.condition}`;
      item.tooltip = `${view.label}: ${view.state}`;
      item.accessibilityInformation = { label: `${view.label}, ${view.state}` };
      return item;
    }
    case 'detail': {
      const item = new vscode.TreeItem(node.detail.label);
      item.description = node.detail.value;
      item.tooltip = `${node.detail.label}: ${node.detail.value}`;
      item.contextValue = 'detail';
      return item;
    }
  }
}
