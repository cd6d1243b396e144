import { encodePath } from '../html/assetUrl';

/** What a file system may take for the same name although the published site does not: case, and letters composed or not. */
function folded(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Finds how a file that a reference means on this computer is really spelled; undefined for one that is spelled so, and for none. */
export function spellings(paths: Iterable<string>): (path: string) => string | undefined {
  const exact = new Set(paths);
  const byFolded = new Map(Array.from(exact, (path) => [folded(path), path]));
  return (path) => (exact.has(path) ? undefined : byFolded.get(folded(path)));
}

/** Sentences about names that work on this computer in more spellings than on the published site. */
export function spellingNotes(paths: readonly string[]): string[] {
  const decomposed = paths.filter((path) => path !== path.normalize('NFC'));
  const groups = new Map<string, string[]>();
  for (const path of paths) groups.set(folded(path), [...(groups.get(folded(path)) ?? []), path]);
  const clashing = [...groups.values()].filter((group) => group.length > 1);
  return [
    ...decomposed.map(
      (path) =>
        `“${path}” has accents stored apart from their letters, as macOS does, so a link to it works only if it is written ${encodePath(path)}. Rename the file to be sure.`,
    ),
    ...clashing.map(
      (group) =>
        `${group.map((path) => `“${path}”`).join(' and ')} differ only in case or accents: they are different files on the published site.`,
    ),
  ];
}
