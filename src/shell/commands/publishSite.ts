import * as vscode from 'vscode';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { known } from '../../core/resources/resource';
import { readSite, rootFolder } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended } from '../options';
import { loadAws, loadHtml } from '../chunks';
import { confirmAndRun } from '../confirm';
import { withOp } from '../operation';
import { siteMemory } from '../siteMemory';
import { contextFor } from '../sites';

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
export async function publishSite(app: App, argument: unknown): Promise<Published | undefined> {
  const options = unattended(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  await vscode.workspace.saveAll(false);
  const site = await readSite(folder.uri.fsPath);
  const context = await contextFor(folder, site);
  const root = rootFolder(folder.uri.fsPath, site);
  const memory = await siteMemory(app.memory, folder, site);
  const [{ describeSite, planPublish, scan }, { createRewriter }] = await Promise.all([loadAws(), loadHtml()]);
  const work = await mkdtemp(join(tmpdir(), 'sitelift-'));
  try {
    const published = await withOp(app.log, `Publishing ${site.name}`, async (op): Promise<Published | undefined> => {
      let result: Omit<Published, 'steps'> | undefined;
      let release = '';
      const plan = async () => {
        const [have, local] = await Promise.all([
          describeSite(context, op),
          scan(folder.uri.fsPath, root, site.publish.allow, op),
        ]);
        for (const { path, reason } of local.left) app.log.info(`Not published: ${path} (${reason})`);
        const server = known(have.server);
        const domain = known(have.distribution)?.domain ?? '';
        const assets = local.assets.map(({ path }) => path);
        const rewriter = createRewriter(domain, assets);
        const { origin, seenRelease } = memory;
        const material = { local, rewrite: rewriter.rewrite, workFolder: work, origin, seenRelease };
        const publication = await planPublish(context, have, material, op).finally(rewriter.close);
        for (const note of publication.summary.notes) app.log.warn(note);
        release = publication.bundle.release;
        result = {
          url: `http://${server?.host ?? ''}/`,
          domain,
          pages: local.pages.length,
          assets: local.assets.length,
          uploaded: publication.uploads.length,
        };
        return publication.plan;
      };
      const question = `Publish “${site.name}”?`;
      const steps = await confirmAndRun(app, context, { question, verb: 'Publish', plan }, options, op);
      if (steps) await memory.remember(release);
      return steps && result ? { ...result, steps } : undefined;
    });
    if (published && !options) void tellSummary(app, site.name, published);
    return published;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function tellSummary({ log }: App, name: string, published: Published): Promise<void> {
  const { pages, assets, uploaded, steps, url } = published;
  const told =
    steps.length === 0
      ? `“${name}” is up to date: ${pages} pages and other files, ${assets} assets.`
      : `Published “${name}”: ${pages} pages and other files on the server, ${uploaded} of ${assets} assets uploaded.`;
  log.info(`${told} ${url}`);
  const chosen = await vscode.window.showInformationMessage(told, 'Open Site', 'Show Log');
  if (chosen === 'Open Site') await vscode.env.openExternal(vscode.Uri.parse(url));
  if (chosen === 'Show Log') log.show();
}
