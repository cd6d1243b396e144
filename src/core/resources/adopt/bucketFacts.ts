import {
  GetBucketAclCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type PublicAccessBlockConfiguration,
  type Tag,
} from '@aws-sdk/client-s3';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { bucketName } from '../../names';
import type { Op } from '../../op';
import { readPolicy, type BucketPolicy } from '../bucket/bucketPolicy';
import { readTags } from '../bucket/bucketSettings';

/** What of a bucket its fitness depends on. */
export interface BucketFacts {
  readonly name: string;
  readonly tags: readonly Tag[];
  /** Access control lists mean nothing, since all is the bucket owner's. */
  readonly isOwnerEnforced: boolean;
  /** How many grants its access control list has beside the owner's. */
  readonly otherGrants: number;
  readonly block: PublicAccessBlockConfiguration;
  readonly policy: BucketPolicy;
  /** New objects cannot be deleted for a time. */
  readonly retains: boolean;
  readonly rules: readonly LifecycleRule[];
}

/** Reads the bucket of a site as far as its fitness depends on it. */
export async function readBucketFacts(context: Context, op: Op): Promise<BucketFacts> {
  const { clients, site } = context;
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const options = { abortSignal: op.signal };
  const [tags, ownership, acl, block, policy, lock, lifecycle] = await Promise.all([
    readTags(context, op),
    unlessMissing(
      () => clients.s3.send(new GetBucketOwnershipControlsCommand(owned), options),
      'OwnershipControlsNotFoundError',
    ),
    clients.s3.send(new GetBucketAclCommand(owned), options),
    unlessMissing(
      () => clients.s3.send(new GetPublicAccessBlockCommand(owned), options),
      'NoSuchPublicAccessBlockConfiguration',
    ),
    readPolicy(context, op),
    unlessMissing(
      () => clients.s3.send(new GetObjectLockConfigurationCommand(owned), options),
      'ObjectLockConfigurationNotFoundError',
    ),
    unlessMissing(
      () => clients.s3.send(new GetBucketLifecycleConfigurationCommand(owned), options),
      'NoSuchLifecycleConfiguration',
    ),
  ]);
  return {
    ...{ name: owned.Bucket, tags, policy, rules: lifecycle?.Rules ?? [] },
    isOwnerEnforced: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced',
    otherGrants: (acl.Grants ?? []).filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== acl.Owner?.ID)
      .length,
    block: block?.PublicAccessBlockConfiguration ?? {},
    retains: lock?.ObjectLockConfiguration?.Rule?.DefaultRetention !== undefined,
  };
}
