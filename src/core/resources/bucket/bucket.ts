import {
  CreateBucketCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { hasCode, statusOf } from '../../aws/errors';
import { isConflict, isNotSeenYet, retry, unlessMissing } from '../../aws/wait';
import { bucketName, PUBLIC_PREFIX, SITE_TAG } from '../../names';
import { isAdopted } from '../adopt/adopted';
import { UserError, type Op } from '../../op';
import type { Plan } from '../../plan';
import { readPolicy, type BucketPolicy } from './bucketPolicy';
import { BUCKET_SETTINGS, carriesTag, destroyingSince, readTags, type BucketSetting } from './bucketSettings';
import type { Context } from '../../context';
import { requireNoOtherBucket } from '../distribution/otherBucket';
import { driftText, type Drift } from '../driftText';
import { listObjects } from './listing';
import { requireNamed } from './namedBucket';
import { known, readDetail, type Resource, type Seen } from '../resource';

/** One object below `site/` as a listing shows it; for a whole-body upload the ETag is the MD5 of the bytes. */
export interface StoredObject {
  readonly sizeBytes: number;
  readonly etag: string;
}

/** The bucket as AWS shows it; a setting is undefined when it could not be read. */
export interface BucketHave {
  readonly name: string;
  readonly tagged: boolean | undefined;
  /** It was there before the site. */
  readonly isAdopted?: boolean;
  /** When somebody began to destroy the site, in ISO 8601; undefined also where the tags could not be read. */
  readonly destroyingSince?: string | undefined;
  /** All four settings of Block Public Access are on. */
  readonly blocksPublicAccess: boolean | undefined;
  /** Object ownership is `BucketOwnerEnforced`, so ACLs mean nothing. */
  readonly ownerEnforced: boolean | undefined;
  /** Unfinished uploads end after a day. */
  readonly endsUploads: boolean | undefined;
  readonly policy: BucketPolicy | undefined;
  /** Objects that the distribution may read, by their path below `site/`. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** What could not be read, each with its reason. */
  readonly problems: readonly string[];
}

/** What the bucket's plan depends on. */
export interface BucketNeeds {
  readonly bucket: Seen<BucketHave>;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
/** The private bucket of images and other static media. */
export const bucket: Resource<BucketHave, BucketNeeds> = {
  async describe(context, op): Promise<Seen<BucketHave>> {
    if (!(await exists(context, op))) return { kind: 'absent' };
    const isRight = (setting: BucketSetting) =>
      readDetail(`the bucket’s ${setting.title}`, () => setting.isRight(context, op), op);
    const [tags, publicAccess, ownership, lifecycle, policy, objects] = await Promise.all([
      readDetail('the bucket’s tags', () => readTags(context, op), op),
      isRight(BUCKET_SETTINGS.publicAccess),
      isRight(BUCKET_SETTINGS.ownership),
      isRight(BUCKET_SETTINGS.lifecycle),
      readDetail('the bucket’s policy', () => readPolicy(context, op), op),
      publicObjects(context, op),
    ]);
    const have: BucketHave = {
      name: bucketName(context.site),
      tagged: tags.value && carriesTag(tags.value, context),
      ...(isAdopted(tags.value) ? { isAdopted: true } : {}),
      destroyingSince: destroyingSince(tags.value ?? []),
      blocksPublicAccess: publicAccess.value,
      ownerEnforced: ownership.value,
      endsUploads: lifecycle.value,
      policy: policy.value,
      objects,
      problems: [tags, publicAccess, ownership, lifecycle, policy].flatMap(({ problem }) => problem ?? []),
    };
    return { kind: 'known', have };
  },

  async glance(context, before, op) {
    if (before.kind === 'unknown') return undefined;
    const there = await exists(context, op);
    if (!there) return { kind: 'absent' };
    return before.kind === 'known' ? { kind: 'known', have: before.have } : undefined;
  },

  plan(context, { bucket: seen }): Plan {
    if (seen.kind === 'unknown') return [];
    const have = known(seen);
    const name = bucketName(context.site);
    const run = (op: Op) => ensureBucket(context, op);
    if (!have) return [[{ key: 'bucket', title: `create private bucket ${name}`, run }]];
    const drift = bucketDrift(have);
    if (drift.length === 0) return [];
    const title = `put bucket ${name} in order (${drift.map(driftText).join('; ')})`;
    const isOpen = have.blocksPublicAccess === false || have.ownerEnforced === false;
    if (!have.isAdopted || !isOpen) return [[{ key: 'bucket', title, run }]];
    const loss = 'who reads it without the distribution, as by links straight to S3, does so no more';
    return [[{ key: 'bucket', title: `${title}: ${loss}`, loses: 'uptime', run }]];
  },
};

/** What of a bucket’s own settings is not as it must be; what could not be read does not count. */
export function bucketDrift(have: BucketHave): Drift[] {
  return [
    ...(have.tagged === false ? [{ what: 'this site’s tag', is: 'missing', wanted: 'there' }] : []),
    ...(have.blocksPublicAccess === false ? [{ what: 'Block Public Access', is: 'not all on', wanted: 'all on' }] : []),
    ...(have.ownerEnforced === false
      ? [{ what: 'the owner of objects', is: 'whoever uploads them', wanted: 'the bucket’s' }]
      : []),
    ...(have.endsUploads === false
      ? [{ what: 'the end of unfinished uploads', is: 'never', wanted: 'after a day' }]
      : []),
  ];
}

/** The bucket as far as a publication depends on it: its objects and who may read them. */
export async function describeContents(context: Context, op: Op): Promise<Seen<BucketHave>> {
  const unread = {
    tagged: undefined,
    blocksPublicAccess: undefined,
    ownerEnforced: undefined,
    endsUploads: undefined,
  };
  const [objects, policy] = await Promise.all([
    unlessMissing(() => publicObjects(context, op), 'NoSuchBucket'),
    readDetail('the bucket’s policy', () => readPolicy(context, op), op),
  ]);
  if (!objects) return { kind: 'absent' };
  const problems = policy.problem === undefined ? [] : [policy.problem];
  const have = { name: bucketName(context.site), ...unread, policy: policy.value, objects, problems };
  return { kind: 'known', have };
}

/** True when the bucket is there and ours; throws `UserError` when it may not be read. */
async function exists({ site, clients }: Context, op: Op): Promise<boolean> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const options = { abortSignal: op.signal };
  try {
    await clients.s3.send(new HeadBucketCommand(owned), options);
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    if (![400, 403].includes(statusOf(error) ?? 0)) throw error;
  }
  // S3 tells the reason of a refusal in the body, which an answer to HEAD lacks; a list needs the same right.
  try {
    await clients.s3.send(new ListObjectsV2Command({ ...owned, MaxKeys: 1 }), options);
    return true;
  } catch (error) {
    if (!hasCode(error, 'AccessDenied')) throw error;
    throw new UserError(
      `Access to the bucket ${owned.Bucket} is denied: it belongs to another account, or these credentials lack s3:ListBucket.`,
      { cause: error },
    );
  }
}

/** Makes the bucket and puts those of its settings that are not right; never touches one that may be somebody else's. */
async function ensureBucket(context: Context, op: Op): Promise<void> {
  const settle = <Value>(attempt: () => Promise<Value>) =>
    retry(attempt, (error) => isConflict(error) || isNotSeenYet(error), SETTLE, op);
  const isNamed = context.site.bucket.name !== undefined;
  if (!(await exists(context, op))) {
    if (isNamed) requireNamed(context.site, { kind: 'absent' });
    await requireNoOtherBucket(context, op);
    await settle(() => createBucket(context, op));
  }
  if (isNamed) {
    const tagged = carriesTag(await readTags(context, op), context);
    requireNamed(context.site, { kind: 'known', have: { tagged } });
  } else if (!(await settle(() => BUCKET_SETTINGS.tags.isRight(context, op)))) {
    await settle(() => requireEmpty(context, op));
    await settle(() => BUCKET_SETTINGS.tags.put(context, op));
  }
  const { publicAccess, ownership, lifecycle } = BUCKET_SETTINGS;
  for (const setting of [publicAccess, ownership, lifecycle]) {
    if (!(await settle(() => setting.isRight(context, op)))) await settle(() => setting.put(context, op));
  }
}

async function createBucket({ site, clients }: Context, op: Op): Promise<void> {
  const name = bucketName(site);
  try {
    await clients.s3.send(
      new CreateBucketCommand({
        Bucket: name,
        ...(site.region === 'us-east-1'
          ? {}
          : { CreateBucketConfiguration: { LocationConstraint: site.region as BucketLocationConstraint } }),
      }),
      { abortSignal: op.signal },
    );
  } catch (error) {
    if (hasCode(error, 'BucketAlreadyExists')) {
      throw new UserError(
        `The name ${name} is taken by another AWS account. Change “id” in sitelift.json and try again.`,
        { cause: error },
      );
    }
    if (!hasCode(error, 'BucketAlreadyOwnedByYou')) throw error;
  }
}

/** A run that ended between creating and tagging leaves an empty bucket; one with objects is not taken for ours. */
async function requireEmpty({ site, clients }: Context, op: Op): Promise<void> {
  const name = bucketName(site);
  const { KeyCount } = await clients.s3.send(
    new ListObjectsV2Command({ Bucket: name, ExpectedBucketOwner: site.account, MaxKeys: 1 }),
    { abortSignal: op.signal },
  );
  if (!KeyCount) return;
  throw new UserError(
    `The bucket ${name} exists with objects in it but without this site’s tag, so it is left alone. If it is this site’s, give it the tag ${SITE_TAG} = ${site.id} in the S3 console; if not, change “id” in sitelift.json.`,
  );
}

async function publicObjects(context: Context, op: Op): Promise<Map<string, StoredObject>> {
  const found = await listObjects(context, PUBLIC_PREFIX, op);
  return new Map(
    found
      .filter(({ key }) => key !== PUBLIC_PREFIX)
      .map(({ key, sizeBytes, etag }) => [key.slice(PUBLIC_PREFIX.length), { sizeBytes, etag }]),
  );
}
