import * as vscode from 'vscode';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/op';
import { newSiteId, SITE_FILE, siteFileText, type Site } from '../../core/site';
import type { App } from '../app';
import { chooseFolder } from '../choose';
import { unattended, type Unattended } from '../options';
import { loadAws } from '../chunks';
import { withOp } from '../operation';
import { REGIONS } from '../regions';
import { costOfNew } from '../prices';
import { connectionSettings } from '../settings';
import { hasSiteFile } from '../siteFiles';
import { ask, askPick, askText, type Position } from '../steps';
import { tell } from '../tell';

/** Options of *Create Site*. */
export interface CreateOptions extends Unattended {
  readonly name?: string;
  readonly region?: string;
  readonly root?: string;
  readonly serves?: Site['distribution']['serves'];
}

interface Answers {
  readonly name: string;
  readonly root: string;
  readonly region: string;
  readonly serves: Site['distribution']['serves'];
}

/** What a distribution can serve, as a beginner understands it. */
const SERVED = [
  {
    label: 'Images only',
    description: 'the classic way',
    detail: 'Pages by HTTP from the server, images from the nearest edge.',
    serves: 'images',
  },
  {
    label: 'The whole site',
    description: 'with HTTPS, and it stays up without its server',
    detail: 'Copies of its pages step in for the server, whose address stays.',
    serves: 'site',
  },
] as const satisfies readonly (vscode.QuickPickItem & Pick<Answers, 'serves'>)[];

/** Folders that build tools commonly write a site to. */
const USUAL_ROOTS: readonly string[] = ['public', 'dist', 'site', 'www', 'htdocs', 'docs', '_site', 'build', 'out'];

/** Writes the site file of a folder; gives its text. Nothing is changed in AWS. */
export async function createSite(app: App, argument: unknown): Promise<string | undefined> {
  const options = unattended<CreateOptions>(argument);
  const folder = await chooseFolder(argument, options);
  if (!folder) return undefined;
  const path = folder.uri.fsPath;
  if (await hasSiteFile(folder)) {
    throw new UserError(
      `${folder.name} is a site already: it has a ${SITE_FILE}. Edit that file to change what the site wants.`,
      {
        remedy: { title: 'Provision All…', command: 'sitelift.provisionAll' },
      },
    );
  }
  const settings = connectionSettings(folder);
  const start: Answers = {
    name: options?.name ?? folder.name,
    root: options?.root ?? (await likelyRoot(path)),
    region: options?.region ?? settings.region ?? 'us-east-1',
    serves: options?.serves ?? 'images',
  };
  const { identify, parseSite } = await loadAws();
  const clients = await app.connections.clientsFor({ ...settings, region: start.region });
  const identity = await withOp(app.log, 'Asking AWS whose credentials these are', (op) => identify(clients, op));
  if (options && options.account !== identity.account) {
    throw new UserError(
      `The caller expects account ${options.account}, but these credentials belong to ${identity.account}. Nothing was written.`,
    );
  }
  const cost = async (given: Answers) => {
    const site = parseSite(siteFileText({ ...given, id: newSiteId(), account: identity.account }));
    return costOfNew(app, clients, site);
  };
  // The prices of the region that is suggested are looked up while the first questions are answered.
  if (!options) void cost(start).catch((error: unknown) => app.log.debug(`No price of a new site: ${String(error)}`));
  const title = `Create Site in account ${identity.account}`;
  const answers = options ? start : await ask(title, start, await questions(path, cost));
  if (!answers) return undefined;
  const text = siteFileText({ ...answers, id: newSiteId(), account: identity.account });
  parseSite(text);
  await writeFile(join(path, SITE_FILE), text, { flag: 'wx' });
  await app.sites.expire();
  if (!options) void tellCreated(answers.name, identity.account, folder);
  return text;
}

async function questions(path: string, cost: (answers: Answers) => Promise<string>) {
  const folders = (await readdir(path, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => ({ label: name, description: 'folder' }));
  return [
    async (answers: Answers, position: Position) => {
      const name = await askText(position, 'Name of the site, as you will see it in AWS', answers.name, (text) =>
        /^[^\p{Cc}]{1,60}$/u.test(text) && text.trim() ? undefined : 'The name has 1 to 60 characters.',
      );
      return name === 'back' || name === undefined ? name : { name: name.trim() };
    },
    async (answers: Answers, position: Position) => {
      const items = [{ label: '.', description: 'this folder itself' }, ...folders];
      const active = items.find(({ label }) => label === answers.root);
      const picked = await askPick(position, 'Folder that holds the pages and images', items, active);
      return picked === 'back' || !picked ? picked : { root: picked.label };
    },
    async (answers: Answers, position: Position) => {
      const active = REGIONS.find(({ label }) => label === answers.region);
      const picked = await askPick(position, 'Region of server, volume and bucket', REGIONS, active);
      return picked === 'back' || !picked ? picked : { region: picked.label };
    },
    async (answers: Answers, position: Position) => {
      const items = await Promise.all(
        SERVED.map(async (one) => ({
          ...one,
          detail: `${await cost({ ...answers, serves: one.serves })} ${one.detail}`,
        })),
      );
      const active = items.find(({ serves }) => serves === answers.serves);
      const picked = await askPick(
        position,
        'What readers get from CloudFront (traffic and requests come on top)',
        items,
        active,
      );
      return picked === 'back' || !picked ? picked : { serves: picked.serves };
    },
  ];
}

async function likelyRoot(path: string): Promise<string> {
  const names = new Set(await readdir(path));
  if (names.has('index.html')) return '.';
  for (const name of USUAL_ROOTS) {
    if (!names.has(name)) continue;
    const uri = vscode.Uri.file(join(path, name, 'index.html'));
    const found = await vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return '.';
}

async function tellCreated(name: string, account: string, folder: vscode.WorkspaceFolder): Promise<void> {
  const open = `Open ${SITE_FILE}`;
  const chosen = await tell(`“${name}” is a site of account ${account} now. Nothing exists in AWS yet.`, open);
  if (chosen === open) await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, SITE_FILE));
}
