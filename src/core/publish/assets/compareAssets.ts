import pLimit from 'p-limit';
import type { Context } from '../../context';
import { PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import { isServedAlike, type Asset } from '../../release/manifest';
import type { StoredObject } from '../../resources/bucket/bucket';
import { wantedCaching, type Caching } from '../caching';
import type { LocalFile } from '../local/localFiles';
import type { FileSums } from '../local/sums';
import { ASSET_CACHING, describeObject, isStoredMd5, type ObjectSeen } from '../../aws/store';
import { hashFile } from '../local/readFile';

/** An asset that is to be uploaded, and why. */
export interface AssetUpload {
  readonly asset: LocalFile;
  /** `headers`: the bytes are stored, but are to be served under other headers. */
  readonly reason: 'new' | 'changed' | 'headers';
  /** In hexadecimal digits, where it had to be read already. */
  readonly sha256: string | undefined;
  /** What is stored, where only its headers are others; which ones does not matter. */
  readonly stored?: Asset;
}

/** What assets are compared with. */
export interface StoredAssets {
  /** What the ledger tells of them, by path. */
  readonly told: ReadonlyMap<string, Asset>;
  /** What a listing shows; undefined where the ledger is to be trusted. */
  readonly objects: ReadonlyMap<string, StoredObject> | undefined;
  /** All files are read, as their sums are wanted also where no comparison needs them. */
  readonly isThorough?: boolean;
  /** Each object is asked about, as the ledger is not taken to tell how other hands left it. */
  readonly isDoubted?: boolean | undefined;
}

/** What a comparison found. */
export interface Comparison {
  readonly uploads: readonly AssetUpload[];
  /** The others as they are stored, by path. */
  readonly stored: ReadonlyMap<string, Asset>;
  /** The SHA-256 of those that were read or known, by path. */
  readonly sums: ReadonlyMap<string, string>;
}

/** Gives the SHA-256 of files, in the order of the files. */
export type Hash = (files: readonly LocalFile[], op: Op) => Promise<readonly string[]>;

const LOOKS_AT_ONCE = 48;

/** Finds the assets whose bytes or headers are not stored; only files in doubt are read. */
export async function compareAssets(
  context: Context,
  assets: readonly LocalFile[],
  { told, objects, isDoubted = false, isThorough = false }: StoredAssets,
  sums: FileSums,
  hash: Hash,
  op: Op,
): Promise<Comparison> {
  const limit = pLimit(LOOKS_AT_ONCE);
  const uploads: AssetUpload[] = [];
  const stored = new Map<string, Asset>();
  const sumOf = await sumsOf(
    assets.filter((asset) => isThorough || isInDoubt(asset, told, objects)),
    sums,
    hash,
    op,
  );

  /** Only what must be asked about is waited for: ten thousand promises take as long as all else here. */
  const compare = (asset: LocalFile): Promise<void> | undefined => {
    const sha256 = sumOf.get(asset.path);
    const tellsOf = told.get(asset.path);
    const object = objects?.get(asset.path);
    const add = (reason: AssetUpload['reason']) => void uploads.push({ asset, reason, sha256 });
    if (objects ? !object : !tellsOf) return add('new');
    const wanted = {
      ...{ sha256: sha256 ?? '', sizeBytes: asset.sizeBytes },
      ...headersOf(asset, context.site.publish.caching),
    };
    const isTold = tellsOf !== undefined && (!object || object.etag === tellsOf.etag);
    if (isTold) {
      if (sha256 !== tellsOf.sha256) return add('changed');
      const isAlike = isServedAlike(tellsOf, wanted);
      if (!isAlike) return void uploads.push({ asset, reason: 'headers', sha256, stored: tellsOf });
      if (!isDoubted || !object) return void stored.set(asset.path, tellsOf);
    }
    if (!object) return undefined;
    if (sha256 === undefined) return add('changed');
    return limit(() => findStored(context, asset, object, { sha256, isTold }, op)).then((seen) => {
      const found = { ...wanted, etag: object.etag };
      if (!seen) add('changed');
      else if (seen.isServed(wanted)) stored.set(asset.path, found);
      else uploads.push({ asset, reason: 'headers', sha256, stored: found });
    });
  };
  await Promise.all(assets.map(compare).filter((asked) => asked !== undefined)).finally(() => limit.clearQueue());
  uploads.sort((one, other) => (one.asset.path < other.asset.path ? -1 : 1));
  return { uploads, stored, sums: sumOf };
}

/** The headers that an asset is stored with. */
export function headersOf(
  { contentType, path }: Pick<LocalFile, 'contentType' | 'path'>,
  caching: Caching,
): Pick<Asset, 'contentType' | 'cacheControl'> {
  return { contentType, cacheControl: wantedCaching(caching, path) ?? ASSET_CACHING };
}

/** True when only its bytes tell whether a file is stored as it is. */
function isInDoubt(asset: LocalFile, told: StoredAssets['told'], objects: StoredAssets['objects']): boolean {
  const sizeBytes = objects ? objects.get(asset.path)?.sizeBytes : told.get(asset.path)?.sizeBytes;
  return sizeBytes === asset.sizeBytes;
}

async function sumsOf(
  assets: readonly LocalFile[],
  sums: FileSums,
  hash: Hash,
  op: Op,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const unknown = assets.filter((asset) => {
    const sum = sums.fileSum(asset);
    if (sum !== undefined) found.set(asset.path, sum);
    return sum === undefined;
  });
  if (unknown.length === 0) return found;
  const readMs = Date.now();
  const hashed = await hash(unknown, op);
  for (const [index, asset] of unknown.entries()) {
    const sum = hashed[index] ?? '';
    found.set(asset.path, sum);
    sums.rememberFile(asset, sum, readMs);
  }
  return found;
}

/** An object, if it holds the bytes of a file, as a ledger may tell already, and the distribution may read them. */
async function findStored(
  context: Context,
  asset: LocalFile,
  object: StoredObject,
  { isTold, sha256 }: { readonly isTold: boolean; readonly sha256: string },
  op: Op,
): Promise<ObjectSeen | undefined> {
  if (!isTold && isStoredMd5(object) && object.etag !== (await hashFile(asset, 'md5'))) return undefined;
  const seen = await describeObject(context, PUBLIC_PREFIX + asset.path, op);
  return isTold || isStoredMd5(object) || seen?.sha256 === sha256 ? seen : undefined;
}
