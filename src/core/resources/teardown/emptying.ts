import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { hasCode } from '../../aws/errors';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { owned } from '../bucket/bucketSettings';

/** What S3 says of single objects of a request, and not again a moment later. */
const PASSING = ['InternalError', 'ServiceUnavailable', 'SlowDown'];

/** True for what S3 says when it could not delete an object for the moment. */
export function isPassing(error: unknown): boolean {
  return hasCode(error, ...PASSING);
}

/**
 * Deletes every version of every object of the bucket whose key starts with a prefix, the marks of those that were deleted before, and the parts of uploads
 * that were never completed.
 */
export async function emptyBelow(context: Context, Prefix: string, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  let deleted = 0;
  for (;;) {
    const {
      DeleteMarkers = [],
      IsTruncated,
      Versions = [],
    } = await s3.send(new ListObjectVersionsCommand({ ...owned(context), Prefix, MaxKeys: 1000 }), options);
    const Objects = [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }): ObjectIdentifier[] =>
      Key?.startsWith(Prefix) ? [{ Key, ...(VersionId === undefined ? {} : { VersionId }) }] : [],
    );
    if (Objects.length > 0) {
      const { Errors: [first] = [] } = await s3.send(
        new DeleteObjectsCommand({ ...owned(context), Delete: { Objects, Quiet: true } }),
        options,
      );
      // These pass; what is left is listed again.
      if (first && !PASSING.includes(first.Code ?? '')) {
        throw new UserError(
          `S3 did not delete ${first.Key} from the bucket: ${first.Code}: ${first.Message} Remove the cause (a lock on the object, or a missing right such as s3:DeleteObjectVersion), then run the command again.`,
        );
      }
      if (first)
        throw Object.assign(new Error(`S3 did not delete ${first.Key}: ${first.Message}`), { name: first.Code });
      deleted += Objects.length;
      op.report(`deleted ${deleted} objects`);
    }
    if (!IsTruncated) break;
  }
  await abortUploads(context, Prefix, op);
}

async function abortUploads(context: Context, Prefix: string, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  for (;;) {
    const { IsTruncated, Uploads = [] } = await s3.send(
      new ListMultipartUploadsCommand({ ...owned(context), Prefix }),
      options,
    );
    for (const { Key, UploadId } of Uploads.filter((upload) => upload.Key?.startsWith(Prefix))) {
      await unlessMissing(
        () => s3.send(new AbortMultipartUploadCommand({ ...owned(context), Key, UploadId }), options),
        'NoSuchUpload',
      );
    }
    if (!IsTruncated) return;
  }
}
