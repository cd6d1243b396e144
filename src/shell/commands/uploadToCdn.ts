import * as vscode from 'vscode';
import { assetUrl } from '../../core/html/assetUrl';
import { UserError, type Op } from '../../core/op';
import type { Effect } from '../../core/resources/effect';
import { rootFolder } from '../../core/site';
import type { Workshop } from '../../core/worker/workshop';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { siteMemory } from '../siteMemory';
import { tell } from '../tell';

/** Options of *Upload to CDN*. */
export interface UploadOptions extends Unattended {
  /** Absolute paths of the files. */
  readonly files?: readonly string[];
}

/** Uploads the chosen images to the bucket and gives their URLs. */
export async function uploadToCdn(
  app: App,
  argument: unknown,
  selection: unknown,
): Promise<readonly string[] | undefined> {
  const options = unattended<UploadOptions>(argument);
  const files = options ? (options.files ?? []) : chosenFiles(argument, selection);
  const [first] = files;
  if (!first) {
    throw new UserError(
      'No image is chosen. Right-click one or more images in the explorer and choose “Upload to CDN”.',
    );
  }
  const own = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(first));
  const folder = await chooseSite(undefined, { folder: own?.uri.fsPath ?? first });
  if (!folder) return undefined;
  return atSite(app, folder, options, async (bench) => {
    const workshop = bench.aws.createWorkshop();
    return uploadFiles(bench, files, workshop).finally(() => workshop.close());
  });
}

async function uploadFiles(
  { aws, app, confirm, context, folder, options, site, working }: Bench<UploadOptions>,
  files: readonly string[],
  workshop: Workshop,
): Promise<readonly string[] | undefined> {
  const { origin } = await siteMemory(aws, app.memory, folder, site);
  const root = rootFolder(folder.uri.fsPath, site);
  const title = files.length === 1 ? 'Uploading to the CDN' : `Uploading ${files.length} images to the CDN`;
  return working(title, async (op) => {
    const assets = await workshop.localAssets(folder.uri.fsPath, root, files, site.publish.allow, op);
    const count = assets.length === 1 ? (assets[0]?.path ?? '') : `${assets.length} images`;
    const { copy, hash, send } = workshop;
    const asking = { origin, cache: aws.folderCache(app.cacheFolder), root, copy, hash, send };
    let domain: string | undefined;
    const effect: Effect = (before) => ({ site: before, reread: ['bucket'] });
    const plan = async (planOp: Op) => {
      const publication = await aws.planAssets(context, assets, asking, planOp);
      domain = publication.domain;
      return {
        plan: publication.plan,
        about: [`To the bucket of “${site.name}”`, ...publication.notes],
        effect,
      };
    };
    const steps = await confirm({ question: `Upload ${count} to the CDN?`, verb: 'Upload', plan }, op);
    if (!steps) return undefined;
    const urls = domain === undefined ? [] : assets.map(({ path }) => assetUrl(domain ?? '', path));
    if (!options) void offerUrls(count, urls, steps.length === 0);
    return urls;
  });
}

function chosenFiles(argument: unknown, selection: unknown): string[] {
  const uris: unknown[] = Array.isArray(selection) && selection.length > 0 ? selection : [argument];
  const chosen = uris.filter((uri) => uri instanceof vscode.Uri).map(({ fsPath }) => fsPath);
  const open = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (chosen.length === 0 && open instanceof vscode.TabInputCustom) return [open.uri.fsPath];
  return chosen;
}

async function offerUrls(count: string, urls: readonly string[], upToDate: boolean): Promise<void> {
  const told = upToDate ? `${count} is in the CDN already.` : `Uploaded ${count} to the CDN.`;
  if (urls.length === 0) {
    void tell(`${told} It has no address yet: provision the distribution.`);
    return;
  }
  const copy = urls.length === 1 ? 'Copy URL' : 'Copy URLs';
  if ((await tell(told, copy)) === copy) await vscode.env.clipboard.writeText(urls.join('\n'));
}
