import * as v from 'valibot';

// Every message ends the sentence “<property> in sitelift.json must be …”.

type Wanted = string | ((issue: { readonly input: unknown }) => string);

/** Text of a pattern. */
export function text(pattern: RegExp, wanted: Wanted, description: string) {
  return v.pipe(v.string(wanted), v.regex(pattern, wanted), v.description(description));
}

/** A whole number within limits. */
export function wholeNumber(least: number, most: number, description: string) {
  const wanted = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(wanted),
    v.integer(wanted),
    v.minValue(least, wanted),
    v.maxValue(most, wanted),
    v.description(description),
  );
}

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(words: Words, description: string) {
  return v.pipe(v.picklist(words, `one of ${words.join(', ')}`), v.description(description));
}

/** True or false. */
export function flag(description: string) {
  return v.pipe(v.boolean('true or false'), v.description(description));
}

/** An object with these properties and no others. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries, description: string) {
  const wanted = (issue: v.StrictObjectIssue): string => {
    if (issue.expected === 'Object') return 'an object';
    if (issue.expected !== 'never') return 'present';
    return `left out: what Sitelift knows there is ${Object.keys(entries).join(', ')}`;
  };
  return v.pipe(
    // To a schema of an object an array is one, too.
    v.custom<Record<string, unknown>>((value) => !Array.isArray(value), 'an object'),
    v.strictObject(entries, wanted),
    v.description(description),
    v.readonly(),
  );
}
