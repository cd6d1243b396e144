import { encodePath } from '../../html/assetUrl';

const MAX_PATHS = 15;
/** CloudFront takes 15 with `*` at one time, of all that is asked of an account (CloudFront documentation, “Quotas on invalidations”). */
const MAX_FOLDERS = 5;
/** Of more than these it is not found out which cover others, each being compared with all. */
const MOST_COMPARED = 500;

/** Of the characters that S3 keys hold, CloudFront takes these only as they are or only encoded, and `~` neither way (aws-sdk-js-v3 issue 4042). */
const ONE_FORM = /[!'()*,@+&=;:$~]/;

/**
 * What CloudFront is asked to forget, each of which counts as one of the 1,000 free paths a month: the paths, or for more than 15, and those with
 * characters that CloudFront takes in one form only, the folders that they lie in, or for more than a few of these, everything.
 */
export function invalidationItems(paths: readonly string[]): string[] {
  return joinItems(paths.length > MAX_PATHS ? Array.from(new Set(paths.map(folderOf)), itemBelow) : paths.map(itemOf));
}

/** What CloudFront was asked to forget, or is to be, without what something else of it covers. */
export function joinItems(...lists: readonly (readonly string[])[]): string[] {
  const items = [...new Set(lists.flat())];
  if (items.length > MOST_COMPARED) return ['/*'];
  const apart = items.filter((item) => !items.some((other) => other !== item && covers(other, item)));
  const folders = apart.filter((item) => item.endsWith('*'));
  return apart.length > MAX_PATHS || folders.length > MAX_FOLDERS ? ['/*'] : apart;
}

/** True when CloudFront was asked to forget a path, or is to be. */
export function isForgotten(path: string, items: readonly string[]): boolean {
  const item = itemOf(path);
  return items.some((other) => covers(other, item));
}

/** The paths that readers may have asked for to get a page, as the edges know both what was asked for and what that became. */
export function urlsOf(path: string): string[] {
  const short = path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '');
  return short === path ? [path] : [path, short];
}

/** What is wrong with a path that a person wrote to be forgotten by the edges, as a sentence; undefined when CloudFront takes it. */
export function itemProblem(text: string): string | undefined {
  if (!text.startsWith('/')) return `“${text}” must begin with /, as in /images/*.`;
  const path = text.endsWith('*') ? text.slice(0, -1) : text;
  if (path.includes('*')) return `“${text}” has a * amid it. CloudFront takes one at the end alone, as in /images/*.`;
  const plain = unescaped(path).slice(1);
  const odd = ONE_FORM.exec(plain)?.[0];
  if (odd === undefined) return undefined;
  return `CloudFront may not find “${text}” because of its “${odd}”. Write ${itemBelow(folderOf(plain))} instead.`;
}

/** How CloudFront is told a path that a person wrote and that has no problem: encoded as browsers ask for it, if it is not yet. */
export function itemFrom(text: string): string {
  const star = text.endsWith('*') ? '*' : '';
  return encodePath(unescaped(star ? text.slice(0, -1) : text)) + star;
}

function itemOf(path: string): string {
  return ONE_FORM.test(path) ? itemBelow(folderOf(path)) : `/${encodePath(path)}`;
}

/** The innermost folder of a path that CloudFront takes, with its slash. */
function folderOf(path: string): string {
  const odd = ONE_FORM.exec(path)?.index ?? path.length;
  return path.slice(0, path.lastIndexOf('/', odd) + 1);
}

/** All that is in a folder. */
function itemBelow(folder: string): string {
  return `/${encodePath(folder)}*`;
}

function covers(item: string, other: string): boolean {
  return item === other || (item.endsWith('*') && other.startsWith(item.slice(0, -1)));
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    // A file name may hold a % that encodes nothing.
    if (error instanceof URIError) return path;
    throw error;
  }
}
