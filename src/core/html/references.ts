import { encodePath } from './assetUrl';
import type { HtmlDocument } from './document';
import { BASE_URL_LIMIT, TooComplexError } from './limits';

/** A reference to a file of the site itself. */
export interface LocalReference {
  /** Path of the file from the root, with `/` between segments, percent-decoded. */
  readonly path: string;
  /** Query and fragment, percent-encoded as a browser would send them, or empty. */
  readonly suffix: string;
}

/** The site's address for resolving; no host can have it (RFC 2606), so what leaves it is external. */
const SITE = 'http://site.invalid/';

/** The URL that a file's relative references start from. `path` is the file's path from the root. */
export function fileBase(path: string): URL {
  return new URL(SITE + encodePath(path));
}

/** The URL that a page's relative references start from: its own, unless a `<base href>` says otherwise. Throws `TooComplexError` for a huge one. */
export function pageBase(document: HtmlDocument, pagePath: string): URL {
  const own = fileBase(pagePath);
  const [first] = document.attributes('base[href]', 'href');
  if (first === undefined) return own;
  // The standard ignores a base that does not parse, and data: and javascript: ones.
  const base = parseUrl(first.value, own);
  if (base === undefined || ['data:', 'javascript:'].includes(base.protocol)) return own;
  if (base.href.length > BASE_URL_LIMIT) throw new TooComplexError('the URL in its <base> is too long');
  return base;
}

/**
 * The file of the site that a reference means, resolved as a browser does on the published site, so `..` never leaves the root. Undefined
 * for what lies elsewhere, for the page itself, for folders, and for what cannot be a file's name on every system.
 */
export function resolveReference(reference: string, base: URL): LocalReference | undefined {
  const written = trimStart(reference);
  if (written === '' || /^[?#]/.test(written) || /^[a-z][a-z\d+.-]*:/i.test(written)) return undefined;
  const url = parseUrl(written, base);
  if (url === undefined || !url.href.startsWith(SITE)) return undefined;

  const segments = url.pathname.slice(1).split('/').map(decodeSegment);
  const names = segments.filter((segment) => segment !== undefined);
  if (names.length < segments.length || names.at(-1) === '') return undefined;
  return { path: names.join('/'), suffix: url.href.slice(url.origin.length + url.pathname.length) };
}

/** Without what the URL parser drops before it looks for a scheme: spaces and controls in front, tabs and line breaks anywhere. */
function trimStart(reference: string): string {
  return reference.replace(/^[\0- ]+|[\t\n\r]/g, '');
}

function parseUrl(reference: string, base: URL): URL | undefined {
  return URL.canParse(reference, base.href) ? new URL(reference, base) : undefined;
}

/** The file name that a segment of a URL's path stands for. */
function decodeSegment(segment: string): string | undefined {
  const wellFormed = segment.replace(/%(?![\da-f]{2})/gi, '%25');
  let name: string;
  try {
    name = decodeURIComponent(wellFormed);
  } catch (error) {
    // Bytes that are not UTF-8 name no file that we could have published.
    if (error instanceof URIError) return undefined;
    throw error;
  }
  return /[/\\\0]/.test(name) ? undefined : name;
}
