import * as vscode from 'vscode';
import { UserError } from '../core/op';
import { SITE_FILE } from '../core/site';
import { isNode } from './options';
import { foldersOfSites, hasSiteFile } from './siteFiles';
import { askWhich } from './tell';

/** The folder that a command is about: the one named, the one of the tree's row, the only one, or the one that the user picks. */
export async function chooseFolder(
  argument: unknown,
  options: { readonly folder?: string } | undefined,
): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (isNode(argument)) return argument.entry.folder;
  if (options?.folder) {
    const named = folders.find(({ uri }) => uri.fsPath === options.folder);
    if (!named) throw new UserError(`${options.folder} is not a folder of this window.`);
    return named;
  }
  if (folders.length === 0) {
    throw new UserError('No folder is open. Open the folder that holds the site’s pages and images first.', {
      remedy: { title: 'Open Folder…', command: 'workbench.action.files.openFolder' },
    });
  }
  if (folders.length === 1) return folders[0];
  if (options) throw new UserError('The window has several folders; name one with “folder”.');
  return vscode.window.showWorkspaceFolderPick({ placeHolder: 'Folder of the site' });
}

/** The folder of the site that a command is about. Throws `UserError` with a way on when there is none. */
export async function chooseSite(
  argument: unknown,
  options: { readonly folder?: string } | undefined,
): Promise<vscode.WorkspaceFolder | undefined> {
  if (isNode(argument) || options?.folder) {
    return requireSite(await chooseFolder(argument, options));
  }
  const sites = await foldersOfSites();
  if (sites.length === 0) return requireSite(await chooseFolder(argument, options));
  if (sites.length === 1) return sites[0];
  if (options) throw new UserError('The window has several sites; name one with “folder”.');
  const items = sites.map((folder) => ({ label: folder.name, description: folder.uri.fsPath, folder }));
  return (await askWhich('Site', items))?.folder;
}

async function requireSite(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.WorkspaceFolder | undefined> {
  if (!folder || (await hasSiteFile(folder))) return folder;
  throw new UserError(`There is no ${SITE_FILE} in ${folder.name}. Create the site first.`, {
    remedy: { title: 'Create Site…', command: 'sitelift.createSite' },
  });
}
