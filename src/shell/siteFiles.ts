import * as vscode from 'vscode';
import { SITE_FILE } from '../core/site';

/** True when a folder on this computer holds a site file. */
export async function hasSiteFile({ uri }: vscode.WorkspaceFolder): Promise<boolean> {
  if (uri.scheme !== 'file') return false;
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(uri, SITE_FILE));
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}

/** The open folders of this computer that hold a site file. */
export async function foldersOfSites(): Promise<readonly vscode.WorkspaceFolder[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const present = await Promise.all(folders.map(hasSiteFile));
  return folders.filter((_, index) => present[index]);
}
