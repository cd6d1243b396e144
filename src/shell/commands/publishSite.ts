import * as vscode from 'vscode';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Op } from '../../core/op';
import { known } from '../../core/resources/resource';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import { loadHtml } from '../chunks';
import { summaryLines } from '../planText';
import { siteCommand, type Bench } from '../siteCommand';
import { siteMemory } from '../siteMemory';
import { tell } from '../tell';
import { settleUnsaved } from '../unsavedFiles';

/** What a publication did. */
export interface Published {
  /** Address of the site, e.g. `http://ec2-….compute-1.amazonaws.com/`. */
  readonly url: string;
  readonly domain: string;
  /** Files on the server now. */
  readonly pages: number;
  /** Assets of the site, all of them in the bucket now. */
  readonly assets: number;
  /** Assets that were uploaded by this run. */
  readonly uploaded: number;
  readonly steps: readonly string[];
}

/** Sends pages to the server and assets to the bucket. */
export function publishSite(app: App, argument: unknown): Promise<Published | undefined> {
  return siteCommand(app, argument, async (bench) => {
    const { options, folder, site } = bench;
    const root = rootFolder(folder.uri.fsPath, site);
    if (!(await settleUnsaved(root, 'Publish', options !== undefined))) return undefined;
    const work = await mkdtemp(join(tmpdir(), 'sitelift-'));
    try {
      const published = await bench.working(`Publishing ${site.name}`, (op) => publish(bench, root, work, op));
      if (published && !options) void tellSummary(app, site.name, published);
      return published;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function publish(bench: Bench, root: string, work: string, op: Op): Promise<Published | undefined> {
  const { app, aws, context, folder, site } = bench;
  const { createRewriter, scanInThread } = await loadHtml();
  const { origin, seenRelease, remember } = await siteMemory(app.memory, folder, site);
  let result: Omit<Published, 'steps'> | undefined;
  let release = '';
  const plan = async (planOp: Op) => {
    const [have, local] = await Promise.all([
      aws.describeSite(context, planOp),
      scanInThread(folder.uri.fsPath, root, site.publish.allow, planOp),
    ]);
    for (const { path, reason } of local.left) app.log.info(`Not published: ${path} (${reason})`);
    const domain = known(have.distribution)?.domain ?? '';
    const paths = local.assets.map(({ path }) => path);
    const rewriter = createRewriter(domain, paths);
    const material = { local, rewrite: rewriter.rewrite, workFolder: work, origin, seenRelease };
    const publication = await aws.planPublish(context, have, material, planOp).finally(rewriter.close);
    for (const note of publication.summary.notes) app.log.warn(note);
    release = publication.bundle.release;
    result = {
      url: `http://${known(have.server)?.host ?? ''}/`,
      domain,
      pages: local.pages.length,
      assets: local.assets.length,
      uploaded: publication.uploads.length,
    };
    const rootName = relative(folder.uri.fsPath, root) || 'the folder itself';
    return { plan: publication.plan, about: summaryLines(publication.summary, `${rootName} (in ${folder.name})`) };
  };
  const isSingle = ({ key }: { readonly key: string }) => key.startsWith('upload ');
  const steps = await bench.confirm({ question: `Publish “${site.name}”?`, verb: 'Publish', plan, isSingle }, op);
  if (steps) await remember(release);
  return steps && result ? { ...result, steps } : undefined;
}

async function tellSummary({ log }: App, name: string, published: Published): Promise<void> {
  const { pages, assets, uploaded, steps, url } = published;
  const told =
    steps.length === 0
      ? `“${name}” is up to date: ${pages} pages and other files, ${assets} assets.`
      : `Published “${name}”: ${pages} pages and other files on the server, ${uploaded} of ${assets} assets uploaded.`;
  log.info(`${told} ${url}`);
  const chosen = await tell(told, 'Open Site', 'Show Log');
  if (chosen === 'Open Site') await vscode.env.openExternal(vscode.Uri.parse(url));
  if (chosen === 'Show Log') log.show();
}
