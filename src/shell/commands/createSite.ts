import * as vscode from 'vscode';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/op';
import { newSiteId, SITE_FILE, siteFileText, type Site, type Wants } from '../../core/site';
import type { App } from '../app';
import { chooseFolder } from '../choose';
import { unattended, type Unattended } from '../options';
import { loadAws, type AwsChunk } from '../chunks';
import { nearestRegion } from '../nearestRegion';
import { advancedQuestion } from '../newSite/advanced';
import type { Answers, Desk } from '../newSite/answers';
import { withOp } from '../operation';
import { REGIONS } from '../regions';
import { costOfNew } from '../prices';
import { connectionSettings, type ConnectionSettings } from '../settings';
import { hasSiteFile } from '../siteFiles';
import { ask, askPick, askText, type Position } from '../steps';
import { tell } from '../tell';

/** Options of *Create Site*. */
export interface CreateOptions extends Unattended {
  readonly name?: string;
  readonly region?: string;
  readonly root?: string;
  readonly serves?: Site['distribution']['serves'];
  /** Parts of the site file with what is not to be as usual. */
  readonly server?: Wants['server'];
  readonly volume?: Wants['volume'];
  readonly publish?: Wants['publish'];
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
  const aws = await loadAws();
  const { server, volume, publish } = options ?? {};
  const start: Answers = {
    name: options?.name ?? folder.name,
    root: options?.root ?? (await likelyRoot(path)),
    region: options?.region ?? (await likelyRegion(settings, aws)),
    serves: options?.serves ?? 'images',
    wants: { ...(server ? { server } : {}), ...(volume ? { volume } : {}), ...(publish ? { publish } : {}) },
  };
  const clientsFor = ({ region }: Answers) => app.connections.clientsFor({ ...settings, region });
  const clients = await clientsFor(start);
  const identity = await withOp(app.log, 'Asking AWS whose credentials these are', (op) => aws.identify(clients, op));
  if (options && options.account !== identity.account) {
    throw new UserError(
      `The caller expects account ${options.account}, but these credentials belong to ${identity.account}. Nothing was written.`,
    );
  }
  const id = newSiteId();
  const textOf = ({ wants, ...given }: Answers) => siteFileText({ ...given, ...wants, id, account: identity.account });
  const siteOf = (given: Answers) => aws.parseSite(textOf(given));
  const cost = (given: Answers) => costOfNew(app, clients, siteOf(given));
  // The prices of the region that is suggested are looked up while the first questions are answered.
  if (!options) void cost(start).catch((error: unknown) => app.log.debug(`No price of a new site: ${String(error)}`));
  const title = `Create Site in account ${identity.account}`;
  const answers = options
    ? start
    : await ask(title, start, await questions(path, { app, aws, siteOf, clientsFor, cost }));
  if (!answers) return undefined;
  siteOf(answers);
  const text = textOf(answers);
  await writeFile(join(path, SITE_FILE), text, { flag: 'wx' });
  await app.sites.expire();
  if (!options) void tellCreated(answers.name, identity.account, folder);
  return text;
}

async function questions(path: string, desk: Desk) {
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
      const isListed = REGIONS.some(({ label }) => label === answers.region);
      const items = [...(isListed ? [] : [{ label: answers.region, description: 'as configured' }]), ...REGIONS];
      const active = items.find(({ label }) => label === answers.region);
      const picked = await askPick(position, 'Region of server, volume and bucket', items, active);
      return picked === 'back' || !picked ? picked : { region: picked.label };
    },
    async (answers: Answers, position: Position) => {
      const items = await Promise.all(
        SERVED.map(async (one) => ({
          ...one,
          detail: `${await desk.cost({ ...answers, serves: one.serves })} ${one.detail}`,
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
    advancedQuestion(desk),
  ];
}

/** The region of the settings or the profile, else of the environment, else one that is likely to be near. */
async function likelyRegion({ profile, region }: ConnectionSettings, { listProfiles }: AwsChunk): Promise<string> {
  if (region) return region;
  const { AWS_DEFAULT_REGION, AWS_PROFILE, AWS_REGION } = process.env;
  const profiles = await listProfiles();
  const of = (wanted: string | undefined) => profiles.find(({ name }) => name === wanted)?.region;
  const configured = of(profile) ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? of(AWS_PROFILE ?? 'default');
  return configured || nearestRegion();
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
