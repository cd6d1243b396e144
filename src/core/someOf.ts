const NAMED = 3;

/** The first three of some paths, and how many more there are, e.g. `a.html, b.html, c.html and 2 more`; of more than are known, `all` is the number. */
export function someOf(paths: readonly string[], all = paths.length): string {
  const named = paths.slice(0, NAMED);
  const more = all - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
