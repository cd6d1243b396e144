import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { siteCommand } from '../siteCommand';

/** Opens the site in the browser; an unattended caller gets its address instead. */
export function openSite(app: App, argument: unknown): Promise<string | undefined> {
  return siteCommand(app, argument, async ({ options, site, context, aws, working }) => {
    const server = await working(`Looking for ${site.name}`, async (op) => {
      await aws.requireAccount(context.clients, site.account, op);
      return aws.describeAddress(context, op);
    });
    if (server?.state !== 'running' || !server.host) {
      throw new UserError('The site has no running server with a public address yet. Provision and publish it first.', {
        remedy: { title: 'Provision All…', command: 'sitelift.provisionAll' },
      });
    }
    const url = `http://${server.host}/`;
    if (!options) await vscode.env.openExternal(vscode.Uri.parse(url));
    return url;
  });
}
