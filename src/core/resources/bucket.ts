import {
  CreateBucketCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { hasCode, statusOf } from '../aws/errors';
import { isConflict, isNotSeenYet, retry, unlessMissing } from '../aws/wait';
import { bucketName, PUBLIC_PREFIX, SITE_TAG, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Plan } from '../plan';
import { known, type Context, type Resource, type Seen } from './resource';

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

/** A bucket policy document, as far as it is read here. */
export interface BucketPolicy {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly Sid?: string;
  readonly [key: string]: unknown;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const READER_SID = 'SiteliftDistributionReads';
const TLS_SID = 'SiteliftTlsOnly';

/** The private bucket of images and other static media. */
export const bucket: Resource<BucketHave> = {
  async describe(context, op): Promise<Seen<BucketHave>> {
    const { site, clients } = context;
    const { s3 } = clients;
    const Bucket = bucketName(site);
    const owned = { Bucket, ExpectedBucketOwner: site.account };
    const options = { abortSignal: op.signal };
    try {
      await s3.send(new HeadBucketCommand(owned), options);
    } catch (error) {
      if (statusOf(error) === 404) return { kind: 'absent' };
      if (statusOf(error) === 403) {
        throw new UserError(
          `Access to the bucket ${Bucket} is denied: it belongs to another account, or these credentials lack s3:ListBucket.`,
          { cause: error },
        );
      }
      throw error;
    }
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
      name: Bucket,
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

  plan(context, { bucket: seen }): Plan {
    const have = known(seen);
    if (seen.kind === 'unknown' || (have?.tagged && have.blocksPublicAccess && have.ownerEnforced)) return [];
    const name = bucketName(context.site);
    const title = have ? `make bucket ${name} private (settings changed)` : `create private bucket ${name}`;
    return [[{ key: 'bucket', title, run: (op) => ensureBucket(context, op) }]];
  },
};

/** Adds the right to read `site/*` for exactly one distribution, keeping statements that are not ours. */
export function policyForReader(policy: BucketPolicy, bucketArn: string, distributionArn: string): BucketPolicy {
  const others = policy.Statement.filter(({ Sid }) => Sid !== READER_SID && Sid !== TLS_SID);
  return {
    Version: '2012-10-17',
    Statement: [
      ...others,
      {
        Sid: READER_SID,
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Resource: `${bucketArn}/${PUBLIC_PREFIX}*`,
        Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
      },
      {
        Sid: TLS_SID,
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}

/** The distribution that the policy lets read, as its ARN. */
export function readerOf(policy: BucketPolicy): string | undefined {
  const statement = policy.Statement.find(({ Sid }) => Sid === READER_SID);
  const condition = statement?.['Condition'] as { StringEquals?: { 'AWS:SourceArn'?: string } } | undefined;
  return condition?.StringEquals?.['AWS:SourceArn'];
}

/** Lets one distribution read `site/*`; reads the policy afresh, so a statement added meanwhile is kept. */
export async function grantReader(context: Context, distributionArn: string, op: Op): Promise<void> {
  const { site, clients } = context;
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  await retry(
    async () => {
      const policy = await readPolicy(context, op);
      const wanted = policyForReader(policy, `arn:aws:s3:::${owned.Bucket}`, distributionArn);
      await clients.s3.send(new PutBucketPolicyCommand({ ...owned, Policy: JSON.stringify(wanted) }), {
        abortSignal: op.signal,
      });
    },
    (error) => isConflict(error) || isNotSeenYet(error),
    SETTLE,
    op,
  );
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

async function readPolicy({ site, clients }: Context, op: Op): Promise<BucketPolicy> {
  const answer = await unlessMissing(
    () =>
      clients.s3.send(new GetBucketPolicyCommand({ Bucket: bucketName(site), ExpectedBucketOwner: site.account }), {
        abortSignal: op.signal,
      }),
    'NoSuchBucketPolicy',
  );
  return answer?.Policy ? (JSON.parse(answer.Policy) as BucketPolicy) : { Version: '2012-10-17', Statement: [] };
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
