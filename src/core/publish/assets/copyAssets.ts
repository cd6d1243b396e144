import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { statusOf } from '../../aws/errors';
import type { Context } from '../../context';
import { encodePath } from '../../html/assetUrl';
import type { Op } from '../../op';
import type { Copying } from '../../worker/copier';
import type { Reach } from '../../worker/requests';
import type { Thread } from '../../worker/thread';
import { describeObject, placeOf } from '../../aws/store';
import { doThroughThread } from './throughThread';

export type { Copying } from '../../worker/copier';

/** Copies objects inside the bucket and gives the ETag of each copy; undefined for what is not there, or is another by now. */
export type Copy = (context: Context, copies: readonly Copying[], op: Op) => Promise<readonly (string | undefined)[]>;

/** S3 copies at most this much in one request (Amazon S3 API, “CopyObject”). */
export const MOST_COPIED_BYTES = 5 * 1024 ** 3;

const BATCH_COPIES = 256;
const SDK_COPIES_AT_ONCE = 48;

/** Copies as `Copy` tells, by a thread that goes around the SDK and, where the thread could not, by the SDK, as `doThroughThread` does it. */
export async function copyFiles(
  context: Context,
  copies: readonly Copying[],
  op: Op,
  thread: Thread,
): Promise<readonly (string | undefined)[]> {
  const etags = new Map<Copying, string | undefined>();
  const ways = {
    ask: async (reach: Reach, batch: readonly Copying[], signal: AbortSignal) => {
      const copied = await thread.ask('copy', { ...reach, copies: batch }, signal);
      return copied.map((etag) => (etag === undefined ? undefined : { etag }));
    },
    bySdk: async (one: Copying) => ({ etag: await copyObject(context, one, op) }),
    sdkAtOnce: SDK_COPIES_AT_ONCE,
    onDone: (one: Copying, { etag }: { readonly etag: string | undefined }) => void etags.set(one, etag),
  };
  await doThroughThread(context, batchesOf(copies), [], ways, op, thread);
  return copies.map((one) => etags.get(one));
}

function* batchesOf(copies: readonly Copying[]): Generator<readonly Copying[], void> {
  for (let start = 0; start < copies.length; start += BATCH_COPIES) yield copies.slice(start, start + BATCH_COPIES);
}

/** Copies one object by the SDK and gives the copy's ETag; undefined when it is not there, or is another by now. */
export async function copyObject(context: Context, one: Copying, op: Op): Promise<string | undefined> {
  const { Bucket, ExpectedBucketOwner, Key } = placeOf(context, one.key);
  try {
    const { CopyObjectResult } = await context.clients.s3.send(
      new CopyObjectCommand({
        ...{ Bucket, ExpectedBucketOwner, Key },
        CopySource: `${Bucket}/${encodePath(one.from)}`,
        ...(one.etag === undefined ? {} : { CopySourceIfMatch: one.etag }),
        ExpectedSourceBucketOwner: ExpectedBucketOwner,
        MetadataDirective: 'REPLACE',
        // Copying tags would need rights of its own.
        TaggingDirective: 'REPLACE',
        ...{ ContentType: one.contentType, CacheControl: one.cacheControl, Metadata: { sha256: one.sha256 } },
        ServerSideEncryption: 'AES256',
      }),
      { abortSignal: op.signal },
    );
    return (CopyObjectResult?.ETag ?? '').replaceAll('"', '');
  } catch (error) {
    const status = statusOf(error) ?? 0;
    if (status === 412 && one.from === one.key) return ownCopy(context, one, op);
    if (status === 404 || status === 412) return undefined;
    throw error;
  }
}

/**
 * The ETag of an object that was copied onto itself by an attempt whose answer was lost; undefined when other hands have changed it. What was stored in parts has
 * another ETag once it is copied, so that a further attempt finds another object than it was told of.
 */
async function ownCopy(context: Context, one: Copying, op: Op): Promise<string | undefined> {
  const seen = await describeObject(context, one.key, op);
  return seen?.sha256 === one.sha256 && seen.isServed(one) ? seen.etag : undefined;
}
