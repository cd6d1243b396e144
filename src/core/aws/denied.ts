/** The same in every bundle, each of which has a copy of this module. */
const KEY = Symbol.for('sitelift.operation');

/** The permissions of operations that have another name than these (Service Authorization Reference). */
const OTHERWISE_NAMED: Readonly<Record<string, string>> = {
  'cloudfront:CreateDistributionWithTags': 'cloudfront:CreateDistribution',
  's3:CompleteMultipartUpload': 's3:PutObject',
  's3:CopyObject': 's3:PutObject',
  's3:CreateMultipartUpload': 's3:PutObject',
  's3:DeleteBucketLifecycle': 's3:PutLifecycleConfiguration',
  's3:DeleteBucketTagging': 's3:PutBucketTagging',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:GetObjectLockConfiguration': 's3:GetBucketObjectLockConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:ListMultipartUploads': 's3:ListBucketMultipartUploads',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:UploadPart': 's3:PutObject',
};

/** Notes on an error which operation it came of, as the SDK names client and command: AWS does not always say what it refuses. Gives that. */
export function noteOperation(error: unknown, clientName = '', commandName = ''): string {
  const service = clientName.replace(/Client$/, '').toLowerCase();
  const value = `${service}:${commandName.replace(/Command$/, '')}`;
  if (error instanceof Error && Object.isExtensible(error)) {
    Object.defineProperty(error, KEY, { value, configurable: true });
  }
  return value;
}

/** The IAM action that AWS refused: the one that its sentence names, else that of the operation; undefined when neither is known. */
export function deniedAction(error: Error): string | undefined {
  const [, named] = /is not authorized to perform: ([a-z0-9-]+:\w+)/.exec(error.message) ?? [];
  const operation = (error as { [KEY]?: string })[KEY];
  return named ?? (operation && actionOf(operation));
}

/** The IAM action that an operation such as `s3:HeadBucket` needs first of all. */
export function actionOf(operation: string): string {
  return OTHERWISE_NAMED[operation] ?? operation;
}

/** The kind of policy that forbids it expressly, such as `service control policy`, against which no permission helps; undefined for none. */
export function forbiddingPolicy({ message }: Error): string | undefined {
  return /with an explicit deny in an? ([\w -]{1,60}?policy)/.exec(message)?.[1];
}
