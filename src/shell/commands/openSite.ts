import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import { known } from '../../core/resources/resource';
import { readSite } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended } from '../options';
import { loadAws } from '../chunks';
import { withOp } from '../operation';
import { contextFor } from '../sites';

/** Opens the site in the browser; an unattended caller gets its address instead. */
export async function openSite(app: App, argument: unknown): Promise<string | undefined> {
  const options = unattended(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const site = await readSite(folder.uri.fsPath);
  const context = await contextFor(folder, site);
  const { describeSite } = await loadAws();
  const have = await withOp(app.log, `Looking for ${site.name}`, (op) => describeSite(context, op));
  const server = known(have.server);
  if (server?.state !== 'running' || !server.host) {
    throw new UserError('The site has no running server with a public address yet. Provision and publish it first.', {
      remedy: { title: 'Provision All…', command: 'sitelift.provisionAll' },
    });
  }
  const url = `http://${server.host}/`;
  if (!options) await vscode.env.openExternal(vscode.Uri.parse(url));
  return url;
}
