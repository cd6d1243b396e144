import { CopyObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { statusOf } from '../aws/errors';
import type { Context } from '../context';
import { encodePath } from '../html/assetUrl';
import { bucketName, PRIVATE_PREFIX, PUBLIC_PREFIX } from '../names';
import { UserError, type Op } from '../op';
import type { Asset } from '../release/manifest';
import { placeOf } from './store';

/** Where the bytes of assets lie that a kept release needs and the current one has not, each under its SHA-256. */
export const FILES = `${PRIVATE_PREFIX}files/`;

/** An asset that is about to be replaced or removed. */
export interface FormerAsset {
  readonly path: string;
  readonly asset: Asset;
}

const COPIES_AT_ONCE = 48;
/** S3 deletes at most this many objects in one request (Amazon S3 API, “DeleteObjects”). */
const DELETED_AT_ONCE = 1000;

/** Keeps bytes by their hash, as long as they are those that were published, and gives the paths of those that are not. */
export async function keepFormer(context: Context, former: readonly FormerAsset[], op: Op): Promise<string[]> {
  const limit = pLimit(COPIES_AT_ONCE);
  const lost: string[] = [];
  await Promise.all(
    former.map(({ path, asset }) =>
      limit(async () => {
        op.signal.throwIfAborted();
        const source = { key: PUBLIC_PREFIX + path, etag: asset.etag };
        if (!(await copy(context, source, FILES + asset.sha256, asset, op))) lost.push(path);
      }),
    ),
  );
  return lost.sort();
}

/** Puts kept bytes back under the stable names of assets, and gives the assets as they are stored then. Throws `UserError` for what is not kept. */
export async function bringBack(
  context: Context,
  wanted: readonly FormerAsset[],
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const limit = pLimit(COPIES_AT_ONCE);
  const back = await Promise.all(
    wanted.map(({ path, asset }) =>
      limit(async (): Promise<[string, Asset]> => {
        op.signal.throwIfAborted();
        const source = { key: FILES + asset.sha256 };
        const etag = await copy(context, source, PUBLIC_PREFIX + path, asset, op);
        if (etag === undefined) {
          throw new UserError(
            `The bytes that “${path}” had then are not in the bucket any more, so that release cannot be brought back whole. Publish again to put the site in order.`,
          );
        }
        return [path, { ...asset, etag }];
      }),
    ),
  );
  return new Map(back);
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

/** Copies an object inside the bucket and gives the copy's ETag; undefined when it is not there, or is another by now. */
async function copy(
  context: Context,
  source: { readonly key: string; readonly etag?: string },
  key: string,
  { cacheControl, contentType, sha256 }: Asset,
  op: Op,
): Promise<string | undefined> {
  const { Bucket, ExpectedBucketOwner, Key } = placeOf(context, key);
  try {
    const { CopyObjectResult } = await context.clients.s3.send(
      new CopyObjectCommand({
        ...{ Bucket, ExpectedBucketOwner, Key },
        CopySource: `${Bucket}/${encodePath(source.key)}`,
        ...(source.etag === undefined ? {} : { CopySourceIfMatch: source.etag }),
        ExpectedSourceBucketOwner: ExpectedBucketOwner,
        MetadataDirective: 'REPLACE',
        // Copying tags would need rights of its own.
        TaggingDirective: 'REPLACE',
        ...{ ContentType: contentType, CacheControl: cacheControl, Metadata: { sha256 } },
        ServerSideEncryption: 'AES256',
      }),
      { abortSignal: op.signal },
    );
    return (CopyObjectResult?.ETag ?? '').replaceAll('"', '');
  } catch (error) {
    if ([404, 412].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}
