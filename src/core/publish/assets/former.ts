import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { Context } from '../../context';
import { bucketName, PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import type { Asset } from '../../release/manifest';
import { MOST_COPIED_BYTES, type Copy, type Copying } from './copyAssets';

/** Where the bytes of assets lie that a kept release needs and the current one has not, each under its SHA-256. */
export const FILES = `${PRIVATE_PREFIX}files/`;

/** An asset that is about to be replaced or removed. */
export interface FormerAsset {
  readonly path: string;
  readonly asset: Asset;
}

/** S3 deletes at most this many objects in one request (Amazon S3 API, “DeleteObjects”). */
const DELETED_AT_ONCE = 1000;

/** Keeps bytes by their hash, as long as they are those that were published, and gives the paths of those that are not. */
export async function keepFormer(
  context: Context,
  former: readonly FormerAsset[],
  copy: Copy,
  op: Op,
): Promise<string[]> {
  const copies = former.map(({ path, asset }): Copying => {
    const { cacheControl, contentType, etag, sha256 } = asset;
    return { from: PUBLIC_PREFIX + path, etag, key: FILES + sha256, cacheControl, contentType, sha256 };
  });
  const etags = await copy(context, copies, op);
  return former.flatMap(({ path }, index) => (etags[index] === undefined ? [path] : [])).sort();
}

/** Puts kept bytes back under the stable names of assets, and gives the assets as they are stored then. Throws `UserError` for what is not kept. */
export async function bringBack(
  context: Context,
  wanted: readonly FormerAsset[],
  copy: Copy,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const copies = wanted.map(({ path, asset: { cacheControl, contentType, sha256 } }): Copying => {
    return { from: FILES + sha256, etag: undefined, key: PUBLIC_PREFIX + path, cacheControl, contentType, sha256 };
  });
  const etags = await copy(context, copies, op);
  const back = wanted.map(({ path, asset }, index): [string, Asset] => {
    const etag = etags[index];
    if (etag !== undefined) return [path, { ...asset, etag }];
    throw new UserError(
      `The bytes that “${path}” had then are not in the bucket any more, so that release cannot be brought back whole. Publish again to put the site in order.`,
    );
  });
  return new Map(back);
}

/**
 * Serves assets under other headers, the bytes being copied inside the bucket, and gives those as they are stored then; what others have changed since, or is
 * too large for a copy, is not among them.
 */
export async function changeHeaders(
  context: Context,
  stored: readonly FormerAsset[],
  headersFor: (path: string) => Pick<Asset, 'contentType' | 'cacheControl'>,
  copy: Copy,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const some = stored.filter(({ asset }) => asset.sizeBytes <= MOST_COPIED_BYTES);
  const copies = some.map(({ path, asset: { etag, sha256 } }): Copying => {
    const key = PUBLIC_PREFIX + path;
    return { from: key, etag, key, sha256, ...headersFor(path) };
  });
  const etags = copies.length === 0 ? [] : await copy(context, copies, op);
  return new Map(
    some.flatMap(({ path, asset }, index): [string, Asset][] => {
      const etag = etags[index];
      return etag === undefined ? [] : [[path, { ...asset, ...headersFor(path), etag }]];
    }),
  );
}

/** Deletes objects by their keys; those that are not there are deleted already. */
export async function deleteKeys({ clients, site }: Context, keys: readonly string[], op: Op): Promise<void> {
  for (let start = 0; start < keys.length; start += DELETED_AT_ONCE) {
    const Objects = keys.slice(start, start + DELETED_AT_ONCE).map((Key) => ({ Key }));
    const { Errors = [] } = await clients.s3.send(
      new DeleteObjectsCommand({
        ...{ Bucket: bucketName(site), ExpectedBucketOwner: site.account },
        Delete: { Objects, Quiet: true },
      }),
      { abortSignal: op.signal },
    );
    const [failed] = Errors;
    if (failed) throw new Error(`${failed.Key} could not be deleted: ${failed.Message ?? failed.Code}`);
  }
}
