import * as vscode from 'vscode';
import { assetUrl } from '../../core/html/assetUrl';
import { UserError } from '../../core/op';
import { readSite, rootFolder } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { loadAws } from '../chunks';
import { confirmAndRun } from '../confirm';
import { withOp } from '../operation';
import { siteMemory } from '../siteMemory';
import { contextFor } from '../sites';

/** Options of *Upload to CDN*. */
export interface UploadOptions extends Unattended {
  /** Absolute paths of the files. */
  readonly files: readonly string[];
}

/** Uploads the chosen images to the bucket and gives their URLs. */
export async function uploadToCdn(
  app: App,
  argument: unknown,
  selection: unknown,
): Promise<readonly string[] | undefined> {
  const options = unattended<UploadOptions>(argument);
  const files = options ? options.files : chosenFiles(argument, selection);
  const [first] = files;
  if (!first) {
    throw new UserError(
      'No image is chosen. Right-click one or more images in the explorer and choose “Upload to CDN”.',
    );
  }
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(first));
  const chosen = await chooseSite(undefined, { folder: folder?.uri.fsPath ?? first });
  if (!chosen) return undefined;
  const site = await readSite(chosen.uri.fsPath);
  const context = await contextFor(chosen, site);
  const { origin } = await siteMemory(app.memory, chosen, site);
  const { describeSite, localAsset, planAssets } = await loadAws();
  const root = rootFolder(chosen.uri.fsPath, site);
  const assets = await Promise.all(files.map((file) => localAsset(chosen.uri.fsPath, root, file, site.publish.allow)));
  const count = assets.length === 1 ? (assets[0]?.path ?? '') : `${assets.length} images`;
  let domain: string | undefined;
  const steps = await withOp(app.log, `Uploading ${count} to the CDN`, async (op) => {
    const plan = async () => {
      const have = await describeSite(context, op);
      const publication = await planAssets(context, have, assets, origin, op);
      domain = publication.domain;
      return publication.plan;
    };
    const question = `Upload ${count} to the CDN?`;
    return confirmAndRun(app, context, { question, verb: 'Upload', plan }, options, op);
  });
  if (!steps) return undefined;
  const urls = domain === undefined ? [] : assets.map(({ path }) => assetUrl(domain ?? '', path));
  if (!options) void offerUrls(count, urls, steps.length === 0);
  return urls;
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
    void vscode.window.showInformationMessage(`${told} It has no address yet: provision the distribution.`);
    return;
  }
  const copy = urls.length === 1 ? 'Copy URL' : 'Copy URLs';
  const chosen = await vscode.window.showInformationMessage(told, copy);
  if (chosen === copy) await vscode.env.clipboard.writeText(urls.join('\n'));
}
