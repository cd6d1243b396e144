import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { hasCode } from '../../aws/errors';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { ended, bucketCharges } from '../../cost/charge';
import { bucketName, SITE_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import type { BucketHave } from '../bucket/bucket';
import { carriesTag, readTags } from '../bucket/bucketSettings';
import { known, type Seen } from '../resource';

/** What S3 says of single objects of a request, and not again a moment later. */
const PASSING = ['InternalError', 'ServiceUnavailable', 'SlowDown'];
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 10, limitSeconds: 300 };

/** The steps that delete the bucket with its objects; stages in order. Throws `UserError` for a bucket that is not known to be this site's. */
export function bucketStages(context: Context, { bucket }: { readonly bucket: Seen<BucketHave> }): Step[][] {
  const have = known(bucket);
  if (!have) return [];
  if (have.tagged !== true) {
    throw new UserError(
      have.tagged === false
        ? `The bucket ${have.name} does not carry this site’s tag, so it is left alone. If it is this site’s, give it the tag ${SITE_TAG} = ${context.site.id} in the S3 console; if not, change “id” in sitelift.json. Nothing was changed.`
        : `Whether the bucket ${have.name} is this site’s could not be read, so it is left alone. ${have.problems.join(' ')} Nothing was changed.`,
    );
  }
  const { size } = have.objects;
  const title = `delete bucket ${have.name} with all that is in it (${size} ${size === 1 ? 'image or other file' : 'images and other files'}, and all kept releases)`;
  const charges = bucketCharges(have.objects.values()).map(ended);
  return [[{ key: 'deleteBucket', title, loses: 'data', charges, run: (op) => deleteBucket(context, op) }]];
}

async function deleteBucket(context: Context, op: Op): Promise<void> {
  const { clients, site } = context;
  await retry(
    () =>
      unlessMissing(async () => {
        if (!carriesTag(await readTags(context, op), context)) {
          throw new UserError(
            `The bucket ${bucketName(site)} does not carry this site’s tag any more, so it is left alone.`,
          );
        }
        await empty(context, op);
        op.report('deleting the bucket');
        await clients.s3.send(new DeleteBucketCommand(owned(context)), { abortSignal: op.signal });
      }, 'NoSuchBucket'),
    // Somebody who publishes puts objects into it meanwhile.
    (error) => isConflict(error) || hasCode(error, 'BucketNotEmpty', ...PASSING),
    SETTLE,
    op,
  );
}

/** Deletes every version of every object, the marks of those that were deleted before, and the parts of uploads that were never completed. */
async function empty(context: Context, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  let deleted = 0;
  for (;;) {
    const {
      DeleteMarkers = [],
      IsTruncated,
      Versions = [],
    } = await s3.send(new ListObjectVersionsCommand({ ...owned(context), MaxKeys: 1000 }), options);
    const Objects = [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }): ObjectIdentifier[] =>
      Key === undefined ? [] : [{ Key, ...(VersionId === undefined ? {} : { VersionId }) }],
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
  await abortUploads(context, op);
}

async function abortUploads(context: Context, op: Op): Promise<void> {
  const { s3 } = context.clients;
  const options = { abortSignal: op.signal };
  for (;;) {
    const { IsTruncated, Uploads = [] } = await s3.send(new ListMultipartUploadsCommand(owned(context)), options);
    for (const { Key, UploadId } of Uploads) {
      await unlessMissing(
        () => s3.send(new AbortMultipartUploadCommand({ ...owned(context), Key, UploadId }), options),
        'NoSuchUpload',
      );
    }
    if (!IsTruncated) return;
  }
}

function owned({ site }: Context): { Bucket: string; ExpectedBucketOwner: string } {
  return { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
}
