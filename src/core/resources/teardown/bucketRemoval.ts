import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { hasCode } from '../../aws/errors';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { ended, bucketCharges } from '../../cost/charge';
import { bucketName, SITE_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { isAdopted } from '../adopt/adopted';
import type { BucketHave } from '../bucket/bucket';
import { readPolicy } from '../bucket/bucketPolicy';
import { carriesTag, owned, readTags } from '../bucket/bucketSettings';
import { known, type Seen } from '../resource';
import { isOlder, letGoBucket, type BucketLetGo } from './bucketLetGo';
import { stayingReader, stayingReaderNow } from './bucketReader';
import { emptyBelow, isPassing } from './emptying';

/** What the steps that remove a bucket depend on. */
export interface BucketRemoval extends BucketLetGo {
  readonly bucket: Seen<BucketHave>;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 10, limitSeconds: 300 };

/**
 * The steps that delete the bucket with its objects, or let one go that was there before; stages in order; `isAlone` where the distribution stays. Throws
 * `UserError` for a bucket that is not known to be this site's, and for one from which something that stays reads.
 */
export function bucketStages(context: Context, site: BucketRemoval, isAlone: boolean): Step[][] {
  const have = known(site.bucket);
  if (!have) return [];
  const { name, objects, policy, problems } = have;
  if (have.tagged === false) {
    // One that was let go is still named in the site file.
    if (isOlder(context, have)) return [];
    throw new UserError(
      `The bucket ${name} does not carry this site’s tag, so it is left alone. If it is this site’s, give it the tag ${SITE_TAG} = ${context.site.id} in the S3 console; if not, change “id” in sitelift.json. Nothing was changed.`,
    );
  }
  if (have.tagged === undefined || !policy) {
    const what = have.tagged ? 'Who reads' : 'Whether';
    throw new UserError(
      `${what} the bucket ${name}${have.tagged ? '' : ' is this site’s'} could not be read, so it is left alone. ${problems.join(' ')} Nothing was changed.`,
    );
  }
  if (isOlder(context, have)) return [[letGoBucket(context, have, site, isAlone)]];
  const reader = stayingReader(context, policy, site);
  if (reader !== undefined) {
    const rest = isAlone ? '' : ' “Destroy Server…” and “Destroy Volume…” can be run before that.';
    throw new UserError(`${keptFor(name, reader)}${rest} Nothing was changed.`);
  }
  const { size } = objects;
  const title = `delete bucket ${name} with all that is in it (${size} ${size === 1 ? 'image or other file' : 'images and other files'}, and all kept releases)`;
  const charges = bucketCharges(objects.values()).map(ended);
  return [[{ key: 'deleteBucket', title, loses: 'data', charges, run: (op) => deleteBucket(context, op) }]];
}

/** Deletes the site's bucket with all that is in it. Throws `UserError` for one that was adopted, or is read by what stays, whoever asks. */
export async function deleteBucket(context: Context, op: Op): Promise<void> {
  await retry(
    () =>
      unlessMissing(async () => {
        await requireDeletable(context, op);
        await emptyBelow(context, '', op);
        op.report('deleting the bucket');
        await context.clients.s3.send(new DeleteBucketCommand(owned(context)), { abortSignal: op.signal });
      }, 'NoSuchBucket'),
    // Somebody who publishes puts objects into it meanwhile.
    (error) => isConflict(error) || isPassing(error) || hasCode(error, 'BucketNotEmpty'),
    SETTLE,
    op,
  );
}

async function requireDeletable(context: Context, op: Op): Promise<void> {
  const tags = await readTags(context, op);
  const name = bucketName(context.site);
  if (!carriesTag(tags, context)) {
    throw new UserError(`The bucket ${name} does not carry this site’s tag any more, so it is left alone.`);
  }
  if (isOlder(context, { isAdopted: isAdopted(tags) })) {
    throw new UserError(
      `The bucket ${name} was there before the site, so Sitelift does not delete it. Run the command again.`,
    );
  }
  const reader = await stayingReaderNow(context, await readPolicy(context, op), op);
  if (reader !== undefined) throw new UserError(keptFor(name, reader));
}

function keptFor(name: string, reader: string): string {
  return `The distribution ${reader.split('/').pop()}, which is not the site’s own or was there before it, reads the bucket ${name} and would lose all that it serves, so the bucket is left alone. Let it read another place first (CloudFront console, Origins) and take it out of the bucket’s policy (S3 console, Permissions), then run the command again.`;
}
