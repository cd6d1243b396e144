import { literalSource, sourceTest } from '../pathPattern';
import { redirectFinder } from './redirectFinder';
import { MOVED, type Redirect } from './redirects';

/** Where the pages lie on the server. */
export const DOCUMENT_ROOT = '/var/www/html';

/** What redirects look like to Apache. */
export interface RewriteRules {
  /** For the section of the document root: what a request is found to be there. */
  readonly conditions: readonly string[];
  readonly rules: readonly string[];
  /** Sections of their own, after that one. */
  readonly sections: readonly string[];
}

/** Flags of rules: what groups stand for is encoded once more, and what is encoded already is left so; rewriting ends with the rule. */
export const ENCODING = 'B,BNP,BNE=/.-~,NE';
/** What the CDN's function adds to URLs that are short. */
const ADDED = '(?:(?:/|^|(?<=/))index\\.html|\\.html)?';
const HERE = `${DOCUMENT_ROOT}%{REQUEST_URI}`;

/**
 * Redirects as rules of Apache's mod_rewrite, of which nothing is text of the file that they are from but letters, digits and what is percent-encoded. An asset
 * counts as a file that is there, though it is in the bucket. `origin` is that of the CDN which the site is read through, if it is.
 */
export function rewriteRules(
  redirects: readonly Redirect[],
  assets: Iterable<string>,
  assetPattern: string,
  origin = '',
): RewriteRules {
  const shadowed = redirectsFor(
    redirects.filter(({ isForced }) => !isForced),
    assets,
  );
  const blocks = redirects.map((redirect) => {
    const isShadowed = shadowed.has(redirect);
    return { isForced: redirect.isForced, isShadowed, lines: ruleOf(redirect, isShadowed, origin) };
  });
  const rules: string[] = [];
  for (let at = 0; at < blocks.length;) {
    const end = blocks.findIndex(({ isForced }, index) => index > at && isForced !== blocks[at]?.isForced);
    const run = blocks.slice(at, end < 0 ? undefined : end);
    if (!run[0]?.isForced) rules.push('RewriteCond %{ENV:SITELIFT_THERE} =1', `RewriteRule ^ - [S=${run.length}]`);
    rules.push(...run.flatMap(({ lines }) => lines));
    at += run.length;
  }
  const isThere = ['', '/index.html', '/index.htm', '.html'].map(
    (ending, index) => `RewriteCond "${HERE}${ending}" -f${index === 3 ? '' : ' [OR]'}`,
  );
  return {
    conditions: [
      ...(blocks.some(({ isForced }) => !isForced) ? [...isThere, 'RewriteRule ^ - [E=SITELIFT_THERE:1]'] : []),
      ...(blocks.some(({ isShadowed }) => isShadowed)
        ? [`RewriteRule "${assetPattern}" - [NC,E=SITELIFT_ASSET:1]`]
        : []),
    ],
    rules,
    // Of sections that a request is in the last one counts, of redirects the first.
    sections: redirects.flatMap((redirect) => errorSection(redirect, origin)).reverse(),
  };
}

/** `/about` shows `about.html`, where there is that and no `about`. */
export const CLEAN_URLS: readonly string[] = [
  `RewriteCond "${HERE}" !-f`,
  `RewriteCond "${HERE}" !-d`,
  `RewriteCond "${HERE}.html" -f`,
  `RewriteRule "^(.*[^/])$" "/$1.html" [${ENCODING},END]`,
];

/** Those redirects that are for some of the paths. */
function redirectsFor(redirects: readonly Redirect[], paths: Iterable<string>): ReadonlySet<Redirect> {
  if (redirects.length === 0) return new Set();
  const find = redirectFinder(redirects);
  const groups = new Set<readonly Redirect[]>();
  for (const path of paths) for (const group of find(path)) groups.add(group);
  return new Set([...groups].flat());
}

function ruleOf(redirect: Redirect, isShadowed: boolean, origin: string): string[] {
  const { from, status, to } = redirect;
  const pattern = origin === '' ? `"^${from}$"` : `"^${from.replace(/[*+](?=\))/g, '$&?')}${ADDED}$"`;
  const conditions = [...(isShadowed ? ['RewriteCond %{ENV:SITELIFT_ASSET} !=1'] : []), ...loopGuard(redirect, origin)];
  if (!MOVED.includes(status) && status !== 200) return [...conditions, `RewriteRule ${pattern} - [R=${status},END]`];
  const target = to.map((piece) => (typeof piece === 'number' ? `$${piece}` : piece.replaceAll('%', '\\%'))).join('');
  if (status === 200) return [...conditions, `RewriteRule ${pattern} "${target}" [${ENCODING},END]`];
  const address = target.startsWith('/') ? origin + target : target;
  return [...conditions, `RewriteRule ${pattern} "${address}" [${ENCODING},R=${status},END]`];
}

/** Keeps a redirect from what it leads to itself, without which it would go round in a circle. */
function loopGuard(redirect: Redirect, origin: string): string[] {
  const source = sparedSource(redirect, origin);
  return source === undefined ? [] : [`RewriteCond %{REQUEST_URI} "!^${source}$"`];
}

/** A test of paths, with their first slash, for those that a redirect leaves alone although it is for them, since it leads there; undefined for none. */
export function sparedBy(redirect: Redirect, origin = ''): ((path: string) => boolean) | undefined {
  const source = sparedSource(redirect, origin);
  return source === undefined ? undefined : sourceTest(source);
}

function sparedSource(redirect: Redirect, origin: string): string | undefined {
  if (!MOVED.includes(redirect.status)) return undefined;
  const text = redirect.to.map((piece) => (typeof piece === 'number' ? '\0' : piece)).join('');
  const [path = ''] = text.split(/[?#]/, 1);
  if (!path.startsWith('/')) return undefined;
  const target = decodedPath(path);
  if (!sourceTest(redirect.from)(target.slice(1).replaceAll('\0', 'x'))) return undefined;
  const [before = ''] = target.split('\0', 1);
  if (before === target) return literalSource(target) + (origin === '' ? '' : ADDED);
  return before === '/' ? undefined : `${literalSource(before)}.*`;
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Bytes that are no text: nobody is led in a circle by them, since no browser asks for them.
    return path;
  }
}

function errorSection({ from, status, to: [page] }: Redirect, origin: string): string[] {
  if (page === undefined || MOVED.includes(status) || status === 200) return [];
  const added = origin === '' ? '' : ADDED;
  return [`<LocationMatch "^/${from}${added}$">\n  ErrorDocument ${status} "${page}"\n</LocationMatch>`];
}
