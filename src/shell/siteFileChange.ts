import * as vscode from 'vscode';
import { UserError } from '../core/op';
import { SITE_FILE } from '../core/site';
import { siteFileEdits } from '../core/siteFileEdit';

/** Opens the site file of a folder for a change of it. Throws `UserError` while it has changes that are not saved. */
export async function openSiteFile(folder: vscode.WorkspaceFolder): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, SITE_FILE));
  if (document.isDirty) {
    throw new UserError(`${SITE_FILE} has changes that are not saved. Save or undo them, then run the command again.`);
  }
  return document;
}

/** Writes one want into an open site file and saves it; all else stays as it is written. */
export async function writeWant(
  document: vscode.TextDocument,
  [part, property]: readonly [string, string],
  wanted: string | number,
): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of siteFileEdits(document.getText(), [part, property], wanted)) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    change.replace(document.uri, range, content);
  }
  if ((await vscode.workspace.applyEdit(change)) && (await document.save())) return;
  const text = `"${property}": ${JSON.stringify(wanted)}`;
  throw new UserError(`${SITE_FILE} could not be changed. Put ${text} into its “${part}” yourself.`);
}
