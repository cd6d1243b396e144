/** What a file system may take for the same name although the published site does not: case, and letters composed or not. */
export function folded(path: string): string {
  return /^[\0-\x7f]*$/.test(path) ? path.toLowerCase() : path.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Finds how a file that a reference means on this computer is really spelled; undefined for one that is spelled so, and for none. */
export function spellings(paths: Iterable<string>): (path: string) => string | undefined {
  const exact = new Set(paths);
  const byFolded = new Map(Array.from(exact, (path) => [folded(path), path]));
  return (path) => (exact.has(path) ? undefined : byFolded.get(folded(path)));
}
