import * as vscode from 'vscode';
import type { App } from './app';
import type * as Commands from './entryCommands';

/** Registers what goes on beside the commands: the item in the status bar, publishing on save and tasks. Their code is loaded once there is a site. */
export function registerHabits(app: App): vscode.Disposable {
  const load = (): Promise<typeof Commands> => import('./entryCommands');
  let started: vscode.Disposable | undefined;
  let isLoading = false;
  const start = async () => {
    if (isLoading || !vscode.workspace.isTrusted || app.sites.entries.length === 0) return;
    isLoading = true;
    const { publishOnSave, statusBar } = await load();
    started = vscode.Disposable.from(statusBar(app), publishOnSave(app));
  };
  const subscriptions = [
    app.sites.onDidChange(() => void start()),
    vscode.tasks.registerTaskProvider('sitelift', {
      provideTasks: async () => (await load()).tasksOf(app),
      resolveTask: async ({ definition, name, scope }: vscode.Task) =>
        (await load()).taskOf(app, definition, scope, name),
    }),
  ];
  return new vscode.Disposable(() => vscode.Disposable.from(...subscriptions, ...(started ? [started] : [])).dispose());
}
