import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { siteCommand } from '../siteCommand';

/** Opens the site in the browser; an unattended caller gets its address instead. */
export function openSite(app: App, argument: unknown): Promise<string | undefined> {
  return siteCommand(app, argument, async ({ options, site, context, aws, working }) => {
    const url = await working(`Looking for ${site.name}`, async (op) => {
      await aws.requireAccount(context.clients, site.account, op);
      return aws.describeUrl(context, op);
    });
    if (url === undefined && site.distribution.serves === 'site' && !site.distribution.enabled) {
      throw new UserError(
        'The site’s distribution is disabled, so it answers nobody. Run “Enable Distribution…” first.',
        {
          remedy: { title: 'Enable Distribution…', command: 'sitelift.enableDistribution' },
        },
      );
    }
    if (url === undefined) {
      const lacking =
        site.distribution.serves === 'site'
          ? 'distribution that serves its pages'
          : 'running server with a public address';
      throw new UserError(`The site has no ${lacking} yet. Provision and publish it first.`, {
        remedy: { title: 'Provision All…', command: 'sitelift.provisionAll' },
      });
    }
    if (!options) await vscode.env.openExternal(vscode.Uri.parse(url));
    return url;
  });
}
