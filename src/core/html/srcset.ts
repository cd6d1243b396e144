import type { Range } from './edit';
import { trimmedLength } from './trim';

/** One candidate's URL in a `srcset`, with its offsets in the attribute's value. */
export interface SrcsetUrl {
  readonly url: string;
  readonly range: Range;
}

/** The URLs of a `srcset`, by the steps of https://html.spec.whatwg.org/#parsing-a-srcset-attribute. */
export function srcsetUrls(value: string): SrcsetUrl[] {
  const urls: SrcsetUrl[] = [];
  const separators = /[\t\n\f\r ,]*/y;
  const word = /[^\t\n\f\r ]+/y;
  let at = 0;
  for (;;) {
    separators.lastIndex = at;
    separators.test(value);
    const start = separators.lastIndex;
    word.lastIndex = start;
    const written = word.exec(value)?.[0];
    if (written === undefined) return urls;
    const url = written.slice(0, trimmedLength(written, ','));
    urls.push({ url, range: { start, end: start + url.length } });
    at = start + written.length;
    if (url.length === written.length) at = descriptorsEnd(value, at);
  }
}

/** The offset behind a candidate's descriptors: the first comma that is not in parentheses, or the end. */
function descriptorsEnd(value: string, start: number): number {
  let inParentheses = false;
  for (let at = start; at < value.length; at++) {
    const character = value[at];
    if (character === '(') inParentheses = true;
    else if (character === ')') inParentheses = false;
    else if (character === ',' && !inParentheses) return at + 1;
  }
  return value.length;
}
