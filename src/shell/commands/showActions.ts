import * as vscode from 'vscode';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { consentFor } from '../consent';
import { entryInSight, goingOn } from '../statusBar';
import { askWhich } from '../tell';

interface Action {
  readonly label: string;
  readonly description?: string;
  run(): unknown;
}

/** Offers what is done most with a site; what the item in the status bar leads to. */
export async function showActions(app: App): Promise<void> {
  const entry = entryInSight(app);
  if (!entry) {
    await chooseSite(undefined, undefined);
    return;
  }
  const row = { kind: 'site', entry };
  const run = (label: string, id: string, description?: string): Action => ({
    ...{ label, ...(description === undefined ? {} : { description }) },
    run: () => vscode.commands.executeCommand(id, row),
  });
  const consent = entry.site && consentFor(app.machineMemory, entry.folder, entry.site);
  const isUnasked = consent?.isGiven('publish') || consent?.isGiven('publishOnSave');
  const going = goingOn(app, entry);
  const actions: readonly Action[] = [
    ...(going ? [{ label: `Cancel: ${going.title}`, run: () => going.cancel() }] : []),
    run('Publish Site…', 'sitelift.publishSite', 'send what has changed'),
    run('Open Site', 'sitelift.openSite', 'in the browser'),
    run('Roll Back…', 'sitelift.rollback', 'to an earlier release'),
    run('Verify Site', 'sitelift.verifySite', 'compare what is there with the release'),
    {
      label: 'Show Releases',
      description: 'in the Sitelift view',
      run: () => vscode.commands.executeCommand('sitelift.site.focus'),
    },
    ...(isUnasked ? [run('Ask Again Before Publishing', 'sitelift.askAgain', 'as you chose not to be asked')] : []),
    run('Show Log', 'sitelift.showLog'),
  ];
  const name = entry.site?.name ?? entry.folder.name;
  await (await askWhich(`What to do with “${name}”`, actions))?.run();
}
