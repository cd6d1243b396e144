import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { chooseFolder } from '../choose';
import { loadAws } from '../chunks';
import { leftoversDocument, type PricedLeftovers } from '../leftoversText';
import { withOp } from '../operation';
import { unattended } from '../options';
import { openText } from '../person';
import { pricedLeftovers } from '../prices';
import { connectionSettings } from '../settings';

/** Where regions are asked for when nothing names one. */
const FIRST_REGION = 'us-east-1';

/** Shows what an account has of sites, of this window or not, in all regions that it has enabled. Nothing is changed. */
export async function findLeftovers(app: App, argument: unknown): Promise<PricedLeftovers | undefined> {
  const options = unattended(argument);
  const isFolderOpen = (vscode.workspace.workspaceFolders ?? []).length > 0;
  const folder = isFolderOpen ? await chooseFolder(argument, options) : undefined;
  if (isFolderOpen && !folder) return undefined;
  const aws = await loadAws();
  const settings = connectionSettings(folder);
  const sites = app.sites.entries.flatMap(({ site }) => site ?? []);
  const region = app.sites.entryOf(folder)?.site?.region ?? settings.region ?? FIRST_REGION;
  const clients = await app.connections.clientsFor({ ...settings, region });
  const { identity, left } = await withOp(app.log, 'Looking for what is left of sites', async (op) => {
    const found = await aws.identify(clients, op);
    if (options && options.account !== found.account) {
      throw new UserError(
        `The caller expects account ${options.account}, but these credentials belong to ${found.account}.`,
      );
    }
    const all = await aws.findLeftovers(clients, op);
    return { identity: found, left: await pricedLeftovers(app, clients, all, op) };
  });
  const where = [`Account ${identity.account}`, `as ${identity.arn}`];
  const title = 'What sites have in AWS';
  if (!options) await openText(app, title, leftoversDocument(title, left, sites, where));
  return left;
}
