import * as vscode from 'vscode';
import { rootFolder, type Site } from '../core/site';
import { quiet } from './activity';
import type { App } from './app';
import { loadAws } from './chunks';
import { coalesced, type Coalesced } from './coalesced';
import { publishAs } from './commands/publishSite';
import type { Standing } from './confirm';
import { consentFor, type Consent } from './consent';
import { tellingErrors } from './operation';
import { publishesOnSave } from './settings';
import { atSite, type Bench, type Manner } from './siteCommand';
import { askModal, tellWarning, type Surface } from './tell';
import { logAftermath } from './tellAftermath';

const TURN_ON = 'Publish on Save';
const INTENT = 'publish on save';
/** How long it may take to tell whether what was saved is published. */
const LOOK_MS = 60_000;

/** What is remembered of a folder while the window is open. */
interface Habit {
  readonly saved: Coalesced;
  /** Files that were saved and not looked at yet, by their absolute paths. */
  readonly files: Set<string>;
  /** Whether they are published could not be told, which the status bar shows. */
  isInDoubt: boolean;
  /** Publishing on save was not agreed to. */
  isRefused: boolean;
  /** Keeps what stands in the way, for the status bar; false when it did so already, so that it is not told with each save. */
  isNewFailure(message: string): boolean;
}

/** Publishes a site as its files are saved, where the settings ask for it and somebody in front of this computer has agreed to that. */
export function publishOnSave(app: App): vscode.Disposable {
  const habits = new Map<string, Habit>();
  const habitOf = (folder: vscode.WorkspaceFolder): Habit => {
    const key = folder.uri.toString();
    const habit = habits.get(key) ?? newHabit(app, folder);
    habits.set(key, habit);
    return habit;
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (!folder || !vscode.workspace.isTrusted || !app.sites.entryOf(folder) || !publishesOnSave(folder)) return;
      const habit = habitOf(folder);
      habit.files.add(uri.fsPath);
      habit.saved.ask();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('sitelift')) return;
      for (const [key, habit] of habits) {
        habit.isRefused = false;
        app.activities.troubles.delete(key);
      }
      app.activities.changed.fire();
    }),
    new vscode.Disposable(() => habits.forEach(({ saved }) => saved.close())),
  );
}

function newHabit(app: App, folder: vscode.WorkspaceFolder): Habit {
  const { activities } = app;
  const key = folder.uri.toString();
  const publish = async () => {
    await tellingErrors(app.log, INTENT, false, publishIfSaved, habit.isNewFailure);
  };
  const publishIfSaved = async () => {
    const files = [...habit.files];
    habit.files.clear();
    const wasInDoubt = habit.isInDoubt;
    habit.isInDoubt = true;
    const isWanted = await isOnePublished(folder, files);
    habit.isInDoubt = false;
    if (wasInDoubt && activities.troubles.delete(key)) activities.changed.fire();
    if (!isWanted) return;
    await quiet(activities, key);
    if (vscode.workspace.isTrusted && publishesOnSave(folder)) await publishSaved(app, folder, habit);
  };
  const habit: Habit = {
    ...{ saved: coalesced(publish), files: new Set(), isInDoubt: false, isRefused: false },
    isNewFailure(message) {
      const isNew = activities.troubles.get(key) !== message;
      activities.troubles.set(key, message);
      activities.changed.fire();
      return isNew;
    },
  };
  return habit;
}

/** True when one of some files of a site is published. */
async function isOnePublished({ uri }: vscode.WorkspaceFolder, files: readonly string[]): Promise<boolean> {
  const { createWorkshop, readSite } = await loadAws();
  const site = await readSite(uri.fsPath);
  const root = rootFolder(uri.fsPath, site);
  const workshop = createWorkshop();
  try {
    const signal = AbortSignal.timeout(LOOK_MS);
    for (const file of files) {
      if (await workshop.isPublished(root, file, site.publish.allow, { signal })) return true;
    }
    return false;
  } finally {
    await workshop.close();
  }
}

async function publishSaved(app: App, folder: vscode.WorkspaceFolder, habit: Habit): Promise<void> {
  const work = async (bench: Bench) => {
    const { site } = bench;
    const consent = consentFor(app.machineMemory, folder, site);
    if (!consent.isGiven('publishOnSave')) {
      if (habit.isRefused) return;
      habit.isRefused = !(await turnsOn(consent, folder, site));
      if (habit.isRefused) {
        app.log.info(
          `Publishing “${site.name}” on save was not agreed to; it stays off until the settings are changed or the window is opened again.`,
        );
        return;
      }
    }
    const standing: Standing = {
      isGiven: true,
      give: () => Promise.resolve(),
      defer: (reasons) => void (habit.isNewFailure(reasons.join('; ')) && review(app, folder, site.name, reasons)),
    };
    const published = await publishAs(bench, standing, { onSave: true });
    if (!published) return;
    app.log.info(published.text);
    logAftermath(app, published);
  };
  await atSite(app, folder, undefined, work, IN_THE_STATUS_BAR);
}

/** Nothing pops up: the item in the status bar shows it and lets it be cancelled. */
const inTheStatusBar: Surface = (_title, work) => {
  const never = new vscode.CancellationTokenSource();
  return work(() => undefined, never.token).finally(() => never.dispose());
};
const IN_THE_STATUS_BAR: Manner = { surface: inTheStatusBar };

async function turnsOn(consent: Consent, folder: vscode.WorkspaceFolder, site: Site): Promise<boolean> {
  const lines = [
    `Account ${site.account}, region ${site.region}`,
    `Root folder: ${site.root} (in ${folder.name})`,
    '',
    'The settings ask for it. From now on this computer publishes the site whenever a file of it is saved, without showing the plan first; it is in the log.',
    'You are still asked before many files are removed, and before a release is replaced that this folder has not seen.',
  ];
  const question = `Publish “${site.name}” on each save?`;
  if ((await askModal({ question, lines }, TURN_ON)) !== TURN_ON) return false;
  await consent.give('publishOnSave');
  return true;
}

async function review(
  app: App,
  folder: vscode.WorkspaceFolder,
  name: string,
  reasons: readonly string[],
): Promise<void> {
  const message = `“${name}” was not published on save, as this is to be answered first: ${reasons.join('; ')}.`;
  app.log.warn(message);
  if ((await tellWarning(message, 'Review Plan…')) === undefined) return;
  const entry = app.sites.entryOf(folder);
  await vscode.commands.executeCommand('sitelift.publishSite', entry && { kind: 'site', entry });
}
