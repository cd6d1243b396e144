import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type * as vscode from 'vscode';
import type { Publisher } from '../core/publish/publishing';
import type { Origin } from '../core/release/ledger';
import type { Site } from '../core/site';
import type { App } from './app';
import type { AwsChunk } from './chunks';

/** What a folder on this computer remembers of its site, so that it knows its own publications from those of others. */
export interface SiteMemory {
  readonly origin: Origin;
  /** The release that was published from here, or found to be the same, last. */
  readonly seenRelease: string | undefined;
  remember(release: string): Promise<void>;
}

interface Remembered {
  readonly place: string;
  readonly release?: string;
}

/** Reads what the folder remembers, and makes it remember who it is. */
export async function siteMemory(
  memory: vscode.Memento,
  folder: vscode.WorkspaceFolder,
  site: Site,
): Promise<SiteMemory> {
  const key = `site ${site.id} in ${folder.uri.toString()}`;
  const known = memory.get<Remembered>(key);
  const place = known?.place ?? randomUUID();
  if (!known) await memory.update(key, { place } satisfies Remembered);
  return {
    origin: { host: hostname(), folder: folder.name, place },
    seenRelease: known?.release,
    remember: async (release) => memory.update(key, { place, release } satisfies Remembered),
  };
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
  const [memory, commit] = await Promise.all([siteMemory(app.memory, folder, site), aws.commitOf(path, op)]);
  const origin = { ...memory.origin, ...(commit === undefined ? {} : { commit }) };
  const cache = aws.folderCache(app.cacheFolder);
  return {
    publisher: { folder: path, root, origin, seenRelease: memory.seenRelease, cache },
    remember: (release) => memory.remember(release),
  };
}
