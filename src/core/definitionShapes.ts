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

/** Some of certain words, at least one. */
export function someWords(words: readonly string[], wanted: string, description: string) {
  const word = v.pipe(v.string(wanted), v.values(words, wanted));
  const list = 'a list of at least one';
  return v.pipe(v.array(word, list), v.minLength(1, list), v.description(description));
}

/** One of several objects that something may be. What is wrong inside of it is told by its own path, which needs one that is not made read-only. */
export function alternative<const Entries extends v.ObjectEntries>(entries: Entries, description: string) {
  return v.pipe(v.strictObject(entries), v.description(description));
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
