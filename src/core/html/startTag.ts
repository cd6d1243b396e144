import type { Quote, Range } from './edit';

/** One attribute as it is written in a start tag. */
export interface WrittenAttribute {
  /** Lower-case name. */
  readonly name: string;
  /** The value without its quotes; empty, behind the name, when the attribute has none. */
  readonly range: Range;
  readonly quote: Quote;
  readonly hasValue: boolean;
}

/** A start tag as it is written, from `<` to behind its `>`. */
export interface StartTag {
  readonly range: Range;
  /** In the order of the source; of attributes with one name only the first, since browsers drop the others. */
  readonly attributes: readonly WrittenAttribute[];
}

const SPACE = /[\t\n\f\r ]*/y;
const SPACE_AND_SLASH = /[\t\n\f\r /]*/y;
const TAG_NAME = /<[^\t\n\f\r />]*/y;
// An equals sign is part of the name when it comes first: https://html.spec.whatwg.org/#before-attribute-name-state
const NAME = /[^\t\n\f\r />][^\t\n\f\r />=]*/y;
const BARE_VALUE = /[^\t\n\f\r >]*/y;

/** Reads the start tag at an offset by the attribute states of the WHATWG tokeniser; undefined when it is not closed. */
export function scanStartTag(text: string, start: number): StartTag | undefined {
  const attributes: WrittenAttribute[] = [];
  const names = new Set<string>();
  let at = skip(TAG_NAME, text, start);
  for (;;) {
    at = skip(SPACE_AND_SLASH, text, at);
    if (at >= text.length) return undefined;
    if (text[at] === '>') return { range: { start, end: at + 1 }, attributes };

    const nameEnd = skip(NAME, text, at);
    const name = text.slice(at, nameEnd).toLowerCase();
    const afterName = skip(SPACE, text, nameEnd);
    const hasValue = text[afterName] === '=';
    let range: Range = { start: nameEnd, end: nameEnd };
    let quote: Quote = '';
    at = nameEnd;
    if (hasValue) {
      const valueStart = skip(SPACE, text, afterName + 1);
      const first = text[valueStart];
      if (first === '"' || first === "'") {
        quote = first;
        const close = text.indexOf(first, valueStart + 1);
        if (close === -1) return undefined;
        range = { start: valueStart + 1, end: close };
        at = close + 1;
      } else {
        at = skip(BARE_VALUE, text, valueStart);
        range = { start: valueStart, end: at };
      }
    }
    if (!names.has(name)) attributes.push({ name, range, quote, hasValue });
    names.add(name);
  }
}

/** The offset behind what a sticky pattern matches at an offset. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
