import * as vscode from 'vscode';
import type { Op } from '../../core/op';
import { readSite } from '../../core/site';
import type { ResourceName } from '../../core/resources/stack';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended } from '../options';
import { loadAws } from '../chunks';
import { confirmAndRun } from '../confirm';
import { withOp } from '../operation';
import { contextFor } from '../sites';

/** The command that provisions one resource with what it needs, or all of them. It gives the keys of the steps it ran. */
export function provision(what: ResourceName | 'all') {
  const piece = what === 'all' ? 'everything' : `the ${what}`;
  return async (app: App, argument: unknown): Promise<readonly string[] | undefined> => {
    const options = unattended(argument);
    const folder = await chooseSite(argument, options);
    if (!folder) return undefined;
    const site = await readSite(folder.uri.fsPath);
    const context = await contextFor(folder, site);
    const { describeSite, planProvision } = await loadAws();
    const proposal = {
      question: `Provision ${piece} for “${site.name}”?`,
      verb: 'Provision',
      plan: async (op: Op) => planProvision(what, context, await describeSite(context, op)),
    };
    const keys = await withOp(app.log, `Provisioning ${piece} for ${site.name}`, (op) =>
      confirmAndRun(app, context, proposal, options, op),
    );
    if (keys && !options) void tellOutcome(site.name, what, keys);
    return keys;
  };
}

async function tellOutcome(name: string, what: ResourceName | 'all', keys: readonly string[]): Promise<void> {
  if (keys.length === 0) {
    void vscode.window.showInformationMessage(`Nothing to do: all that was asked for “${name}” is there.`);
    return;
  }
  const publish = 'Publish Site…';
  const buttons = what === 'all' ? [publish] : [];
  const told = `“${name}”: ${keys.length} ${keys.length === 1 ? 'step' : 'steps'} done.`;
  const chosen = await vscode.window.showInformationMessage(told, ...buttons);
  if (chosen === publish) await vscode.commands.executeCommand('sitelift.publishSite');
}
