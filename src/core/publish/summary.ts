import type { Manifest } from '../release/manifest';
import { someOf } from '../someOf';
import { isAsset } from './local/assetTypes';
import type { PageBundle } from './pages/bundle';
import type { AssetUpload } from './assets/compareAssets';
import type { LocalFile, LocalFiles } from './local/localFiles';
import { spellingNotes } from './local/spelling';

/** What a publication consists of, in numbers that stand before its steps. */
export interface Summary {
  readonly pages: {
    readonly count: number;
    readonly sizeBytes: number;
    /** Paths that differ from those on the server; undefined when it is not known what is there. */
    readonly added: readonly string[] | undefined;
    readonly changed: readonly string[] | undefined;
    /** Paths on the server that will not be there any more. */
    readonly removed: readonly string[] | undefined;
  };
  readonly assets: {
    readonly added: number;
    readonly changed: number;
    readonly unchanged: number;
    /** Bytes to upload. */
    readonly uploadBytes: number;
    /** Paths in the bucket that are not among the files any more; what *Upload to CDN* put there stays nevertheless. */
    readonly removed: readonly string[];
  };
  /** How many files are not published, by reason, the most frequent first. */
  readonly left: readonly { readonly reason: string; readonly count: number }[];
  /** Sentences that the user should read before agreeing; whose release is replaced comes first. */
  readonly notes: readonly string[];
}

/** Counts what a publication would do; `live` is what the current release consists of. */
export function summarize(
  local: LocalFiles,
  { pages }: Pick<PageBundle, 'pages'>,
  uploads: readonly AssetUpload[],
  live: Manifest | undefined,
  notes: readonly string[],
): Summary {
  const before = live?.pages;
  const differing = (isNew: boolean) =>
    before &&
    Array.from(pages)
      .filter(([path, { sha256 }]) => before.has(path) !== isNew && before.get(path)?.sha256 !== sha256)
      .map(([path]) => path);
  const gone = (paths: Iterable<string>, isThere: (path: string) => boolean) =>
    Array.from(paths).filter((path) => !isThere(path));
  const assets = new Set(local.assets.map(({ path }) => path));
  const added = uploads.filter(({ reason }) => reason === 'new').length;
  return {
    pages: {
      count: pages.size,
      sizeBytes: Array.from(pages.values()).reduce((sum, page) => sum + page.sizeBytes, 0),
      added: differing(true),
      changed: differing(false),
      removed: before && gone(before.keys(), (path) => pages.has(path)),
    },
    assets: {
      added,
      changed: uploads.length - added,
      unchanged: local.assets.length - uploads.length,
      uploadBytes: uploads.reduce((sum, { asset, reason }) => sum + (reason === 'headers' ? 0 : asset.sizeBytes), 0),
      removed: gone(live?.assets.keys() ?? [], (path) => assets.has(path) || !isAsset(path)),
    },
    left: countsOf(local.left.map(({ reason }) => reason)),
    notes: [
      ...notes,
      ...spellingNotes(allPaths(local)),
      ...Array.from(pages).flatMap(([path, { note }]) => (note === undefined ? [] : [`${path}: ${note}`])),
    ],
  };
}

/** Why pages are sent. */
export type PagesReason =
  | 'first release'
  | 'new server'
  | 'the last publication was cut short'
  | 'changed'
  | 'changed, with other settings'
  | 'other settings';

/** Title of the step that changes nothing else. */
export const SETTINGS_TITLE = 'put other settings of the web server in place';

/** What there is to say of the pages in one line: which of them are not on the server as they are, or how many are sent and why. */
export function pagesTitle({ pages: { count, added, changed, removed } }: Summary, reason: PagesReason): string {
  if (reason === 'other settings') return SETTINGS_TITLE;
  const news = [...named('new', added ?? []), ...named('changed', changed ?? []), ...named('removed', removed ?? [])];
  if (reason === 'changed, with other settings') news.push('other settings of the web server');
  if (news.length > 0) return `put pages in place on the server (${news.join('; ')})`;
  return `put ${pagesText(count)} in place on the server (${reason})`;
}

/** All pages of a site in words, e.g. `12 pages and other files`. */
export function pagesText(count: number): string {
  return count === 1 ? '1 page or other file' : `${count} pages and other files`;
}

function named(what: string, paths: readonly string[]): string[] {
  return paths.length === 0 ? [] : [`${paths.length} ${what}: ${someOf(paths)}`];
}

function countsOf(reasons: readonly string[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Array.from(counts, ([reason, count]) => ({ reason, count })).sort((one, other) => other.count - one.count);
}

function allPaths({ pages, assets }: LocalFiles): string[] {
  const paths = (files: readonly LocalFile[]) => files.map(({ path }) => path);
  return [...new Set([...paths(pages), ...paths(assets)])];
}
