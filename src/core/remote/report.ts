/** What a script told in lines `name=value`. */
export interface Report {
  /** The values of a name, in order. */
  all(name: string): readonly string[];
  /** The first value of a name; empty where it was not told. */
  text(name: string): string;
}

/** Reads the lines `name=value` of a script's output; others are passed over. */
export function parseReport(output: string): Report {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    const name = line.slice(0, equals);
    values.set(name, [...(values.get(name) ?? []), line.slice(equals + 1)]);
  }
  const all = (name: string) => values.get(name) ?? [];
  return { all, text: (name) => all(name)[0] ?? '' };
}
