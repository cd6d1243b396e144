/** A half-open range of UTF-16 offsets in a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Replaces a range of a text. */
export interface Edit {
  readonly range: Range;
  readonly text: string;
}

/** Something in an HTML or CSS file that a rule reports, with the edits that fix it. */
export interface Finding {
  readonly rule: string;
  readonly range: Range;
  readonly message: string;
  readonly edits: readonly Edit[];
}

/** How an attribute's value is written: in double quotes, in single quotes, or bare. */
export type Quote = '"' | "'" | '';

/** The text with all edits applied; whatever no edit covers stays as it is. Throws `RangeError` when two edits overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const inOrder = [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  const pieces: string[] = [];
  let done = 0;
  for (const { range, text: replacement } of inOrder) {
    if (range.start < done || range.end < range.start || range.end > text.length) {
      throw new RangeError(`The edit at ${range.start}–${range.end} overlaps another one or lies outside of the text.`);
    }
    pieces.push(text.slice(done, range.start), replacement);
    done = range.end;
  }
  pieces.push(text.slice(done));
  return pieces.join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '`': '&#96;',
  ' ': '&#32;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\f': '&#12;',
  '\r': '&#13;',
};

const UNSAFE: Readonly<Record<Quote, RegExp>> = { '"': /[&"]/g, "'": /[&']/g, '': /[&"'<>`\s]/g };

/** Escapes a value so that it can stand in an attribute that is quoted that way. */
export function escapeAttribute(value: string, quote: Quote): string {
  return value.replace(UNSAFE[quote], (character) => ENTITIES[character] ?? character);
}
