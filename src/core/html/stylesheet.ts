import { tokenizer, TokenType, type CSSToken } from '@csstools/css-tokenizer';
import type { Edit, Range } from './edit';
import { trimmedLength } from './trim';

/** A `url()` or image string of a style sheet. */
export interface StyleUrl {
  readonly url: string;
  /** Offsets of what is written between the quotes or parentheses. */
  readonly range: Range;
}

/** Functions whose strings are URLs. */
const URL_FUNCTIONS = new Set(['url', 'src', 'image', 'image-set', '-webkit-image-set']);
/** Properties that load from the page's own origin alone, whatever headers come with it: they name an element, not an image. */
const SAME_ORIGIN = new Set(
  ['filter', 'backdrop-filter', 'clip-path'].flatMap((property) => [property, `-webkit-${property}`]),
);

/**
 * The URLs of a style sheet, or of a `style` attribute, that can mean images from anywhere; those of `@import` and `@namespace`, and of filters
 * and clip paths, are left out.
 */
export function styleUrls(css: string): StyleUrl[] {
  const tokens = tokenizer({ css });
  const urls: StyleUrl[] = [];
  const functions: string[] = [];
  let inImport = false;
  let property: string | undefined;
  while (!tokens.endOfFile()) {
    const token = tokens.nextToken();
    const type = token[0];
    if (type === TokenType.AtKeyword) inImport = ['import', 'namespace'].includes(token[4].value.toLowerCase());
    else if (type === TokenType.Semicolon || type === TokenType.OpenCurly || type === TokenType.CloseCurly) {
      inImport = false;
      property = undefined;
    } else if (type === TokenType.Ident) property ??= token[4].value.toLowerCase();
    else if (type === TokenType.Function) functions.push(token[4].value.toLowerCase());
    else if (type === TokenType.OpenParen) functions.push('');
    else if (type === TokenType.CloseParen) functions.pop();
    else if (inImport || SAME_ORIGIN.has(property ?? '')) continue;
    else if (type === TokenType.URL) urls.push({ url: token[4].value, range: insideUrl(token) });
    else if (type === TokenType.String && URL_FUNCTIONS.has(functions.at(-1) ?? '')) {
      urls.push({ url: token[4].value, range: insideString(token) });
    }
  }
  return urls;
}

/** The edit that puts another URL in place of one; CSS escapes what would end it early. */
export function styleUrlEdit(found: StyleUrl, url: string): Edit {
  return { range: found.range, text: url.replace(/["'()\\]/g, (character) => `\\${character}`) };
}

/** A string ends without its quote where the style sheet does. */
function insideString([, raw, start]: CSSToken): Range {
  const escaped = escapesEnd(raw, 1);
  const closed = raw.length > escaped && raw.endsWith(raw.charAt(0));
  return { start: start + 1, end: start + raw.length - (closed ? 1 : 0) };
}

const SPACE = /[\t\n\f\r ]*/y;

function insideUrl([, raw, start]: CSSToken): Range {
  SPACE.lastIndex = raw.indexOf('(') + 1;
  SPACE.test(raw);
  const begin = SPACE.lastIndex;
  // The space behind an escape belongs to it, and so may a parenthesis where the style sheet ends.
  return { start: start + begin, end: start + trimmedLength(raw, '\t\n\f\r )', escapesEnd(raw, begin)) };
}

const ESCAPE = /\\(?:[\da-f]{1,6}(?:\r\n|[\t\n\f\r ])?|[^])?/iy;

/** The offset behind the last escape of a token, or the one to start from when there is none. */
function escapesEnd(raw: string, from: number): number {
  let end = from;
  for (let at = raw.indexOf('\\', end); at !== -1; at = raw.indexOf('\\', end)) {
    ESCAPE.lastIndex = at;
    ESCAPE.test(raw);
    end = ESCAPE.lastIndex;
  }
  return end;
}
