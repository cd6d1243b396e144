import * as vscode from 'vscode';
import { basename, join, posix } from 'node:path';
import { UserError, type Op } from '../../core/op';
import { pathBelow } from '../../core/pathBelow';
import type { Differing } from '../../core/publish/live/compareSite';
import type { Publication } from '../../core/publish/planPublish';
import { plainText } from '../../core/plainText';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { liveFilesOf, type LiveFiles } from '../liveFiles';
import { isNode, unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { publisherOf } from '../siteMemory';
import { askWhich, tell, tellWarning } from '../tell';

/** Options of *Compare with Live Site*. */
export interface DiffOptions extends Unattended {
  /** Absolute path of the file to compare; without it the whole site is. */
  readonly file?: string;
}

/** What a comparison found: the paths below the root that differ. */
export type Differences = readonly Pick<Differing, 'path' | 'change'>[];

/** Shows what readers get beside what would be published: of a file in the diff editor, of the site in the editor for several. */
export async function diffWithLive(app: App, argument: unknown): Promise<Differences | undefined> {
  const options = unattended<DiffOptions>(argument);
  const file = options ? (options.file ?? '') : await chooseFile(argument);
  if (file === undefined) return undefined;
  const own = file === '' ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  const named = file === '' ? options : { folder: own?.uri.fsPath ?? file };
  const folder = await chooseSite(argument instanceof vscode.Uri ? undefined : argument, named);
  if (!folder) return undefined;
  return atSite(app, folder, options, (bench) => (file === '' ? diffSite(bench) : diffFile(bench, file)));
}

/** The file that the menu is of, or the one in the active editor unless the whole site is wanted, which is ''; undefined for neither. */
async function chooseFile(argument: unknown): Promise<string | undefined> {
  if (argument instanceof vscode.Uri) return argument.fsPath;
  if (isNode(argument)) return '';
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isFile = input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom;
  const open = isFile && input.uri.scheme === 'file' ? input.uri.fsPath : undefined;
  if (open === undefined) return '';
  const items = [
    { label: basename(open), description: 'the file in the active editor', file: open },
    { label: 'The whole site', description: 'all files that differ', file: '' },
  ];
  return (await askWhich('What to compare with the live site', items))?.file;
}

async function diffFile(bench: Bench, file: string): Promise<Differences> {
  const { app, aws, context, folder, options, site } = bench;
  const root = rootFolder(folder.uri.fsPath, site);
  const path = pathBelow(root, file);
  if (!path) throw new UserError(`${file} lies outside of the site’s root folder ${root}, so it is not published.`);
  const compared = await comparing(bench, root, `Comparing ${path} with the live site`, (publication, op) =>
    aws.compareFile(context, publication, path, op),
  );
  if (compared.isSame) {
    if (!options) void tell(`Readers get “${path}” as it would be published: nothing differs.`);
    return [];
  }
  const files = liveFilesOf(app);
  // Over pictures VS Code shows their names instead of the title.
  const live = files.hold(compared.published ? path : named(path, ' (live)'), compared.live);
  const here = compared.published ? files.hold(path, compared.published) : vscode.Uri.file(file);
  const right = compared.published ? 'as it would be published' : 'here';
  const title = `${plainText(basename(path))} (live ↔ ${right})`;
  await vscode.commands.executeCommand('vscode.diff', live, here, title);
  return [{ path, change: 'changed' }];
}

/** A path whose file's name says more, before its ending. */
function named(path: string, more: string): string {
  const { dir, ext, name } = posix.parse(path);
  return posix.join(dir, `${name}${more}${ext}`);
}

async function diffSite(bench: Bench): Promise<Differences> {
  const { app, aws, context, folder, options, site } = bench;
  const root = rootFolder(folder.uri.fsPath, site);
  const { files, more } = await comparing(bench, root, `Comparing ${site.name} with the live site`, (publication, op) =>
    aws.compareSite(context, publication, op),
  );
  if (files.length === 0) {
    if (!options) void tell(`Readers get “${site.name}” as it would be published: nothing differs.`);
    return [];
  }
  const held = liveFilesOf(app);
  const rows = files.map((file) => rowOf(held, root, file));
  await vscode.commands.executeCommand(
    'vscode.changes',
    `${plainText(site.name)} (live ↔ as it would be published)`,
    rows,
  );
  if (more > 0 && !options)
    void tellWarning(`${more} more files differ than are shown. “Publish Site…” lists them all.`);
  return files.map(({ path, change }) => ({ path, change }));
}

/** A file's own address, and what is to the left and to the right of it. */
function rowOf(held: LiveFiles, root: string, { isDescribed, live, path, published }: Differing) {
  const side = (bytes: Uint8Array | undefined) =>
    // A description under a picture's own name would be taken for the picture.
    bytes && held.hold(isDescribed ? `${path}.txt` : path, bytes);
  return [vscode.Uri.file(join(root, path)), side(live), side(published)] as const;
}

/** Lets `compare` see what publishing would do, which changes nothing. */
function comparing<Result>(
  { app, aws, context, folder, site, working }: Bench,
  root: string,
  title: string,
  compare: (publication: Publication, op: Op) => Promise<Result>,
): Thenable<Result> {
  return working(title, async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    const { publisher } = await publisherOf(app, aws, folder, site, root);
    return aws.withPublishing(context, publisher, async (publishing) => compare(await publishing.planPublish(op), op));
  });
}
