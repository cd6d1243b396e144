import type { Context } from '../../context';
import { hasCode, isDenied, statusOf } from '../../aws/errors';
import { bucketName } from '../../names';
import { UserError, type Op } from '../../op';
import { SITE_FILE } from '../../site';
import { carriesTag, readTags } from '../bucket/bucketSettings';
import { isAdopted } from '../adopt/adopted';
import { bucketReadBy } from './bucketRead';
import { targetOf } from './distributionConfig';
import { findDistributionByTag } from './distributionLookup';
import type { Described } from './wholeSite';

/**
 * The bucket that a distribution reads where that is this site's, but not the one that the site file means. One that cannot be read counts as such for a distribution that was adopted: there nobody knows whose it is.
 */
export async function otherBucketOf(
  context: Context,
  described: Described,
  wasAdopted: boolean,
  op: Op,
): Promise<string | undefined> {
  const name = bucketReadBy(targetOf(described) ?? {})?.bucket;
  if (name === undefined || name === bucketName(context.site)) return undefined;
  const there: Context = { ...context, site: { ...context.site, bucket: { name } } };
  try {
    return carriesTag(await readTags(there, op), there) ? name : undefined;
  } catch (error) {
    if (isDenied(error)) return wasAdopted ? name : undefined;
    if (hasCode(error, 'NoSuchBucket') || [301, 400].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/** Why the distribution is not given another bucket, and the way on; undefined where it reads no other bucket of the site. */
export function otherBucketRefusal({ otherBucket }: { readonly otherBucket?: string }): string | undefined {
  if (otherBucket === undefined) return undefined;
  return `Images are in the bucket ${otherBucket} and would not be in another one: put “name” in “bucket” of ${SITE_FILE} to "${otherBucket}", or take it out where that is the site’s own.`;
}

/** Throws `UserError` where the site file means another bucket of the site than the one that its distribution reads. */
export function requireSameBucket(have: { readonly id: string; readonly otherBucket?: string } | undefined): void {
  const refusal = have && otherBucketRefusal(have);
  if (refusal === undefined) return;
  throw new UserError(
    `The distribution ${have?.id} reads another bucket than ${SITE_FILE} says. ${refusal} Nothing was changed.`,
  );
}

/** Throws `UserError` before something is made that the site has elsewhere: a site whose file names no bucket any more shows neither the one that was adopted nor its distribution. */
export async function requireNoOtherBucket(context: Context, op: Op): Promise<void> {
  const found = await findDistributionByTag(context, op);
  if (!found) return;
  const otherBucket = await otherBucketOf(context, found, isAdopted(found.Tags), op);
  requireSameBucket({ id: found.Id ?? '', ...(otherBucket === undefined ? {} : { otherBucket }) });
}
