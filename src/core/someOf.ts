const NAMED = 3;

/** The first three of some paths, or `most` of them, and how many more there are, e.g. `a.html, b.html, c.html and 2 more`; of more than are known, `all` is the number. */
export function someOf(paths: readonly string[], all = paths.length, most = NAMED): string {
  const named = paths.slice(0, most);
  const more = all - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
