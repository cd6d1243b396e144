import type { LifecycleRule } from '@aws-sdk/client-s3';
import { isArchived } from '../../aws/store';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { bucketName, PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import { carriesTag, readTags } from '../bucket/bucketSettings';
import { ownerProblem } from './adopted';
import type { BucketFacts } from './bucketFacts';
import { letsEverybodyIn } from './readable';

/** Amazon S3 documentation, “Tagging for general purpose buckets”. */
const MOST_TAGS = 50;
const OUR_TAGS = 3;

/** Why a bucket of this name cannot become a site's, before anything of it is read; undefined when it may. */
export function nameProblem(name: string): string | undefined {
  if (name.includes('.')) return 'its name has dots, and the certificate of S3 covers none that has';
  return undefined;
}

/** Why a bucket cannot become the site's, with what would help; undefined when it can. */
export function bucketProblem(context: Pick<Context, 'site'>, facts: BucketFacts): string | undefined {
  const owner = nameProblem(facts.name) ?? ownerProblem(context, facts.tags);
  if (owner !== undefined) return owner;
  if (facts.tags.length > MOST_TAGS - OUR_TAGS && !carriesTag(facts.tags, context)) {
    return `it has ${facts.tags.length} tags, and with the ${OUR_TAGS} of the site it would have more than ${MOST_TAGS}`;
  }
  if (!facts.isOwnerEnforced && facts.otherGrants > 0) {
    return 'its access control list lets others in, which must end before the bucket owns its objects; give them what they need by the bucket’s policy and take them out of the list';
  }
  const { BlockPublicPolicy, RestrictPublicBuckets } = facts.block;
  if ((BlockPublicPolicy || RestrictPublicBuckets) && letsEverybodyIn(facts.policy)) {
    return 'its policy lets everybody in, which Block Public Access overrules and by which it refuses any change of the policy; take that statement out of the policy first';
  }
  if (facts.retains)
    return 'Object Lock keeps each new object for a time, and Sitelift could not delete what it put there';
  const ending = facts.rules.find(endsOurs);
  if (ending) {
    return `its lifecycle rule “${ending.ID ?? 'without a name'}” deletes or archives what would be below ${PUBLIC_PREFIX} or ${PRIVATE_PREFIX}; limit that rule to other prefixes first`;
  }
  return undefined;
}

/** The bucket that a site has already, where that is not this one; undefined for none. */
export async function ownBucket(context: Context, name: string, op: Op): Promise<string | undefined> {
  const named = context.site.bucket.name;
  const own = bucketName({ ...context.site, bucket: {} });
  for (const one of new Set([named, own])) {
    if (one === undefined || one === name) continue;
    const there: Context = { ...context, site: { ...context.site, bucket: { name: one } } };
    const tags = await unlessMissing(() => readTags(there, op), 'NoSuchBucket');
    if (tags && carriesTag(tags, context)) return one;
  }
  return undefined;
}

/** Our objects have no tags, so a rule for some tag is for others. */
function endsOurs({ Status, Filter, Prefix, Expiration, Transitions = [] }: LifecycleRule): boolean {
  if (Status !== 'Enabled' || Filter?.Tag || Filter?.And?.Tags?.length) return false;
  const ends =
    Expiration?.Days !== undefined ||
    Expiration?.Date !== undefined ||
    Transitions.some(({ StorageClass }) => isArchived(StorageClass));
  const prefix = Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
  return ends && [PUBLIC_PREFIX, PRIVATE_PREFIX].some((ours) => ours.startsWith(prefix) || prefix.startsWith(ours));
}
