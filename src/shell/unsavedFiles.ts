import * as vscode from 'vscode';
import { UserError } from '../core/op';
import { pathBelow } from '../core/pathBelow';
import { askModal } from './tell';

const SHOWN_FILES = 8;

/**
 * Asks what is to become of the unsaved files below a folder before they are read from the disk; without a person they are saved. False
 * when nothing is to happen. Throws `UserError` when a file cannot be saved.
 */
export async function settleUnsaved(rootFolder: string, verb: string, unattended: boolean): Promise<boolean> {
  const files = vscode.workspace.textDocuments.filter(
    ({ isDirty, isUntitled, uri }) =>
      isDirty && !isUntitled && uri.scheme === 'file' && pathBelow(rootFolder, uri.fsPath),
  );
  if (files.length === 0) return true;
  const names = files.map(({ uri }) => vscode.workspace.asRelativePath(uri, false));
  if (!unattended) {
    const save = `Save and ${verb}…`;
    const leave = `${verb} Without Saving…`;
    const count = files.length === 1 ? 'One file is' : `${files.length} files are`;
    const more = names.length > SHOWN_FILES ? [`… and ${names.length - SHOWN_FILES} more`] : [];
    const lines = [
      'What is saved is what is sent. The plan comes next, so nothing is sent yet.',
      '',
      ...names.slice(0, SHOWN_FILES).map((name) => `• ${name}`),
      ...more,
    ];
    const answer = await askModal({ question: `${count} not saved. Save first?`, lines, warns: true }, save, leave);
    if (answer === leave) return true;
    if (answer !== save) return false;
  }
  for (const [index, file] of files.entries()) {
    if (await file.save()) continue;
    throw new UserError(`${names[index]} could not be saved, so nothing was sent. Save it yourself and try again.`);
  }
  return true;
}
