import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import { unlessMissing } from '../aws/wait';
import type { Context } from '../context';
import { bucketName } from '../names';
import type { Op } from '../op';
import { bucketArn, readPolicy, statementsOf } from '../resources/bucket/bucketPolicy';
import { readTags } from '../resources/bucket/bucketSettings';
import { properties, tagList, type Part } from './template';

const TYPE = 'AWS::S3::Bucket';

/** The site's bucket, and its policy if it has one. */
export async function readBucketParts(context: Context, op: Op): Promise<readonly Part[]> {
  const { site, clients } = context;
  const name = bucketName(site);
  const owned = { Bucket: name, ExpectedBucketOwner: site.account };
  const options = { abortSignal: op.signal };
  const { s3 } = clients;
  const [tags, access, ownership, lifecycle, encryption, versioning, policy] = await Promise.all([
    readTags(context, op),
    unlessMissing(
      () => s3.send(new GetPublicAccessBlockCommand(owned), options),
      'NoSuchPublicAccessBlockConfiguration',
    ),
    unlessMissing(
      () => s3.send(new GetBucketOwnershipControlsCommand(owned), options),
      'OwnershipControlsNotFoundError',
    ),
    unlessMissing(
      () => s3.send(new GetBucketLifecycleConfigurationCommand(owned), options),
      'NoSuchLifecycleConfiguration',
    ),
    unlessMissing(
      () => s3.send(new GetBucketEncryptionCommand(owned), options),
      'ServerSideEncryptionConfigurationNotFoundError',
    ),
    s3.send(new GetBucketVersioningCommand(owned), options),
    readPolicy(context, op),
  ]);
  const rules = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const bucket: Part = {
    ...{ logicalId: 'Bucket', type: TYPE, identifier: { BucketName: name } },
    properties: properties({
      BucketName: name,
      PublicAccessBlockConfiguration: access?.PublicAccessBlockConfiguration,
      OwnershipControls: { Rules: ownership?.OwnershipControls?.Rules },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: rules.map((rule) => ({
          ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault,
          BucketKeyEnabled: rule.BucketKeyEnabled,
          BlockedEncryptionTypes: rule.BlockedEncryptionTypes,
        })),
      },
      VersioningConfiguration: { Status: versioning.Status },
      LifecycleConfiguration: {
        Rules: (lifecycle?.Rules ?? []).map(lifecycleRule),
        ...(lifecycle?.Rules?.length
          ? { TransitionDefaultMinimumObjectSize: lifecycle.TransitionDefaultMinimumObjectSize }
          : {}),
      },
      Tags: tagList(tags),
    }),
    calledBy: [[bucketArn(site), { 'Fn::GetAtt': ['Bucket', 'Arn'] }]],
  };
  if (statementsOf(policy).length === 0) return [bucket];
  const bucketPolicy: Part = {
    ...{ logicalId: 'BucketPolicy', type: 'AWS::S3::BucketPolicy', identifier: { Bucket: name } },
    properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: policy },
    calledBy: [],
  };
  return [bucket, bucketPolicy];
}

/** A rule as a template says it (CloudFormation Template Reference, “AWS::S3::Bucket Rule”). */
export function lifecycleRule(rule: LifecycleRule): Record<string, unknown> {
  const { AbortIncompleteMultipartUpload, Expiration, Filter, ID, NoncurrentVersionExpiration, Status } = rule;
  const scope = { ...Filter, ...Filter?.And };
  const tags = Filter?.And?.Tags ?? (Filter?.Tag ? [Filter.Tag] : []);
  return properties({
    ...{ Id: ID, Status, AbortIncompleteMultipartUpload, NoncurrentVersionExpiration },
    // Without it the rule is for everything.
    Prefix: scope.Prefix ?? rule.Prefix,
    TagFilters: tags,
    ObjectSizeGreaterThan: scope.ObjectSizeGreaterThan?.toString(),
    ObjectSizeLessThan: scope.ObjectSizeLessThan?.toString(),
    ExpirationInDays: Expiration?.Days,
    ExpirationDate: Expiration?.Date?.toISOString(),
    ExpiredObjectDeleteMarker: Expiration?.ExpiredObjectDeleteMarker,
    Transitions: rule.Transitions?.map(({ Date: date, Days, StorageClass }) => ({
      ...{ StorageClass, TransitionInDays: Days, TransitionDate: date?.toISOString() },
    })),
    NoncurrentVersionTransitions: rule.NoncurrentVersionTransitions?.map(
      ({ NewerNoncurrentVersions, NoncurrentDays, StorageClass }) => ({
        ...{ StorageClass, TransitionInDays: NoncurrentDays, NewerNoncurrentVersions },
      }),
    ),
  });
}
