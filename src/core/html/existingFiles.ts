import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathBelow } from '../pathBelow';

/** Lists a folder by its absolute path; empty when there is no such folder. */
export type ListFolder = (folder: string) => Promise<readonly Dirent[]>;

/**
 * Those of the paths below a root at which there is a file, spelled exactly so, folders included: a file system that takes `A.PNG` for `a.png` must
 * not hide that the CDN will not. A link counts when it leads to a file inside the root; what lies below a linked folder is never published.
 */
export async function existingFiles(
  rootFolder: string,
  paths: Iterable<string>,
  list: ListFolder = listFolder,
): Promise<Set<string>> {
  const listed = new Map<string, ReadonlyMap<string, Dirent>>();
  const entriesOf = async (folder: string): Promise<ReadonlyMap<string, Dirent>> => {
    const known = listed.get(folder);
    if (known !== undefined) return known;
    const entries = new Map((await list(join(rootFolder, folder))).map((entry) => [entry.name, entry]));
    listed.set(folder, entries);
    return entries;
  };

  const existing = new Set<string>();
  for (const path of paths) {
    const entry = await entryAt(path.split('/'), entriesOf);
    if (entry?.isFile() || (entry?.isSymbolicLink() && (await leadsInside(rootFolder, path)))) existing.add(path);
  }
  return existing;
}

async function entryAt(
  names: readonly string[],
  entriesOf: (folder: string) => Promise<ReadonlyMap<string, Dirent>>,
): Promise<Dirent | undefined> {
  let folder = '';
  let entry: Dirent | undefined;
  for (const name of names) {
    if (entry !== undefined && !entry.isDirectory()) return undefined;
    entry = (await entriesOf(folder)).get(name);
    if (entry === undefined) return undefined;
    folder += `${name}/`;
  }
  return entry;
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Not there, not a folder, not readable: in each case there is no image to offer.
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

async function leadsInside(rootFolder: string, path: string): Promise<boolean> {
  try {
    const [root, target] = await Promise.all([realpath(rootFolder), realpath(join(rootFolder, path))]);
    return pathBelow(root, target) !== undefined && (await stat(target)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
