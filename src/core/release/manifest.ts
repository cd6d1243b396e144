import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isHashed } from './hashedName';

/** A file of the server as it was published. */
export interface Page {
  /** Of the published bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Key of the bundle that holds the bytes. */
  readonly bundle: string;
}

/** A file of the bucket as it was published, under its own path or under its hashed name. */
export interface Asset {
  /** In hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly cacheControl: string;
  /** As S3 gave it, without quotes. */
  readonly etag: string;
}

/** What a release consists of, by paths below the root. An SVG file is both. */
export interface Manifest {
  readonly pages: ReadonlyMap<string, Page>;
  readonly assets: ReadonlyMap<string, Asset>;
}

/** What makes one manifest another: what is there now, `null` for what is gone. */
export interface Changes {
  readonly pages: ReadonlyMap<string, Page | null>;
  readonly assets: ReadonlyMap<string, Asset | null>;
}

/** The manifest of nothing. */
export const EMPTY: Manifest = { pages: new Map(), assets: new Map() };

type PageJson = [path: string, sha256: string, sizeBytes: number, bundle: string];
type AssetJson = [
  path: string,
  sha256: string,
  sizeBytes: number,
  contentType: string,
  cacheControl: string,
  etag: string,
];
type GoneJson = [path: string];

/** How changes stand in JSON: a tuple for each path, of the path alone for what is gone. */
export const CHANGES_JSON = v.object({
  pages: tuples<PageJson | GoneJson>(['number', 'string']),
  assets: tuples<AssetJson | GoneJson>(['number', 'string', 'string', 'string']),
});

/** Changes as they stand in JSON. */
export type ChangesJson = v.InferOutput<typeof CHANGES_JSON>;

/** Changes as they stand in JSON, in the order of their paths. */
export function toJson({ pages, assets }: Changes): ChangesJson {
  return {
    pages: sorted(pages).map(([path, page]) => (page ? [path, page.sha256, page.sizeBytes, page.bundle] : [path])),
    assets: sorted(assets).map(([path, asset]) => (asset ? assetJson(path, asset) : [path])),
  };
}

/** An asset as it stands in JSON. */
export function assetJson(path: string, asset: Asset): ChangesJson['assets'][number] {
  return [path, asset.sha256, asset.sizeBytes, asset.contentType, asset.cacheControl, asset.etag];
}

/**
 * Tuples of a path alone, or of a path, a SHA-256 and what is of these types. They are checked in one go, as a schema for each of them takes twenty times as
 * long, and strictly, or else a file that is told wrongly would be taken for one that is gone.
 */
function tuples<Tuple>(others: readonly ('string' | 'number')[]) {
  const isTuple = (value: unknown): boolean => {
    if (!Array.isArray(value) || !isPath(value[0])) return false;
    if (value.length === 1) return true;
    return (
      value.length === others.length + 2 &&
      typeof value[1] === 'string' &&
      SHA256.test(value[1]) &&
      others.every((type, index) => typeof value[index + 2] === type)
    );
  };
  return v.custom<Tuple[]>((value) => Array.isArray(value) && value.every(isTuple));
}

const SHA256 = /^[\da-f]{64}$/;
const UNFIT = /(?:^|\/)(?:[./]|$)|\0/;

/** True for what a scan lets be published: below the root, and no part of it hidden, as Sitelift's own folder on the server is. */
export function isPath(value: unknown): boolean {
  return typeof value === 'string' && !UNFIT.test(value);
}

/** Changes from what stands in JSON. */
export function fromJson({ pages, assets }: ChangesJson): Changes {
  const changes = { pages: new Map<string, Page | null>(), assets: new Map<string, Asset | null>() };
  for (const told of pages) {
    const [path, sha256, sizeBytes = 0, bundle = ''] = told;
    changes.pages.set(path, sha256 === undefined ? null : { sha256, sizeBytes, bundle });
  }
  for (const told of assets) {
    const [path, sha256, sizeBytes = 0, contentType = '', cacheControl = '', etag = ''] = told;
    changes.assets.set(path, sha256 === undefined ? null : { sha256, sizeBytes, contentType, cacheControl, etag });
  }
  return changes;
}

/** The manifest that changes make of another one. */
export function applied(manifest: Manifest, { pages, assets }: Changes): Manifest {
  return { pages: overlaid(manifest.pages, pages), assets: overlaid(manifest.assets, assets) };
}

/** What makes the first manifest the second. */
export function changesBetween(before: Manifest, after: Manifest): Changes {
  return {
    pages: differing(before.pages, after.pages, samePage),
    assets: differing(before.assets, after.assets, sameAsset),
  };
}

/** How many paths are new, changed and gone between two manifests, for those who read; where the bytes lie does not count, nor do hashed names. */
export function countChanges(before: Manifest, after: Manifest): { added: number; changed: number; removed: number } {
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const path of pathsOf(after)) {
    const now = sumIn(after, path);
    const old = sumIn(before, path);
    if (now !== undefined && now !== old) counts[old === undefined ? 'added' : 'changed'] += 1;
  }
  for (const path of pathsOf(before)) {
    if (sumIn(before, path) !== undefined && sumIn(after, path) === undefined) counts.removed += 1;
  }
  return counts;
}

/** Each path once. */
function* pathsOf({ assets, pages }: Manifest): Iterable<string> {
  yield* pages.keys();
  for (const path of assets.keys()) if (!pages.has(path)) yield path;
}

/** The SHA-256 of what readers get at a path, without hashed names. */
function sumIn({ assets, pages }: Manifest, path: string): string | undefined {
  const asset = assets.get(path);
  return pages.get(path)?.sha256 ?? (asset && !isHashed(path, asset) ? asset.sha256 : undefined);
}

/** True for the same bytes under the same headers. */
export function isServedAlike(one: Asset, other: Omit<Asset, 'etag'>): boolean {
  return (
    one.sha256 === other.sha256 && one.contentType === other.contentType && one.cacheControl === other.cacheControl
  );
}

/** The id of a release: the hash of what it serves; the same content has the same id. `domain` is the distribution's, which its pages name. */
export function releaseId({ pages, assets }: Manifest, domain: string): string {
  let text = JSON.stringify(domain);
  for (const [path, { sha256 }] of sorted(pages)) text += JSON.stringify([path, sha256]);
  // Of headers there are few, and each of ten thousand arrays in JSON takes longer than its text.
  const headers = new Map<string, string>();
  for (const [path, { sha256, contentType, cacheControl }] of sorted(assets)) {
    const known = `${contentType}\0${cacheControl}`;
    const told = headers.get(known) ?? `${JSON.stringify(contentType)},${JSON.stringify(cacheControl)}`;
    headers.set(known, told);
    text += `[${JSON.stringify(path)},"${sha256}",${told},""]`;
  }
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

/** One file in the server's list of what was published: its sum, a space, its path and a NUL. */
export function listRecord(path: string, sha256: string): string {
  return `${sha256} ${path}\0`;
}

/** The SHA-256 of the list that the server keeps of its pages, which is in the order of the bytes of their paths. */
export function listSum(pages: ReadonlyMap<string, Pick<Page, 'sha256'>>): string {
  const hash = createHash('sha256');
  const records = Array.from(pages, ([path, { sha256 }]) => ({ bytes: Buffer.from(path), sha256 }));
  records.sort((one, other) => Buffer.compare(one.bytes, other.bytes));
  for (const { bytes, sha256 } of records) hash.update(`${sha256} `).update(bytes).update('\0');
  return hash.digest('hex');
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

function overlaid<Value>(
  map: ReadonlyMap<string, Value>,
  changes: ReadonlyMap<string, Value | null>,
): ReadonlyMap<string, Value> {
  if (changes.size === 0) return map;
  const result = new Map(map);
  for (const [path, value] of changes) {
    if (value === null) result.delete(path);
    else result.set(path, value);
  }
  return result;
}

function differing<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  isSame: (one: Value, other: Value) => boolean,
): Map<string, Value | null> {
  const changes = new Map<string, Value | null>();
  for (const [path, value] of after) {
    const old = before.get(path);
    if (old === undefined || !isSame(old, value)) changes.set(path, value);
  }
  for (const path of before.keys()) if (!after.has(path)) changes.set(path, null);
  return changes;
}

function samePage(one: Page, other: Page): boolean {
  return one.sha256 === other.sha256 && one.bundle === other.bundle;
}

function sameAsset(one: Asset, other: Asset): boolean {
  return isServedAlike(one, other) && one.etag === other.etag;
}
