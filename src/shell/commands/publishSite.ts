import * as vscode from 'vscode';
import { relative } from 'node:path';
import type { Op } from '../../core/op';
import { publishedText } from '../../core/publish/news';
import type { Publication } from '../../core/publish/planPublish';
import { warningsOf } from '../../core/publish/warnings';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import type { Proposed, Standing } from '../confirm';
import { consentFor } from '../consent';
import { summaryLines } from '../planText';
import { siteCommand, type Bench } from '../siteCommand';
import { publisherOf } from '../siteMemory';
import { tellAftermath, type Aftermath } from '../tellAftermath';
import { settleUnsaved } from '../unsavedFiles';

/** What a publication did. */
export interface Published extends Aftermath {
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
  readonly steps: readonly string[];
  /** All of that in a sentence. */
  readonly text: string;
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
    const { options } = bench;
    const published = await publishAt(bench, isWhole);
    if (published && !options) void tellSummary(app, published);
    return published;
  });
}

/** Publishes the site of a bench once all is saved and agreed to; undefined when it is not. */
export async function publishAt(bench: Bench, isWhole = false): Promise<Published | undefined> {
  const { app, folder, options, site } = bench;
  if (!(await settleUnsaved(rootFolder(folder.uri.fsPath, site), 'Publish', options !== undefined))) return undefined;
  // Who is asked about everything again is asked for a reason.
  if (options || isWhole) return publishAs(bench, undefined, { isWhole });
  const consent = consentFor(app.machineMemory, folder, site);
  return publishAs(bench, { isGiven: consent.isGiven('publish'), give: () => consent.give('publish') });
}

/** Publishes what is on the disk, under what was agreed to. */
export function publishAs(
  bench: Bench,
  standing: Standing | undefined,
  way: PublishingWay = {},
): Thenable<Published | undefined> {
  const { folder, site, working } = bench;
  const root = rootFolder(folder.uri.fsPath, site);
  return working(`Publishing ${site.name}`, (op) => publish(bench, root, way, standing, op));
}

/** How a site is published. */
export interface PublishingWay {
  /** Everything again. */
  readonly isWhole?: boolean;
  /** As a file was saved, so that the next one takes its place among the releases. */
  readonly onSave?: boolean;
}

async function publish(
  bench: Bench,
  root: string,
  { isWhole = false, onSave = false }: PublishingWay,
  standing: Standing | undefined,
  op: Op,
): Promise<Published | undefined> {
  const { app, aws, context, folder, site } = bench;
  const { publisher, remember } = await publisherOf(app, aws, folder, site, root);
  const origin = onSave ? { ...publisher.origin, onSave } : publisher.origin;
  return aws.withPublishing(context, { ...publisher, isWhole, origin }, async (publishing) => {
    let result: (() => Omit<Published, 'outside' | 'steps'>) | undefined;
    let samples: Publication['samples'] = () => [];
    const plan = async (planOp: Op): Promise<Proposed> => {
      const publication = await publishing.planPublish(planOp);
      const { local, outcome, removed, summary, target, uploads } = publication;
      for (const { path, reason } of local.left) app.log.info(`Not published: ${path} (${reason})`);
      for (const note of summary.notes) app.log.warn(note);
      ({ samples } = publication);
      result = () => ({
        ...{ url: aws.siteUrl(site, { ...target.distribution, host: target.host }), release: outcome.release },
        ...{ domain: target.distribution.domain },
        ...{ pages: local.pages.length, assets: local.assets.length, uploaded: uploads.length },
        ...{ removed: removed.length, warnings: warningsOf(site, outcome) },
        text: publishedText(site.name, publication),
      });
      const rootName = relative(folder.uri.fsPath, root) || 'the folder itself';
      const about = summaryLines(summary, `${rootName} (in ${folder.name})`);
      return { plan: publication.plan, about, effect: aws.effectOf(publication) };
    };
    const steps = await bench.confirm({ question: `Publish “${site.name}”?`, verb: 'Publish', plan, standing }, op);
    if (!steps || !result) return undefined;
    const published = { ...result(), steps };
    await remember(published.release);
    // What failed before is settled, whoever asked for it.
    app.activities.troubles.delete(folder.uri.toString());
    return { ...published, outside: await aws.lookFromOutside(samples(), context.clients.proxy, op) };
  });
}

async function tellSummary(app: App, published: Published): Promise<void> {
  const { log } = app;
  const { text, url } = published;
  log.info(`${text} ${url}`);
  const chosen = await tellAftermath(app, text, published, 'Open Site', 'Show Log');
  if (chosen === 'Open Site') await vscode.env.openExternal(vscode.Uri.parse(url));
  if (chosen === 'Show Log') log.show();
}
