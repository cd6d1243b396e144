import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder outside the checkout for big downloads and images; a missing one only makes the next run slower. */
export function cacheFolder(...parts: string[]): string {
  const root = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(root, 'sitelift', ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
