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

// Strict, or else a file that is told wrongly would be taken for one that is gone.
/** Only what a scan lets be published: below the root, and no part of it hidden, as Sitelift's own folder on the server is. */
const PATH = v.pipe(
  v.string(),
  v.check((path) => path.split('/').every((part) => part !== '' && !part.startsWith('.')) && !path.includes('\0')),
);
const PAGE = v.strictTuple([PATH, v.pipe(v.string(), v.regex(/^[\da-f]{64}$/)), v.number(), v.string()]);
const ASSET = v.strictTuple([
  PATH,
  v.pipe(v.string(), v.regex(/^[\da-f]{64}$/)),
  v.number(),
  v.string(),
  v.string(),
  v.string(),
]);
const GONE = v.strictTuple([PATH]);

/** How changes stand in JSON: a tuple for each path, of the path alone for what is gone. */
export const CHANGES_JSON = v.object({
  pages: v.array(v.union([PAGE, GONE])),
  assets: v.array(v.union([ASSET, GONE])),
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

/** Changes from what stands in JSON. */
export function fromJson({ pages, assets }: ChangesJson): Changes {
  return { pages: new Map(pages.map(pageOf)), assets: new Map(assets.map(assetOf)) };
}

function pageOf(told: ChangesJson['pages'][number]): [string, Page | null] {
  if (told.length === 1) return [told[0], null];
  const [path, sha256, sizeBytes, bundle] = told;
  return [path, { sha256, sizeBytes, bundle }];
}

function assetOf(told: ChangesJson['assets'][number]): [string, Asset | null] {
  if (told.length === 1) return [told[0], null];
  const [path, sha256, sizeBytes, contentType, cacheControl, etag] = told;
  return [path, { sha256, sizeBytes, contentType, cacheControl, etag }];
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
  const told = (manifest: Manifest) =>
    new Map(
      [...[...manifest.assets].filter(([path, asset]) => !isHashed(path, asset)), ...manifest.pages].map(
        ([path, { sha256 }]): [string, { sha256: string }] => [path, { sha256 }],
      ),
    );
  const [old, now] = [told(before), told(after)];
  const changes = differing(old, now, (one, other) => one.sha256 === other.sha256);
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const [path, file] of changes) counts[file === null ? 'removed' : old.has(path) ? 'changed' : 'added'] += 1;
  return counts;
}

/** True for the same bytes under the same headers. */
export function isServedAlike(one: Asset, other: Omit<Asset, 'etag'>): boolean {
  return (
    one.sha256 === other.sha256 && one.contentType === other.contentType && one.cacheControl === other.cacheControl
  );
}

/** The id of a release: the hash of what it serves; the same content has the same id. `domain` is the distribution's, which its pages name. */
export function releaseId({ pages, assets }: Manifest, domain: string): string {
  const hash = createHash('sha256').update(JSON.stringify(domain));
  for (const [path, { sha256 }] of sorted(pages)) hash.update(JSON.stringify([path, sha256]));
  for (const [path, { sha256, contentType, cacheControl }] of sorted(assets)) {
    hash.update(JSON.stringify([path, sha256, contentType, cacheControl, '']));
  }
  return hash.digest('hex').slice(0, 40);
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

function overlaid<Value>(map: ReadonlyMap<string, Value>, changes: ReadonlyMap<string, Value | null>) {
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
