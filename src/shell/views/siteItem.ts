import * as vscode from 'vscode';
import { plainText } from '../../core/plainText';
import { releasesView } from './releaseView';
import { viewOf } from './resourceView';
import type { Icon } from './shown';
import { consoleUrlOf, viewOfCost, viewOfRelease, type SiteNode } from './siteNode';
import { spokenOf } from './spoken';

const COLOURS = {
  good: new vscode.ThemeColor('testing.iconPassed'),
  attention: new vscode.ThemeColor('list.warningForeground'),
  old: new vscode.ThemeColor('disabledForeground'),
};

/** How VS Code draws a row. */
export function itemOf(node: SiteNode): vscode.TreeItem {
  const { entry } = node;
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  const folder = entry.folder.uri.toString();
  switch (node.kind) {
    case 'site': {
      const problem = entry.problem?.message;
      return rowOf(node, entry.site?.name ?? entry.folder.name, {
        id: folder,
        description: problem ? 'cannot be read' : (entry.site?.region ?? ''),
        tooltip: problem ?? `Site in ${entry.folder.name}`,
        iconPath: new vscode.ThemeIcon('cloud'),
        contextValue: 'site',
        collapsibleState: Expanded,
      });
    }
    case 'next':
      return rowOf(node, `Next: ${node.title}`, {
        id: `${folder}#next`,
        description: node.progress ?? '',
        tooltip: [
          ...(node.progress === undefined ? [] : [`Begun: ${node.progress}.`]),
          node.about ?? 'Shows account, region and every step before anything changes.',
        ].join('\n'),
        iconPath: new vscode.ThemeIcon('arrow-right'),
        command: { title: node.title, command: node.command, arguments: [node] },
        contextValue: 'next',
      });
    case 'resource': {
      if (!entry.have) throw new Error('A resource is shown only once AWS was read.');
      const view = viewOf(node.name, entry.have, entry.readMs);
      return rowOf(node, view.label, {
        id: `${folder}#${node.name}`,
        description: view.state,
        tooltip: view.tooltip.map((line) => plainText(line)).join('\n'),
        iconPath: iconOf(view.icon),
        contextValue: [node.name, view.condition, ...(view.mark === undefined ? [] : [view.mark])].join('.'),
        collapsibleState: view.details.length > 0 ? Collapsed : None,
      });
    }
    case 'releases': {
      const { label, state, tooltip, icon } = releasesView(entry.releases ?? { former: [] });
      return rowOf(node, label, {
        id: `${folder}#releases`,
        description: state,
        tooltip: tooltip.map((line) => plainText(line)).join('\n'),
        iconPath: iconOf(icon),
        contextValue: 'releases',
        collapsibleState: Collapsed,
      });
    }
    case 'cost': {
      const view = viewOfCost(entry);
      if (!view) throw new Error('What a site costs is shown only once it is known.');
      return rowOf(node, view.label, {
        id: `${folder}#cost`,
        description: view.state,
        tooltip: view.tooltip.map((line) => plainText(line)).join('\n'),
        iconPath: iconOf(view.icon),
        contextValue: 'cost',
        collapsibleState: view.details.length > 0 ? Collapsed : None,
      });
    }
    case 'release': {
      const { label, state, tooltip, icon, condition } = viewOfRelease(node);
      return rowOf(node, label, {
        id: `${folder}#release ${node.release.at}`,
        description: state,
        tooltip: tooltip.map((line) => plainText(line)).join('\n'),
        iconPath: iconOf(icon),
        contextValue: `release.${condition}`,
        collapsibleState: Collapsed,
      });
    }
    case 'detail': {
      const { label, value, about } = node.detail;
      return rowOf(node, label, {
        description: value,
        tooltip: [`${label}: ${value}`, ...(about ? [about] : [])].map((line) => plainText(line)).join('\n'),
        contextValue: consoleUrlOf(node) ? 'detail.console' : 'detail',
      });
    }
  }
}

/** A row whose texts are plain; a tooltip has been made so line by line. */
function rowOf(node: SiteNode, label: string, { description, ...others }: Partial<vscode.TreeItem>): vscode.TreeItem {
  const item = new vscode.TreeItem(plainText(label));
  Object.assign(item, others);
  if (typeof description === 'string') item.description = plainText(description);
  item.accessibilityInformation = { label: plainText(spokenOf(node)) };
  return item;
}

function iconOf({ id, tone }: Icon): vscode.ThemeIcon {
  return tone ? new vscode.ThemeIcon(id, COLOURS[tone]) : new vscode.ThemeIcon(id);
}
