import nativePath, { type PlatformPath } from 'node:path';

/** The path of a file below a folder, with `/` between its parts: empty for the folder itself, undefined for what lies outside. */
export function pathBelow(folder: string, file: string, path: PlatformPath = nativePath): string | undefined {
  const below = path.relative(folder, file);
  // On Windows the way to another drive is absolute.
  if (path.isAbsolute(below) || below === '..' || below.startsWith(`..${path.sep}`)) return undefined;
  return below.split(path.sep).join('/');
}
