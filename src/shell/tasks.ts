import * as vscode from 'vscode';
import { isAbort, isUserError, UserError } from '../core/op';
import { plainText } from '../core/plainText';
import { soFarOf, soFarText } from '../core/soFar';
import type { App } from './app';
import { loadAws } from './chunks';
import { publishAt } from './commands/publishSite';
import { verifyAt } from './commands/verifySite';
import { atSite, type Bench, type Manner } from './siteCommand';
import { foldersOfSites } from './siteFiles';
import type { Surface } from './tell';

const LINE_LIMIT = 500;

/** What a task of the type `sitelift` does. */
interface Definition extends vscode.TaskDefinition {
  readonly command?: string;
  /** Name or path of the site's folder; needed when the window has several sites. */
  readonly site?: string;
}

/** What a task does: gives what came of it in lines, undefined when it was not agreed to, and throws what is told as a failure. */
const WORKS: Readonly<Record<string, (bench: Bench) => Promise<readonly string[] | undefined>>> = {
  async publish(bench) {
    const published = await publishAt(bench);
    if (!published) return undefined;
    const { outside, text, url, warnings } = published;
    return [text, ...warnings, url, ...bench.aws.sightingLines(outside)];
  },
  async verify(bench) {
    const { verification, lines } = await verifyAt(bench);
    if (!verification.isWhole)
      throw new UserError([...lines, '“Sitelift: Publish Everything Again…” puts it right.'].join(' '));
    return lines;
  },
};

/** One task to publish and one to verify for each site of the window. */
export async function tasksOf(app: App): Promise<vscode.Task[]> {
  if (!vscode.workspace.isTrusted) return [];
  const folders = await foldersOfSites();
  return folders.flatMap((folder) =>
    Object.keys(WORKS).map((command) => {
      const site = folders.length > 1 ? { site: folder.name } : {};
      const definition = { type: 'sitelift', command, ...site };
      return taskOf(app, definition, folder, folders.length > 1 ? `${command} ${folder.name}` : command);
    }),
  );
}

/** The task for a definition, as the provider offers it or `tasks.json` holds it. */
export function taskOf(
  app: App,
  definition: Definition,
  scope: vscode.WorkspaceFolder | vscode.TaskScope | undefined,
  name: string,
): vscode.Task {
  const execution = new vscode.CustomExecution((resolved) => Promise.resolve(newTerminal(app, resolved, scope)));
  // Without matchers, be they none, VS Code asks each time which kinds of errors it is to look for.
  return new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name, 'sitelift', execution, []);
}

/** A terminal in which a task runs: plan, progress and result in lines; to end it is to cancel. It ends with 0 when all is done, else with 1. */
function newTerminal(app: App, { command = '', site }: Definition, scope: unknown): vscode.Pseudoterminal {
  const written = new vscode.EventEmitter<string>();
  const ended = new vscode.EventEmitter<number>();
  const cancelling = new vscode.CancellationTokenSource();
  const write = (text: string) => written.fire(`${plainText(text, LINE_LIMIT)}\r\n`);
  const told = new Set<string>();
  // A step says what it does as it begins, in between and as it ends.
  const writeOnce = (text: string) => {
    if (!told.has(text)) write(text);
    told.add(text);
  };
  const surface: Surface = (title, work) => {
    writeOnce(title);
    return work(writeOnce, cancelling.token);
  };
  const manner: Manner = { surface, note: write };
  const run = async (): Promise<readonly string[] | undefined> => {
    const work = Object.hasOwn(WORKS, command) ? WORKS[command] : undefined;
    if (!work) throw new UserError(`A task can publish or verify a site; its “command” says “${command}”.`);
    if (!vscode.workspace.isTrusted) throw new UserError('Sitelift does nothing in a workspace that is not trusted.');
    const folder = await folderOf(site, scope);
    return app.connections.attended(() => atSite(app, folder, undefined, work, manner));
  };
  return {
    onDidWrite: written.event,
    onDidClose: ended.event,
    open() {
      void run()
        .then((lines) => {
          for (const line of lines ?? ['Nothing was done, as it was not agreed to.']) write(line);
          return lines === undefined ? 1 : 0;
        })
        .catch(async (error: unknown) => {
          write(await failureOf(app, command, error));
          return 1;
        })
        .then((code) => ended.fire(code));
    },
    close: () => cancelling.cancel(),
  };
}

async function failureOf({ log }: App, command: string, error: unknown): Promise<string> {
  const soFar = soFarOf(error);
  const done = soFar ? ` ${soFarText(soFar)}` : '';
  if (isAbort(error)) return `Cancelled.${done}`;
  const told = isUserError(error) ? error : (await loadAws()).explain(error);
  log.error(`The task “${command}” failed`, told);
  return `${told.message}${done}`;
}

/** The site that a task is about. Throws `UserError` when it is none, or one of several. */
async function folderOf(name: string | undefined, scope: unknown): Promise<vscode.WorkspaceFolder> {
  const folders = await foldersOfSites();
  const isOwn = ({ uri }: vscode.WorkspaceFolder) =>
    uri.toString() === (scope as { uri?: vscode.Uri } | undefined)?.uri?.toString();
  const suits = (folder: vscode.WorkspaceFolder) => folder.name === name || folder.uri.fsPath === name;
  const found =
    name === undefined ? (folders.find(isOwn) ?? (folders.length === 1 ? folders[0] : undefined)) : folders.find(suits);
  if (found) return found;
  if (folders.length === 0) throw new UserError('No folder of this window is a site. Create the site first.');
  throw new UserError(
    name === undefined
      ? 'The window has several sites; name the folder of one with “site” in the task.'
      : `The folder “${name}” of the task is no site of this window.`,
  );
}
