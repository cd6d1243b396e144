import * as vscode from 'vscode';
import type { App } from './app';
import { isOptions } from './choose';
import { createSite } from './commands/createSite';
import { openSite } from './commands/openSite';
import { provision } from './commands/provision';
import { publishSite } from './commands/publishSite';
import { selectProfile } from './commands/selectProfile';
import { uploadToCdn } from './commands/uploadToCdn';
import { tellingErrors } from './operation';

/** A command of the extension. */
export interface Command {
  /** Completes the sentence “Could not …” that tells a failure. */
  readonly intent: string;
  /** The arguments are those that VS Code's menus pass, or one options object. */
  run(app: App, ...args: readonly unknown[]): Promise<unknown>;
}

/** Every command of the extension by its id. */
export const COMMANDS = {
  'sitelift.createSite': { intent: 'create the site', run: createSite },
  'sitelift.provisionServer': { intent: 'provision the server', run: provision('server') },
  'sitelift.provisionVolume': { intent: 'provision the volume', run: provision('volume') },
  'sitelift.provisionBucket': { intent: 'provision the bucket', run: provision('bucket') },
  'sitelift.provisionDistribution': { intent: 'provision the distribution', run: provision('distribution') },
  'sitelift.provisionAll': { intent: 'provision the site', run: provision('all') },
  'sitelift.publishSite': { intent: 'publish the site', run: publishSite },
  'sitelift.uploadToCdn': { intent: 'upload to the CDN', run: uploadToCdn },
  'sitelift.openSite': { intent: 'open the site', run: openSite },
  'sitelift.refresh': { intent: 'read the site', run: ({ sites }) => sites.refresh() },
  'sitelift.showLog': { intent: 'show the log', run: ({ log }) => Promise.resolve(log.show()) },
  'sitelift.selectProfile': { intent: 'select the profile', run: selectProfile },
} satisfies Record<string, Command>;

/** Commands that work in a workspace that is not trusted, since they neither read nor change anything of it. */
const HARMLESS: ReadonlySet<string> = new Set(['sitelift.showLog']);

/** Registers all commands; in a workspace that is not trusted they say so and do nothing. */
export function registerCommands(app: App): vscode.Disposable {
  const registrations = Object.entries<Command>(COMMANDS).map(([id, command]) =>
    vscode.commands.registerCommand(id, (...args: unknown[]) => {
      if (vscode.workspace.isTrusted || HARMLESS.has(id)) {
        return tellingErrors(app.log, command.intent, isOptions(args[0]), () => command.run(app, ...args));
      }
      void vscode.window.showWarningMessage(
        'Sitelift does nothing in a workspace that is not trusted. Trust the workspace, then run the command again.',
      );
      return undefined;
    }),
  );
  return vscode.Disposable.from(...registrations);
}
