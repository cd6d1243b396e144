import * as vscode from 'vscode';
import type { Verification } from '../../core/publish/live/verifySite';
import type { App } from '../app';
import { siteCommand, type Bench } from '../siteCommand';
import { tell, tellWarning } from '../tell';

const PUT_RIGHT = 'Publish Everything Again…';

/** Compares what is on the server and in the bucket with the current release. */
export function verifySite(app: App, argument: unknown): Promise<Verification | undefined> {
  return siteCommand(app, argument, async (bench) => {
    const { folder, options, site } = bench;
    const { verification, lines } = await verifyAt(bench);
    if (!options) void tellVerification(app, folder, site.name, verification, lines);
    return verification;
  });
}

/** Verifies the site of a bench; gives as well what came of it in sentences; the log names every path. */
export async function verifyAt({ app, aws, context, site, working }: Bench) {
  const verification = await working(`Verifying ${site.name}`, async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    return aws.verifySite(context, aws.folderCache(app.cacheFolder), op);
  });
  for (const line of aws.verificationLines(verification, Infinity)) app.log.info(line);
  return { verification, lines: aws.verificationLines(verification) };
}

async function tellVerification(
  { log, sites }: App,
  folder: vscode.WorkspaceFolder,
  name: string,
  { isWhole }: Verification,
  lines: readonly string[],
): Promise<void> {
  const told = `“${name}”: ${lines.join(' ')}`;
  const chosen = isWhole ? await tell(told, 'Show Log') : await tellWarning(told, PUT_RIGHT, 'Show Log');
  if (chosen === 'Show Log') log.show();
  if (chosen === PUT_RIGHT) {
    const entry = sites.entryOf(folder);
    await vscode.commands.executeCommand('sitelift.publishEverything', entry && { kind: 'site', entry });
  }
}
