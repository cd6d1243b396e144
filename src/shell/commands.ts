import * as vscode from 'vscode';
import type { App } from './app';
import { INTENTS, type AtHand, type CommandName, type Run } from './intents';
import { isOptions } from './options';
import { tellingErrors } from './operation';
import { showReading, tellWarning } from './tell';

const AT_HAND = {
  refresh: async ({ sites }) => showReading('sitelift.site', () => sites.refresh()),
  showLog: ({ log }) => Promise.resolve(log.show()),
} satisfies Record<AtHand, Run>;

/** Commands that work in a workspace that is not trusted, since they neither read nor change anything of it. */
const HARMLESS: ReadonlySet<string> = new Set(['showLog']);

/** Registers all commands; in a workspace that is not trusted they say so and do nothing. */
export function registerCommands(app: App): vscode.Disposable {
  const registrations = Object.entries(INTENTS).map(([name, intent]) =>
    vscode.commands.registerCommand(`sitelift.${name}`, (...args: unknown[]) => {
      if (vscode.workspace.isTrusted || HARMLESS.has(name)) {
        const unattended = isOptions(args[0]);
        const run = async () => (await runOf(name as CommandName))(app, ...args);
        const attended = () => (unattended ? run() : app.connections.attended(run));
        return tellingErrors(app.log, intent, unattended, attended);
      }
      void tellWarning(
        'Sitelift does nothing in a workspace that is not trusted. Trust the workspace, then run the command again.',
      );
      return undefined;
    }),
  );
  return vscode.Disposable.from(...registrations);
}

async function runOf(name: CommandName): Promise<Run> {
  return name === 'refresh' || name === 'showLog' ? AT_HAND[name] : (await import('./entryCommands')).RUNS[name];
}
