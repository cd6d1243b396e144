import { readdir, realpath, stat } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';

/**
 * Those of the paths below a root at which there is a file, spelled exactly so: a file system that takes `A.PNG` for `a.png` must not hide that
 * the CDN will not. A link counts when it leads to a file inside the root.
 */
export async function existingFiles(rootFolder: string, paths: Iterable<string>): Promise<Set<string>> {
  const byFolder = new Map<string, string[]>();
  for (const path of paths) {
    const folder = posix.dirname(path);
    const known = byFolder.get(folder);
    if (known) known.push(path);
    else byFolder.set(folder, [path]);
  }
  const existing = new Set<string>();
  for (const [folder, candidates] of byFolder) {
    const entries = new Map((await entriesOf(join(rootFolder, folder))).map((entry) => [entry.name, entry]));
    for (const path of candidates) {
      const entry = entries.get(posix.basename(path));
      if (entry?.isFile() || (entry?.isSymbolicLink() && (await leadsInside(rootFolder, path)))) existing.add(path);
    }
  }
  return existing;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Not there, not a folder, not readable, too long a name: in each case there is no image to offer.
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

async function leadsInside(rootFolder: string, path: string): Promise<boolean> {
  try {
    const [root, target] = await Promise.all([realpath(rootFolder), realpath(join(rootFolder, path))]);
    return target.startsWith(root + sep) && (await stat(target)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
