import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { listSum } from '../../release/manifest';
import { writeBundle, type PageBundle, type Press, type Rewrite } from './bundle';
import { pagesIn, sumOfPage } from './bundlePages';
import type { PublishedPages } from './copies';
import type { LocalFiles } from '../local/localFiles';
import { hasSettings, localSettings } from './siteSettings';
import type { SiteState } from '../siteState';
import type { PagesReason } from '../summary';
import type { FileSums } from '../local/sums';
import type { WantedPages } from '../wanted';
import type { WebSettings } from './webSettings';

/** What pages are made with. */
export interface PageNeeds {
  /** Makes the published form of pages, whose references to these assets, paths below the root, become URLs of a domain, where some have other names. */
  rewriteFor(domain: string, assets: readonly string[], names?: ReadonlyMap<string, string>): Rewrite;
  /** Folder for bundles; the caller removes it. */
  readonly workFolder: string;
}

/** The pages of a release that is made from the files of a folder. */
export interface PressedPages extends Omit<WantedPages, 'title'> {
  readonly bundle: PageBundle;
  /** Why they must go to the server; undefined when they are there. */
  readonly reason: PagesReason | undefined;
  readonly published: PublishedPages;
  readonly rewrite: Rewrite;
}

/** Makes the published form of the pages, with these hashed names of assets if any, and a bundle of what the server has not. */
export async function pressPages(
  context: Context,
  state: SiteState,
  local: LocalFiles,
  names: ReadonlyMap<string, string> | undefined,
  { rewriteFor, workFolder }: PageNeeds,
  sums: FileSums,
  op: Op,
): Promise<PressedPages> {
  const { base, live, target } = state;
  const { domain } = target.distribution;
  const assets = local.assets.map(({ path }) => path);
  const hashed = names && { names: new Set(names.values()) };
  const form = formFor(domain, assets, names !== undefined);
  const press = { rewrite: rewriteFor(domain, assets, names), form, sums, ...hashed };
  const bundle = await writeBundle(local.pages, press, base, join(workFolder, 'bundle.tar.gz'), op);
  const settings = await localSettings(context, state, local, bundle.pages);
  const kept = new Map<string, string>();
  for (const [path, { sha256 }] of bundle.pages) {
    const page = live?.pages.get(path);
    if (page?.sha256 === sha256) kept.set(path, page.bundle);
  }
  return {
    ...{ all: bundle.pages, kept, bundle, settings, sizeBytes: bundle.sizeBytes },
    delta: base && bundle,
    whole: (stepOp) => (base ? wholeBundle(local, press, bundle, workFolder, stepOp) : Promise.resolve(bundle)),
    reason: reasonFor(state, bundle, settings),
    published: (paths, stepOp) => publishedPages(paths, local, press, bundle, workFolder, stepOp),
    rewrite: press.rewrite,
  };
}

/** Some of the pages as they are published: from the bundle, or made once more where not all of them are in it. */
async function* publishedPages(
  paths: ReadonlySet<string>,
  local: LocalFiles,
  press: Press,
  planned: PageBundle,
  workFolder: string,
  op: Op,
) {
  const folder = await mkdtemp(join(workFolder, 'pressed-'));
  const some = local.pages.filter(({ path }) => paths.has(path));
  const isThere = some.every(({ path }) => planned.sent.has(path));
  const { file } = isThere ? planned : await writeBundle(some, press, undefined, join(folder, 'some.tar.gz'), op);
  for await (const page of pagesIn(file, (path) => paths.has(path), join(folder, 'page'), op)) {
    // Of one that was changed meanwhile there is nothing to copy.
    if ((await sumOfPage(page)) === planned.pages.get(page.path)?.sha256) yield page;
  }
}

/** Why the pages must go to the server; a new server with an old volume has the pages but not its settings. */
function reasonFor(state: SiteState, { pages }: PageBundle, settings: WebSettings): PagesReason | undefined {
  const { base, isUnkept, target } = state;
  // What the server's notes tell is another site's.
  if (isUnkept) return 'first release';
  const isChanged = !base || listSum(base) !== listSum(pages);
  const isConfigured = hasSettings(state, settings);
  if (target.found) {
    const { inspection } = target.found;
    if (inspection.placing !== undefined) return 'the last publication was cut short';
    if (inspection.release === undefined) return 'first release';
    if (!isChanged && inspection.settings === undefined) return 'new server';
  }
  if (isChanged) return isConfigured ? 'changed' : 'changed, with other settings';
  return isConfigured ? undefined : 'other settings';
}

/** All pages, which must be those that were planned. */
async function wholeBundle(
  local: LocalFiles,
  press: Press,
  planned: PageBundle,
  workFolder: string,
  op: Op,
): Promise<PageBundle> {
  const whole = await writeBundle(local.pages, press, undefined, join(workFolder, 'whole.tar.gz'), op);
  if (listSum(whole.pages) === listSum(planned.pages)) return whole;
  throw new UserError('Pages were changed while they were published. Publish again to see what is left to do.');
}

/** To be raised with each change of what rewriting makes of a page: what is known of pages then counts no more. */
const REWRITING = 1;

/** What decides about the published form of a page beside its bytes: how it is rewritten, the domain, and which assets there are. */
function formFor(domain: string, assets: readonly string[], isHashed: boolean): string {
  const rewriting = isHashed ? `${REWRITING} hashed` : `${REWRITING}`;
  return createHash('sha256')
    .update([rewriting, domain, ...assets].join('\0'))
    .digest('hex')
    .slice(0, 16);
}
