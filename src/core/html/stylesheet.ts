import { tokenize, TokenType, type CSSToken } from '@csstools/css-tokenizer';
import type { Edit, Range } from './edit';

/** A `url()` or image string of a style sheet. */
export interface StyleUrl {
  readonly url: string;
  /** Offsets of what is written between the quotes or parentheses. */
  readonly range: Range;
}

/** Functions whose strings are URLs. */
const URL_FUNCTIONS = new Set(['url', 'src', 'image', 'image-set', '-webkit-image-set']);

/** The URLs of a style sheet, or of a `style` attribute, that can mean images; those of `@import` and `@namespace` are left out. */
export function styleUrls(css: string): StyleUrl[] {
  const urls: StyleUrl[] = [];
  const functions: string[] = [];
  let inImport = false;
  for (const token of tokenize({ css })) {
    const type = token[0];
    if (type === TokenType.AtKeyword) inImport = ['import', 'namespace'].includes(token[4].value.toLowerCase());
    else if (type === TokenType.Semicolon || type === TokenType.OpenCurly) inImport = false;
    else if (type === TokenType.Function) functions.push(token[4].value.toLowerCase());
    else if (type === TokenType.OpenParen) functions.push('');
    else if (type === TokenType.CloseParen) functions.pop();
    else if (inImport) continue;
    else if (type === TokenType.URL) urls.push({ url: token[4].value, range: insideUrl(token) });
    else if (type === TokenType.String && URL_FUNCTIONS.has(functions.at(-1) ?? '')) {
      urls.push({ url: token[4].value, range: insideString(css, token) });
    }
  }
  return urls;
}

/** The edit that puts another URL in place of one; CSS escapes what would end it early. */
export function styleUrlEdit(found: StyleUrl, url: string): Edit {
  return { range: found.range, text: url.replace(/["'()\\]/g, (character) => `\\${character}`) };
}

/** A string ends without its quote where the style sheet does. */
function insideString(css: string, [, raw, start, end]: CSSToken): Range {
  const closed = raw.length > 1 && end < css.length && raw.endsWith(raw.charAt(0));
  return { start: start + 1, end: closed ? end : end + 1 };
}

function insideUrl([, raw, start]: CSSToken): Range {
  const [before = ''] = /^[^(]*\([\t\n\f\r ]*/.exec(raw) ?? [];
  const [after = ''] = /[\t\n\f\r ]*\)?$/.exec(raw.slice(before.length)) ?? [];
  return { start: start + before.length, end: start + raw.length - after.length };
}
