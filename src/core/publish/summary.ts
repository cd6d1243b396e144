import type { Bundle } from './bundle';
import type { LocalFile, LocalFiles } from './localFiles';
import type { Manifest } from './manifest';
import type { AssetUpload } from './planUpload';
import { spellingNotes } from './spelling';

/** What a publication consists of, in numbers that stand before its steps. */
export interface Summary {
  readonly pages: {
    readonly count: number;
    readonly sizeBytes: number;
    /** Paths that differ from those on the server; undefined when it is not known what is there. */
    readonly added: readonly string[] | undefined;
    readonly changed: readonly string[] | undefined;
  };
  readonly assets: {
    readonly added: number;
    readonly changed: number;
    readonly unchanged: number;
    /** Bytes to upload. */
    readonly uploadBytes: number;
  };
  /** How many files are not published, by reason, the most frequent first. */
  readonly left: readonly { readonly reason: string; readonly count: number }[];
  /** Sentences that the user should read before agreeing; whose release is replaced comes first. */
  readonly notes: readonly string[];
}

/** Counts what a publication would do; `live` is the manifest of what is on the server. */
export function summarize(
  local: LocalFiles,
  bundle: Bundle,
  uploads: readonly AssetUpload[],
  live: Manifest | undefined,
  notes: readonly string[],
): Summary {
  const before = live && new Map(Object.entries(live.pages));
  const differing = (isNew: boolean) =>
    before &&
    bundle.pages
      .filter(({ path, sha256 }) => before.has(path) !== isNew && before.get(path) !== sha256)
      .map(({ path }) => path);
  const added = uploads.filter(({ reason }) => reason === 'new').length;
  return {
    pages: {
      count: bundle.pages.length,
      sizeBytes: bundle.unpackedBytes,
      added: differing(true),
      changed: differing(false),
    },
    assets: {
      added,
      changed: uploads.length - added,
      unchanged: local.assets.length - uploads.length,
      uploadBytes: uploads.reduce((sum, { asset }) => sum + asset.sizeBytes, 0),
    },
    left: countsOf(local.left.map(({ reason }) => reason)),
    notes: [
      ...notes,
      ...spellingNotes(allPaths(local)),
      ...bundle.pages.flatMap(({ path, note }) => (note === undefined ? [] : [`${path}: ${note}`])),
    ],
  };
}

/** What there is to say of the pages in one line: how many are sent, and which of them are not on the server as they are. */
export function pagesTitle({ pages: { count, added, changed } }: Summary, reason: string): string {
  const files = count === 1 ? '1 page or other file' : `${count} pages and other files`;
  const news = [...named('new', added ?? []), ...named('changed', changed ?? [])];
  return `send ${files} to the server (${news.length > 0 ? news.join('; ') : reason})`;
}

function named(what: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, 3).join(', ');
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  return [`${paths.length} ${what}: ${shown}${more}`];
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
