import type * as vscode from 'vscode';
import type { FolderMemory } from '../core/entryAws';
import type { Publisher } from '../core/publish/publishing';
import type { Site } from '../core/site';
import type { App } from './app';
import type { AwsChunk } from './chunks';

/** Reads what the folder remembers of its site, and makes it remember who it is. */
export async function siteMemory(
  aws: AwsChunk,
  memory: vscode.Memento,
  folder: vscode.WorkspaceFolder,
  site: Site,
  commit?: string,
): Promise<FolderMemory> {
  const key = `site ${site.id} in ${folder.uri.toString()}`;
  const notes = {
    read: () => Promise.resolve(memory.get(key)),
    write: async (note: object) => memory.update(key, note),
  };
  return aws.folderMemory(notes, { folder: folder.name, commit });
}

/** Who publishes from a folder, and what makes it know the release that is current then. */
export async function publisherOf(
  app: App,
  aws: AwsChunk,
  folder: vscode.WorkspaceFolder,
  site: Site,
  root: string,
): Promise<{ readonly publisher: Publisher; remember(release: string): Promise<void> }> {
  const path = folder.uri.fsPath;
  const op = { signal: new AbortController().signal, report: () => undefined };
  const commit = await aws.commitOf(path, op);
  const { origin, remember, seenRelease } = await siteMemory(aws, app.memory, folder, site, commit);
  const cache = aws.folderCache(app.cacheFolder);
  return { publisher: { folder: path, root, origin, seenRelease, cache }, remember };
}
