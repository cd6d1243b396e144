import * as vscode from 'vscode';
import type { Op } from '../../core/op';
import { UserError } from '../../core/op';
import { pathBelow } from '../../core/pathBelow';
import { itemProblem } from '../../core/publish/edge/invalidationItems';
import { UNCHANGED } from '../../core/resources/effect';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { askText } from '../steps';
import { askWhich, tell } from '../tell';

/** Options of *Invalidate…*. */
export interface InvalidateOptions extends Unattended {
  /** Paths from the distribution's root, e.g. `/images/*`. */
  readonly paths?: readonly string[];
}

/** Makes the edges forget what they hold, by paths; gives them as CloudFront was told. */
export async function invalidate(
  app: App,
  argument: unknown,
  selection: unknown,
): Promise<readonly string[] | undefined> {
  const options = unattended<InvalidateOptions>(argument);
  const files = chosenFiles(argument, selection);
  const [first] = files;
  const own = first && vscode.workspace.getWorkspaceFolder(first);
  const folder = await (first
    ? chooseSite(undefined, { folder: own?.uri.fsPath ?? first.fsPath })
    : chooseSite(argument, options));
  if (!folder) return undefined;
  return atSite(app, folder, options, async (bench) => {
    const paths = options ? (options.paths ?? []) : await askPaths(bench, files);
    return paths && forget(bench, paths);
  });
}

async function forget(bench: Bench, paths: readonly string[]): Promise<readonly string[] | undefined> {
  const { aws, context, options, site, working } = bench;
  return working(`Invalidating in the CDN of ${site.name}`, async (op) => {
    let items: readonly string[] = [];
    let use: string | undefined;
    const plan = async (planOp: Op) => {
      const planned = await aws.planInvalidation(context, paths, planOp);
      ({ items } = planned);
      if (!options && use === undefined) {
        planOp.report('Counting this month’s invalidations');
        const found = await aws.readInvalidationUse(context, planned.distributionId, planOp);
        use = aws.useLine(found, items.length);
      }
      return { plan: planned.plan, about: use === undefined ? [] : [use], effect: UNCHANGED };
    };
    const question = `Invalidate in the CDN of “${site.name}”?`;
    const steps = await bench.confirm({ question, verb: 'Invalidate', plan }, op);
    if (!steps) return undefined;
    if (!options) void tell(`The edges forget ${items.join(', ')} within some minutes.`);
    return items;
  });
}

/** Asks for paths: those of the files of a menu to start from, or a folder of the bucket, or others. */
async function askPaths({ app, folder, site }: Bench, files: readonly vscode.Uri[]): Promise<string[] | undefined> {
  const root = rootFolder(folder.uri.fsPath, site);
  const start = files.map(({ fsPath }) => {
    const path = pathBelow(root, fsPath);
    if (path) return `/${path}`;
    throw new UserError(`${fsPath} lies outside of the site’s root folder ${root}, so that no edge holds it.`);
  });
  if (start.length > 0) return askForPaths(start);
  const bucket = app.sites.entryOf(folder)?.have?.bucket;
  const paths = bucket?.kind === 'known' ? [...bucket.have.objects.keys()] : [];
  const counts = new Map<string, number>();
  for (const path of paths) {
    const [top, ...rest] = path.split('/');
    if (rest.length > 0) counts.set(top ?? '', (counts.get(top ?? '') ?? 0) + 1);
  }
  const items = [
    ...Array.from(counts, ([top, count]) => ({
      label: `/${top}/*`,
      description: `${count} in the bucket`,
      path: `/${top}/*`,
    })).filter(({ path }) => itemProblem(path) === undefined),
    { label: '/*', description: 'everything', path: '/*' },
    { label: 'Other paths…', description: 'e.g. /images/logo.png', path: '' },
  ];
  const chosen = await askWhich('What the edges are to forget', items);
  if (!chosen) return undefined;
  return chosen.path === '' ? askForPaths(['/']) : [chosen.path];
}

async function askForPaths(start: readonly string[]): Promise<string[] | undefined> {
  const position = { title: 'Invalidate in the CDN', step: 1, totalSteps: 1 };
  const prompt = 'Paths, each after a comma. A * at the end stands for anything, as in /images/*';
  const split = (text: string) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const problem = (text: string) => {
    const paths = split(text);
    return paths.length === 0
      ? 'Name a path, as in /images/*.'
      : paths.map(itemProblem).find((each) => each !== undefined);
  };
  const text = await askText(position, prompt, start.join(', '), problem);
  return text === undefined || text === 'back' ? undefined : split(text);
}

function chosenFiles(argument: unknown, selection: unknown): vscode.Uri[] {
  const uris: unknown[] = Array.isArray(selection) && selection.length > 0 ? selection : [argument];
  return uris.filter((uri) => uri instanceof vscode.Uri);
}
