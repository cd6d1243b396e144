import { encodePath } from '../../html/assetUrl';
import { folded } from '../../html/spelling';

/** Sentences about names that work on this computer in more spellings than on the published site. */
export function spellingNotes(paths: readonly string[]): string[] {
  const decomposed = paths.filter((path) => path !== path.normalize('NFC'));
  const groups = new Map<string, string | string[]>();
  for (const path of paths) {
    const key = folded(path);
    const others = groups.get(key);
    groups.set(key, others === undefined ? path : [others, path].flat());
  }
  const clashing = [...groups.values()].filter((group) => typeof group !== 'string');
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
