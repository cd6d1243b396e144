import {
  CreateBucketCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { hasCode, statusOf } from '../aws/errors';
import { isConflict, isNotSeenYet, retry, unlessMissing } from '../aws/wait';
import { bucketName, PUBLIC_PREFIX, SITE_TAG, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Plan } from '../plan';
import { readPolicy, type BucketPolicy } from './bucketPolicy';
import type { Context } from '../context';
import { known, type Resource, type Seen } from './resource';

/** One object below `site/` as a listing shows it; for a whole-body upload the ETag is the MD5 of the bytes. */
export interface StoredObject {
  readonly sizeBytes: number;
  readonly etag: string;
}

/** The bucket as AWS shows it. */
export interface BucketHave {
  readonly name: string;
  readonly tagged: boolean;
  /** All four settings of Block Public Access are on. */
  readonly blocksPublicAccess: boolean;
  /** Object ownership is `BucketOwnerEnforced`, so ACLs mean nothing. */
  readonly ownerEnforced: boolean;
  readonly policy: BucketPolicy;
  /** Objects that the distribution may read, by their path below `site/`. */
  readonly objects: ReadonlyMap<string, StoredObject>;
}

/** What the bucket's plan depends on. */
export interface BucketNeeds {
  readonly bucket: Seen<BucketHave>;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
/** The private bucket of images and other static media. */
export const bucket: Resource<BucketHave, BucketNeeds> = {
  async describe(context, op): Promise<Seen<BucketHave>> {
    const { site, clients } = context;
    const { s3 } = clients;
    const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
    const options = { abortSignal: op.signal };
    if (!(await exists(context, op))) return { kind: 'absent' };
    const [tags, block, ownership, policy, objects] = await Promise.all([
      unlessMissing(() => s3.send(new GetBucketTaggingCommand(owned), options), 'NoSuchTagSet'),
      unlessMissing(
        () => s3.send(new GetPublicAccessBlockCommand(owned), options),
        'NoSuchPublicAccessBlockConfiguration',
      ),
      unlessMissing(
        () => s3.send(new GetBucketOwnershipControlsCommand(owned), options),
        'OwnershipControlsNotFoundError',
      ),
      readPolicy(context, op),
      listObjects(context, op),
    ]);
    const blocked = block?.PublicAccessBlockConfiguration;
    const have: BucketHave = {
      name: owned.Bucket,
      tagged: tags?.TagSet?.some(({ Key, Value }) => Key === SITE_TAG && Value === site.id) ?? false,
      blocksPublicAccess: Boolean(
        blocked?.BlockPublicAcls &&
        blocked.BlockPublicPolicy &&
        blocked.IgnorePublicAcls &&
        blocked.RestrictPublicBuckets,
      ),
      ownerEnforced: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced',
      policy,
      objects,
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
    const have = known(seen);
    if (seen.kind === 'unknown' || (have?.tagged && have.blocksPublicAccess && have.ownerEnforced)) return [];
    const name = bucketName(context.site);
    const title = have ? `make bucket ${name} private (settings changed)` : `create private bucket ${name}`;
    return [[{ key: 'bucket', title, run: (op) => ensureBucket(context, op) }]];
  },
};

/** True when the bucket is there and ours; throws `UserError` when it may not be read. */
async function exists({ site, clients }: Context, op: Op): Promise<boolean> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  try {
    await clients.s3.send(new HeadBucketCommand(owned), { abortSignal: op.signal });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    if (statusOf(error) === 403) {
      throw new UserError(
        `Access to the bucket ${owned.Bucket} is denied: it belongs to another account, or these credentials lack s3:ListBucket.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function ensureBucket({ site, clients: { s3 } }: Context, op: Op): Promise<void> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const options = { abortSignal: op.signal };
  const settle = (attempt: () => Promise<unknown>) =>
    retry(attempt, (error) => isConflict(error) || isNotSeenYet(error), SETTLE, op);
  await settle(async () => {
    try {
      await s3.send(
        new CreateBucketCommand({
          Bucket: owned.Bucket,
          ObjectOwnership: 'BucketOwnerEnforced',
          ...(site.region === 'us-east-1'
            ? {}
            : { CreateBucketConfiguration: { LocationConstraint: site.region as BucketLocationConstraint } }),
        }),
        options,
      );
    } catch (error) {
      if (hasCode(error, 'BucketAlreadyExists')) {
        throw new UserError(
          `The name ${owned.Bucket} is taken by another AWS account. Change “id” in sitelift.json and try again.`,
          { cause: error },
        );
      }
      if (!hasCode(error, 'BucketAlreadyOwnedByYou')) throw error;
    }
  });
  await settle(() =>
    s3.send(new PutBucketTaggingCommand({ ...owned, Tagging: { TagSet: tagsFor(site, 'bucket') } }), options),
  );
  await settle(() =>
    s3.send(
      new PutPublicAccessBlockCommand({
        ...owned,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      }),
      options,
    ),
  );
  await settle(() =>
    s3.send(
      new PutBucketOwnershipControlsCommand({
        ...owned,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      }),
      options,
    ),
  );
}

async function listObjects({ site, clients }: Context, op: Op): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  let token: string | undefined;
  do {
    const page = await clients.s3.send(
      new ListObjectsV2Command({
        Bucket: bucketName(site),
        ExpectedBucketOwner: site.account,
        Prefix: PUBLIC_PREFIX,
        ...(token ? { ContinuationToken: token } : {}),
      }),
      { abortSignal: op.signal },
    );
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      if (Key && Key !== PUBLIC_PREFIX) {
        objects.set(Key.slice(PUBLIC_PREFIX.length), { sizeBytes: Size ?? 0, etag: ETag?.replaceAll('"', '') ?? '' });
      }
    }
    token = page.NextContinuationToken;
  } while (token);
  return objects;
}
