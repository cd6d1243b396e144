import * as vscode from 'vscode';
import { relative } from 'node:path';
import type { Op } from '../../core/op';
import type { Publication } from '../../core/publish/planPublish';
import type { Sighting } from '../../core/publish/sighting';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import { summaryLines } from '../planText';
import { siteCommand, type Bench } from '../siteCommand';
import { publisherOf } from '../siteMemory';
import { tellWithSightings } from '../tellSightings';
import { settleUnsaved } from '../unsavedFiles';

/** What a publication did. */
export interface Published {
  /** Address of the site, e.g. `http://ec2-….compute-1.amazonaws.com/`. */
  readonly url: string;
  readonly domain: string;
  /** Id of the release that is current now. */
  readonly release: string;
  /** Files on the server now. */
  readonly pages: number;
  /** Assets of the site, all of them in the bucket now. */
  readonly assets: number;
  /** Assets that were uploaded by this run. */
  readonly uploaded: number;
  /** Files that were published before and are not any more. */
  readonly removed: number;
  /** What was seen of it from outside: one page and one asset of those that were sent. */
  readonly outside: readonly Sighting[];
  readonly steps: readonly string[];
}

/** Sends what has changed: pages to the server, assets to the bucket. */
export function publishSite(app: App, argument: unknown): Promise<Published | undefined> {
  return publishTo(app, argument, false);
}

/** Compares everything that is there, and sends all pages, so that what others have changed is put right. */
export function publishEverything(app: App, argument: unknown): Promise<Published | undefined> {
  return publishTo(app, argument, true);
}

function publishTo(app: App, argument: unknown, isWhole: boolean): Promise<Published | undefined> {
  return siteCommand(app, argument, async (bench) => {
    const { options, folder, site } = bench;
    const root = rootFolder(folder.uri.fsPath, site);
    if (!(await settleUnsaved(root, 'Publish', options !== undefined))) return undefined;
    const published = await bench.working(`Publishing ${site.name}`, (op) => publish(bench, root, isWhole, op));
    if (published && !options) void tellSummary(app, site.name, published);
    return published;
  });
}

async function publish(bench: Bench, root: string, isWhole: boolean, op: Op): Promise<Published | undefined> {
  const { app, aws, context, folder, site } = bench;
  const { publisher, remember } = await publisherOf(app, aws, folder, site, root);
  return aws.withPublishing(context, { ...publisher, isWhole }, async (publishing) => {
    let result: (() => Omit<Published, 'outside' | 'steps'>) | undefined;
    let samples: Publication['samples'] = () => [];
    const plan = async (planOp: Op) => {
      const publication = await publishing.planPublish(planOp);
      const { local, outcome, removed, summary, target, uploads } = publication;
      for (const { path, reason } of local.left) app.log.info(`Not published: ${path} (${reason})`);
      for (const note of summary.notes) app.log.warn(note);
      ({ samples } = publication);
      result = () => ({
        ...{ url: aws.siteUrl(site, { ...target.distribution, host: target.host }), release: outcome.release },
        ...{ domain: target.distribution.domain },
        ...{ pages: local.pages.length, assets: local.assets.length, uploaded: uploads.length },
        removed: removed.length,
      });
      const rootName = relative(folder.uri.fsPath, root) || 'the folder itself';
      return { plan: publication.plan, about: summaryLines(summary, `${rootName} (in ${folder.name})`) };
    };
    const steps = await bench.confirm({ question: `Publish “${site.name}”?`, verb: 'Publish', plan }, op);
    if (!steps || !result) return undefined;
    const published = { ...result(), steps };
    await remember(published.release);
    return { ...published, outside: await aws.lookFromOutside(samples(), context.clients.proxy, op) };
  });
}

async function tellSummary(app: App, name: string, published: Published): Promise<void> {
  const { log } = app;
  const { pages, assets, outside, uploaded, removed, steps, url } = published;
  const gone = removed > 0 ? `, ${removed} removed` : '';
  const told =
    steps.length === 0
      ? `“${name}” is up to date: ${pages} pages and other files, ${assets} assets.`
      : `Published “${name}”: ${pages} pages and other files on the server, ${uploaded} of ${assets} assets uploaded${gone}.`;
  log.info(`${told} ${url}`);
  const chosen = await tellWithSightings(app, told, outside, 'Open Site', 'Show Log');
  if (chosen === 'Open Site') await vscode.env.openExternal(vscode.Uri.parse(url));
  if (chosen === 'Show Log') log.show();
}
