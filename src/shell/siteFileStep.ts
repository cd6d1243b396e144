import * as vscode from 'vscode';
import { UserError } from '../core/op';
import type { Plan, Step } from '../core/plan';
import { SITE_FILE } from '../core/site';
import { siteFileEdits } from '../core/siteFileEdit';

/** The site file of a folder, to be changed. Throws `UserError` while it has changes that are not saved. */
export async function openSiteFile(folder: vscode.WorkspaceFolder): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, SITE_FILE));
  if (!document.isDirty) return document;
  throw new UserError(`${SITE_FILE} has changes that are not saved. Save or undo them, then run the command again.`);
}

/** Gives one property of one of the parts of a site file a value, or takes it out, and saves it; all else stays as it is written. */
export async function writeSiteFile(
  document: vscode.TextDocument,
  path: readonly [string, string],
  value: unknown,
): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of siteFileEdits(document.getText(), path, value)) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    change.replace(document.uri, range, content);
  }
  if ((await vscode.workspace.applyEdit(change)) && (await document.save())) return;
  const [part, property] = path;
  const wanted = value === undefined ? `Take “${property}” out of` : `Put ${textOf(property, value)} into`;
  throw new UserError(`${SITE_FILE} could not be changed. ${wanted} its “${part}” yourself.`);
}

/** The step of a plan that writes what is wanted into the site file, before anything of it is done. */
export function siteFileStep(folder: vscode.WorkspaceFolder, path: readonly [string, string], value: unknown): Step {
  const [part, property] = path;
  const what = value === undefined ? `take “${property}” out` : `write ${textOf(property, value)}`;
  return {
    key: 'siteFile',
    title: `${what} in “${part}” of ${SITE_FILE}`,
    untouched: `${SITE_FILE} is as it was`,
    run: async () => writeSiteFile(await openSiteFile(folder), path, value),
  };
}

/** The stage that makes a site file say several things, before anything of them is done; none where there are none. */
export function siteFileSteps(
  folder: vscode.WorkspaceFolder,
  wants: readonly { readonly path: readonly [string, string]; readonly value: unknown }[],
): Plan {
  if (wants.length === 0) return [];
  return [
    [
      {
        key: 'siteFile',
        title: `write into ${SITE_FILE} what it is, so that provisioning leaves it so`,
        items: wants.map(({ path: [part, property], value }) =>
          value === undefined ? `take “${property}” out of “${part}”` : `in “${part}”: ${textOf(property, value)}`,
        ),
        untouched: `${SITE_FILE} is as it was`,
        async run() {
          for (const { path, value } of wants) await writeSiteFile(await openSiteFile(folder), path, value);
        },
      },
    ],
  ];
}

function textOf(property: string, value: unknown): string {
  return `"${property}": ${JSON.stringify(value)}`;
}
