import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../op';
import { isFetchedFromBucket } from '../../resources/distribution/wholeSite';
import type { Caching } from '../caching';
import { literalSource, patternSource } from '../pathPattern';
import { urlsOf } from '../edge/invalidationItems';
import { redirectFinder } from './redirectFinder';
import { REDIRECTS_FILE, type Redirect } from './redirects';
import { CLEAN_URLS, DOCUMENT_ROOT, ENCODING, rewriteRules, sparedBy } from './rewriteRules';

/** Name of the file in the root that is shown where there is no page. */
export const NOT_FOUND_PAGE = '404.html';

/** What the web server is to do. */
export interface WebSettingsWanted {
  /** File name endings of what lies in the bucket. */
  readonly assetExtensions: readonly string[];
  /** Where requests for assets that are not on the server are sent; without it they are answered with 404. */
  readonly assetDomain: string | undefined;
  /** Paths of the assets of the release. */
  readonly assets: Iterable<string>;
  readonly caching: Caching;
  readonly redirects: readonly Redirect[];
  readonly hasNotFoundPage: boolean;
  /** Scheme and host of the CDN that the site is read through, which asks for `/about.html` where a reader did for `/about`. */
  readonly origin?: string;
  /** A header that requests must have, and the SHA-1 (hex) of its value. */
  readonly requires?: { readonly header: string; readonly sha1: string };
  /** How long the edges may keep what nothing else is said of; else as long as browsers. */
  readonly edgeSeconds?: number;
}

/** One fragment of settings for Apache 2.4.57 and later. */
export interface WebSettings {
  /** A digest of the text, which stands in its first line. */
  readonly id: string;
  readonly text: string;
  /** The text for `base64 -d | gzip -d`. */
  readonly packed: string;
  /** Sentences about redirects that readers do not get as they are written. */
  readonly notes: readonly string[];
  /** True for a page that is there and not shown, since a redirect with `!` comes before it. */
  hides(path: string): boolean;
}

/** How many bytes settings may take on their way, since the commands of SSM must be small. */
const MOST_PACKED_BYTES = 8 * 1024;

const COMPRESSED = [
  ...[
    'text/html',
    'text/css',
    'text/plain',
    'text/xml',
    'text/javascript',
    'text/markdown',
    'text/csv',
    'text/calendar',
  ],
  ...['application/javascript', 'application/json', 'application/xml', 'application/rss+xml', 'application/atom+xml'],
  ...['application/xhtml+xml', 'application/manifest+json', 'application/wasm', 'application/ld+json'],
  ...['image/svg+xml', 'font/ttf', 'font/otf', 'application/vnd.ms-fontobject'],
];
/** Browsers refuse these under another type once they may not guess, and not every system's list of types has them. */
const TYPES = [
  ['text/javascript', '.js .mjs'],
  ['application/manifest+json', '.webmanifest'],
  ['application/wasm', '.wasm'],
  ['font/woff', '.woff'],
  ['font/woff2', '.woff2'],
];
const ANSWERED = `%{REQUEST_STATUS} in { '200', '206', '304' }`;

/** The settings of the web server, as they are written to one file. Throws `UserError` when they are too long to be sent. */
export function webSettings(wanted: WebSettingsWanted): WebSettings {
  const body = [...serverLines(), ...rootSection(wanted), ...denials()].join('\n');
  const id = createHash('sha256').update(body).digest('hex');
  const text = `# Written by Sitelift, which overwrites changes made here: ${id}\n${body}`;
  const notes = wanted.origin === undefined ? [] : [...lostPages(wanted.redirects), ...lostRedirects(wanted.redirects)];
  return { id, text, packed: packed(text), notes, hides: hiding(wanted) };
}

/** A page stays shown where the redirect that is for it leads to it. */
function hiding({ origin, redirects }: WebSettingsWanted): WebSettings['hides'] {
  const forced = redirects.filter(({ isForced, status }) => isForced && status !== 200);
  const find = redirectFinder(forced);
  const spared = new Map(forced.map((redirect) => [redirect, sparedBy(redirect, origin)]));
  return (path) => {
    const urls = urlsOf(path);
    const found = new Set(urls.flatMap((url) => find(url).flat()));
    return [...found].some((redirect) => !urls.some((url) => spared.get(redirect)?.(`/${url}`)));
  };
}

/** What the edges fetch from the bucket alone does not come to the server, whose redirects these are. */
function lostRedirects(redirects: readonly Redirect[]): string[] {
  const lost = redirects.filter(({ isOpen, parts }) => {
    const last = parts.at(-1);
    return !isOpen && typeof last === 'string' && isFetchedFromBucket(last);
  });
  const [first] = lost;
  if (!first) return [];
  const path = `/${first.parts.map((part) => (typeof part === 'number' ? ':…' : part)).join('/')}`;
  const others = lost.length === 1 ? '' : ` and ${lost.length - 1} more like it`;
  return [
    `${REDIRECTS_FILE} redirects ${path}${others}, but readers get no redirect: CloudFront, which serves the whole site, fetches images, video, audio and PDF from the bucket alone. Leave a page that links to the new place, or keep the file.`,
  ];
}

/** What the server answers with 404 CloudFront asks the bucket for, and then shows one page for whatever is not found. */
function lostPages(redirects: readonly Redirect[]): string[] {
  const pages = redirects.flatMap(({ status, to: [page] }) => (status === 404 && page !== undefined ? [page] : []));
  return Array.from(new Set(pages))
    .filter((page) => page !== `/${NOT_FOUND_PAGE}`)
    .map(
      (page) =>
        `${REDIRECTS_FILE} names ${page} for the status 404, but readers get ${NOT_FOUND_PAGE}: CloudFront, which serves the whole site, shows one page for all that is not found. The status 410 shows ${page}.`,
    );
}

function packed(text: string): string {
  const bytes = gzipSync(text, { level: 9 });
  if (bytes.length <= MOST_PACKED_BYTES) return bytes.toString('base64');
  throw new UserError(
    `The settings of the web server are too long to be sent to it: they take ${bytes.length} bytes, and ${MOST_PACKED_BYTES} is the limit. Nothing was published. Let one rule with a placeholder or a * stand for many in ${REDIRECTS_FILE}.`,
  );
}

function serverLines(): string[] {
  // With a suffix to the ETag what was compressed would never be “not modified”.
  return ['ServerTokens Prod', 'ServerSignature Off', 'TraceEnable Off', 'DeflateAlterETag NoChange'];
}

function rootSection(wanted: WebSettingsWanted): string[] {
  const { assetDomain, assetExtensions, assets, hasNotFoundPage, origin, redirects, requires } = wanted;
  const assetPattern = `\\.(${assetExtensions.join('|')})$`;
  const { conditions, rules, sections } = rewriteRules(redirects, assets, assetPattern, origin);
  const lines = [
    'Options -Indexes -MultiViews +FollowSymLinks',
    'DirectoryIndex index.html index.htm',
    'AddDefaultCharset Off',
    'FileETag MTime Size',
    ...TYPES.map(([type, endings]) => `AddType ${type} ${endings}`),
    `AddOutputFilterByType DEFLATE ${COMPRESSED.join(' ')}`,
    ...(hasNotFoundPage ? [`ErrorDocument 404 /${NOT_FOUND_PAGE}`] : []),
    ...(requires ? [`Require expr "%{sha1:%{req_novary:${requires.header}}} == '${requires.sha1}'"`] : []),
    'Header always set X-Content-Type-Options nosniff',
    'Header always set Referrer-Policy strict-origin-when-cross-origin',
    ...cachingLines(wanted),
    'RewriteEngine On',
    // What the server asks itself for, such as an index or an error page, is shown as it is.
    'RewriteCond %{IS_SUBREQ} =true [OR]',
    'RewriteCond %{ENV:REDIRECT_STATUS} !^$',
    'RewriteRule ^ - [END]',
    ...conditions,
    ...rules,
    ...CLEAN_URLS,
    ...(assetDomain === undefined ? [] : assetRules(assetDomain, assetPattern)),
    ...(origin === undefined ? [] : folderRules(origin)),
  ];
  return [`<Directory "${DOCUMENT_ROOT}">`, ...lines.map((line) => `  ${line}`), '</Directory>', ...sections];
}

/** Of headers that are set the last one counts, of patterns the first. */
function cachingLines({ caching, edgeSeconds }: WebSettingsWanted): string[] {
  const edges = edgeSeconds === undefined ? '' : `, s-maxage=${edgeSeconds}`;
  const set = (value: string, condition: string) => `Header always set Cache-Control "${value}" "expr=${condition}"`;
  return [
    // That browsers keep a redirect for good would outlive going back to an earlier release.
    'Header always set Cache-Control "public, max-age=0, must-revalidate"',
    ...(edges === '' ? [] : [set(`public, max-age=0${edges}`, ANSWERED)]),
    set(`public, max-age=300${edges}`, `${ANSWERED} && !(%{REQUEST_FILENAME} =~ m#\\.html?$#i)`),
    ...caching.toReversed().map(({ cacheControl, files }) => {
      const path = `^${literalSource(`${DOCUMENT_ROOT}/`)}(?:${patternSource(files)})$`;
      return set(cacheControl, `${ANSWERED} && %{REQUEST_FILENAME} =~ m#${path}#i`);
    }),
  ];
}

/** What is in the bucket alone is found there under the name that the browser asked for. */
function assetRules(domain: string, assetPattern: string): string[] {
  return [
    'RewriteCond %{REQUEST_FILENAME} !-f',
    // The edges, once they ask the server as well, would be sent to themselves.
    'RewriteCond %{HTTP_USER_AGENT} "!^Amazon CloudFront"',
    'RewriteCond %{THE_REQUEST} "^[A-Z]+ (/[^? ]*)"',
    `RewriteRule "${assetPattern}" "https://${domain}%1" [NC,NE,R=302,END]`,
  ];
}

/** A folder without its last slash, which Apache by itself would look for under the server's own name. */
function folderRules(origin: string): string[] {
  return ['RewriteCond %{REQUEST_FILENAME} -d', `RewriteRule "^(.*[^/])$" "${origin}/$1/" [${ENCODING},R=301,END]`];
}

function denials(): string[] {
  return [
    `<DirectoryMatch "^${DOCUMENT_ROOT}/\\.sitelift">`,
    '  Require all denied',
    '</DirectoryMatch>',
    `<Location "/${REDIRECTS_FILE}">`,
    '  Require all denied',
    '</Location>',
  ];
}
