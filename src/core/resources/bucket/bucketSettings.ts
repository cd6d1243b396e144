import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
  type PublicAccessBlockConfiguration,
  type Tag,
} from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { ADOPTED_TAG, bucketName, DESTROYING_TAG, tagsFor } from '../../names';
import type { Op } from '../../op';
import { isOfSite, tagOf } from '../../tags';

/** One thing that the bucket must be: how it is told, whether it is so, and how it becomes so without losing what is not ours. */
export interface BucketSetting {
  readonly title: string;
  isRight(context: Context, op: Op): Promise<boolean>;
  put(context: Context, op: Op): Promise<unknown>;
}

const CLOSED: PublicAccessBlockConfiguration = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};
const RULE_PREFIX = 'sitelift-';
/** A bucket that was there before may have as many already (Amazon S3 User Guide, “Using cost allocation S3 bucket tags”). */
const MOST_TAGS = 50;

/** What the bucket keeps for a while only: parts of uploads that were never completed. What releases need, publications remove themselves. */
const RULES: readonly LifecycleRule[] = [
  {
    ID: `${RULE_PREFIX}uploads`,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  },
];

const tags: BucketSetting = {
  title: 'tags',
  isRight: async (context, op) => carriesTag(await readTags(context, op), context),
  put: async (context, op) => putTags(context, await readTags(context, op), tagsFor(context.site, 'bucket'), op),
};

const publicAccess: BucketSetting = {
  title: 'Block Public Access',
  async isRight(context, op) {
    const answer = await unlessMissing(
      () => context.clients.s3.send(new GetPublicAccessBlockCommand(owned(context)), { abortSignal: op.signal }),
      'NoSuchPublicAccessBlockConfiguration',
    );
    const now = answer?.PublicAccessBlockConfiguration;
    return Boolean(now?.BlockPublicAcls && now.BlockPublicPolicy && now.IgnorePublicAcls && now.RestrictPublicBuckets);
  },
  async put(context, op) {
    const command = new PutPublicAccessBlockCommand({
      ...owned(context),
      PublicAccessBlockConfiguration: CLOSED,
    });
    return context.clients.s3.send(command, { abortSignal: op.signal });
  },
};

const ownership: BucketSetting = {
  title: 'object ownership',
  async isRight(context, op) {
    const answer = await unlessMissing(
      () => context.clients.s3.send(new GetBucketOwnershipControlsCommand(owned(context)), { abortSignal: op.signal }),
      'OwnershipControlsNotFoundError',
    );
    return answer?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced';
  },
  async put(context, op) {
    const command = new PutBucketOwnershipControlsCommand({
      ...owned(context),
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    return context.clients.s3.send(command, { abortSignal: op.signal });
  },
};

const lifecycle: BucketSetting = {
  title: 'lifecycle',
  isRight: async (context, op) => {
    const ours = ((await readLifecycle(context, op))?.Rules ?? []).filter(isOurs);
    return isDeepStrictEqual(byId(ours.map(essence)), byId(RULES.map(essence)));
  },
  async put(context, op) {
    const now = await readLifecycle(context, op);
    const others = (now?.Rules ?? []).filter((rule) => !isOurs(rule));
    const command = new PutBucketLifecycleConfigurationCommand({
      ...owned(context),
      LifecycleConfiguration: { Rules: [...others, ...RULES] },
      ...(now?.TransitionDefaultMinimumObjectSize
        ? { TransitionDefaultMinimumObjectSize: now.TransitionDefaultMinimumObjectSize }
        : {}),
    });
    return context.clients.s3.send(command, { abortSignal: op.signal });
  },
};

/** The settings of the bucket; each is read and put on its own, so one that may not be touched stops no other. */
export const BUCKET_SETTINGS = { tags, publicAccess, ownership, lifecycle } as const;

/** Since when the site is being destroyed, as the mark on its bucket tells; undefined for a site that is not. */
export function destroyingSince(tags: readonly Tag[]): string | undefined {
  return tagOf({ Tags: tags }, DESTROYING_TAG);
}

/** Marks the bucket, if there is room for the mark, so that every window and computer sees that the site is being destroyed; what is marked stays so. */
export async function markDestroying(context: Context, op: Op): Promise<void> {
  await retry(
    async () => {
      const tagged = await readTags(context, op);
      if (destroyingSince(tagged) !== undefined || tagged.length >= MOST_TAGS) return;
      await putTags(context, tagged, [{ Key: DESTROYING_TAG, Value: new Date().toISOString() }], op);
    },
    // A second window may be marking it just now.
    isConflict,
    { limitSeconds: 60 },
    op,
  );
}

/** Takes that mark off, for a site that is to be kept. */
export async function unmarkDestroying(context: Context, op: Op): Promise<void> {
  const tagged = await readTags(context, op);
  if (destroyingSince(tagged) === undefined) return;
  await putTags(
    context,
    tagged.filter(({ Key }) => Key !== DESTROYING_TAG),
    [],
    op,
  );
}

/** Gives a bucket that was there before the site its tags, but for the name; all others stay. */
export async function tagAdoptedBucket(context: Context, op: Op): Promise<void> {
  const tags = [
    ...tagsFor(context.site, 'bucket').filter(({ Key }) => Key !== 'Name'),
    { Key: ADOPTED_TAG, Value: 'yes' },
  ];
  await retry(
    async () => putTags(context, await readTags(context, op), tags, op),
    isConflict,
    { limitSeconds: 60 },
    op,
  );
}

/** The bucket's tags. */
export async function readTags(context: Context, op: Op): Promise<readonly Tag[]> {
  const answer = await unlessMissing(
    () => context.clients.s3.send(new GetBucketTaggingCommand(owned(context)), { abortSignal: op.signal }),
    'NoSuchTagSet',
  );
  return answer?.TagSet ?? [];
}

/** The rules of the bucket’s lifecycle; undefined for none. */
export async function readLifecycle(context: Context, op: Op) {
  return unlessMissing(
    () =>
      context.clients.s3.send(new GetBucketLifecycleConfigurationCommand(owned(context)), { abortSignal: op.signal }),
    'NoSuchLifecycleConfiguration',
  );
}

/** All tags are put at once: those that are there, with some changed. */
export async function putTags(context: Context, now: readonly Tag[], changed: readonly Tag[], op: Op): Promise<void> {
  const others = now.filter(({ Key }) => !changed.some((tag) => tag.Key === Key));
  const command = new PutBucketTaggingCommand({ ...owned(context), Tagging: { TagSet: [...others, ...changed] } });
  await context.clients.s3.send(command, { abortSignal: op.signal });
}

/** True when the tags say that what has them is this site's. */
export function carriesTag(
  found: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
  { site }: Pick<Context, 'site'>,
): boolean {
  return isOfSite({ Tags: found }, site);
}

/** How the site’s bucket is named in requests, which S3 refuses where it is another account’s. */
export function owned({ site }: Context): { Bucket: string; ExpectedBucketOwner: string } {
  return { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
}

/** True for a rule of ours. */
export function isOurs({ ID }: LifecycleRule): boolean {
  return ID?.startsWith(RULE_PREFIX) ?? false;
}

/** What of a rule counts; AWS may answer with more, such as an empty prefix left out. */
function essence({ ID, Status, Filter, Expiration, AbortIncompleteMultipartUpload }: LifecycleRule) {
  return {
    id: ID ?? '',
    status: Status,
    prefix: Filter?.Prefix ?? '',
    days: Expiration?.Days,
    uploadDays: AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  };
}

function byId<Rule extends { readonly id: string }>(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((one, other) => one.id.localeCompare(other.id));
}
