import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const CHECKOUT = join(__dirname, '..', '..', '..');
const IMPORTS = /import\s+(type\s+)?\{([^}]*)\}\s+from\s+'@aws-sdk\/(client-[\w-]+|lib-storage)'/g;
/** What an upload by `@aws-sdk/lib-storage` sends, in one piece or in parts. */
const UPLOAD = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'];

/**
 * The IAM actions that each operation of ours needs, from the Service Authorization Reference: mostly the one of its name, and others for tags that it brings, for
 * roles that it hands over and in S3. An operation that anybody may call needs none.
 */
export const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'cloudfront:CreateDistributionWithTags': ['cloudfront:CreateDistribution', 'cloudfront:TagResource'],
  'cloudfront:CreateFunction': ['cloudfront:CreateFunction'],
  'cloudfront:CreateInvalidation': ['cloudfront:CreateInvalidation'],
  'cloudfront:CreateOriginAccessControl': ['cloudfront:CreateOriginAccessControl'],
  'cloudfront:DeleteDistribution': ['cloudfront:DeleteDistribution'],
  'cloudfront:DeleteFunction': ['cloudfront:DeleteFunction'],
  'cloudfront:DeleteOriginAccessControl': ['cloudfront:DeleteOriginAccessControl'],
  'cloudfront:DescribeFunction': ['cloudfront:DescribeFunction'],
  'cloudfront:GetDistribution': ['cloudfront:GetDistribution'],
  'cloudfront:GetDistributionConfig': ['cloudfront:GetDistributionConfig'],
  'cloudfront:GetFunction': ['cloudfront:GetFunction'],
  'cloudfront:GetInvalidation': ['cloudfront:GetInvalidation'],
  'cloudfront:GetOriginAccessControl': ['cloudfront:GetOriginAccessControl'],
  'cloudfront:ListDistributions': ['cloudfront:ListDistributions'],
  'cloudfront:ListFunctions': ['cloudfront:ListFunctions'],
  'cloudfront:ListInvalidations': ['cloudfront:ListInvalidations'],
  'cloudfront:ListOriginAccessControls': ['cloudfront:ListOriginAccessControls'],
  'cloudfront:ListTagsForResource': ['cloudfront:ListTagsForResource'],
  'cloudfront:PublishFunction': ['cloudfront:PublishFunction'],
  'cloudfront:TagResource': ['cloudfront:TagResource'],
  'cloudfront:UntagResource': ['cloudfront:UntagResource'],
  'cloudfront:UpdateDistribution': ['cloudfront:UpdateDistribution'],
  'ec2:AllocateAddress': ['ec2:AllocateAddress', 'ec2:CreateTags'],
  'ec2:AssociateAddress': ['ec2:AssociateAddress'],
  'ec2:AttachVolume': ['ec2:AttachVolume'],
  'ec2:AuthorizeSecurityGroupIngress': ['ec2:AuthorizeSecurityGroupIngress'],
  'ec2:CreateSecurityGroup': ['ec2:CreateSecurityGroup', 'ec2:CreateTags'],
  'ec2:CreateSnapshot': ['ec2:CreateSnapshot', 'ec2:CreateTags'],
  'ec2:CreateTags': ['ec2:CreateTags'],
  'ec2:CreateVolume': ['ec2:CreateVolume', 'ec2:CreateTags'],
  'ec2:DeleteSecurityGroup': ['ec2:DeleteSecurityGroup'],
  'ec2:DeleteTags': ['ec2:DeleteTags'],
  'ec2:DeleteVolume': ['ec2:DeleteVolume'],
  'ec2:DescribeAddresses': ['ec2:DescribeAddresses'],
  'ec2:DescribeInstanceCreditSpecifications': ['ec2:DescribeInstanceCreditSpecifications'],
  'ec2:DescribeInstances': ['ec2:DescribeInstances'],
  'ec2:DescribeInstanceTypeOfferings': ['ec2:DescribeInstanceTypeOfferings'],
  'ec2:DescribeInstanceTypes': ['ec2:DescribeInstanceTypes'],
  'ec2:DescribeManagedPrefixLists': ['ec2:DescribeManagedPrefixLists'],
  'ec2:DescribeRegions': ['ec2:DescribeRegions'],
  'ec2:DescribeRouteTables': ['ec2:DescribeRouteTables'],
  'ec2:DescribeSecurityGroups': ['ec2:DescribeSecurityGroups'],
  'ec2:DescribeSnapshots': ['ec2:DescribeSnapshots'],
  'ec2:DescribeSubnets': ['ec2:DescribeSubnets'],
  'ec2:DescribeTags': ['ec2:DescribeTags'],
  'ec2:DescribeVolumes': ['ec2:DescribeVolumes'],
  'ec2:DescribeVolumesModifications': ['ec2:DescribeVolumesModifications'],
  'ec2:DescribeVpcs': ['ec2:DescribeVpcs'],
  'ec2:DetachVolume': ['ec2:DetachVolume'],
  'ec2:DisassociateAddress': ['ec2:DisassociateAddress'],
  'ec2:ModifyInstanceAttribute': ['ec2:ModifyInstanceAttribute'],
  'ec2:ModifyInstanceCreditSpecification': ['ec2:ModifyInstanceCreditSpecification'],
  'ec2:ModifyVolume': ['ec2:ModifyVolume'],
  'ec2:RebootInstances': ['ec2:RebootInstances'],
  'ec2:ReleaseAddress': ['ec2:ReleaseAddress'],
  'ec2:RevokeSecurityGroupIngress': ['ec2:RevokeSecurityGroupIngress'],
  'ec2:RunInstances': ['ec2:RunInstances', 'ec2:CreateTags', 'iam:PassRole'],
  'ec2:StartInstances': ['ec2:StartInstances'],
  'ec2:StopInstances': ['ec2:StopInstances'],
  'ec2:TerminateInstances': ['ec2:TerminateInstances'],
  'iam:AddRoleToInstanceProfile': ['iam:AddRoleToInstanceProfile', 'iam:PassRole'],
  'iam:CreateInstanceProfile': ['iam:CreateInstanceProfile', 'iam:TagInstanceProfile'],
  'iam:CreateRole': ['iam:CreateRole', 'iam:TagRole'],
  'iam:DeleteInstanceProfile': ['iam:DeleteInstanceProfile'],
  'iam:DeleteRole': ['iam:DeleteRole'],
  'iam:DeleteRolePolicy': ['iam:DeleteRolePolicy'],
  'iam:DetachRolePolicy': ['iam:DetachRolePolicy'],
  'iam:GetInstanceProfile': ['iam:GetInstanceProfile'],
  'iam:GetRole': ['iam:GetRole'],
  'iam:GetRolePolicy': ['iam:GetRolePolicy'],
  'iam:ListAttachedRolePolicies': ['iam:ListAttachedRolePolicies'],
  'iam:ListInstanceProfiles': ['iam:ListInstanceProfiles'],
  'iam:ListRolePolicies': ['iam:ListRolePolicies'],
  'iam:ListRoles': ['iam:ListRoles'],
  'iam:PutRolePolicy': ['iam:PutRolePolicy'],
  'iam:RemoveRoleFromInstanceProfile': ['iam:RemoveRoleFromInstanceProfile'],
  'iam:SimulatePrincipalPolicy': ['iam:SimulatePrincipalPolicy'],
  'iam:TagRole': ['iam:TagRole'],
  'pricing:GetProducts': ['pricing:GetProducts'],
  's3:AbortMultipartUpload': ['s3:AbortMultipartUpload'],
  's3:CompleteMultipartUpload': ['s3:PutObject'],
  's3:CopyObject': ['s3:GetObject', 's3:PutObject'],
  's3:CreateBucket': ['s3:CreateBucket'],
  's3:CreateMultipartUpload': ['s3:PutObject'],
  's3:DeleteBucket': ['s3:DeleteBucket'],
  's3:DeleteBucketLifecycle': ['s3:PutLifecycleConfiguration'],
  's3:DeleteBucketPolicy': ['s3:DeleteBucketPolicy'],
  's3:DeleteBucketTagging': ['s3:PutBucketTagging'],
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  's3:GetBucketAcl': ['s3:GetBucketAcl'],
  's3:GetBucketEncryption': ['s3:GetEncryptionConfiguration'],
  's3:GetBucketLifecycleConfiguration': ['s3:GetLifecycleConfiguration'],
  's3:GetBucketOwnershipControls': ['s3:GetBucketOwnershipControls'],
  's3:GetBucketPolicy': ['s3:GetBucketPolicy'],
  's3:GetBucketTagging': ['s3:GetBucketTagging'],
  's3:GetBucketVersioning': ['s3:GetBucketVersioning'],
  's3:GetObject': ['s3:GetObject'],
  's3:GetObjectLockConfiguration': ['s3:GetBucketObjectLockConfiguration'],
  's3:GetPublicAccessBlock': ['s3:GetBucketPublicAccessBlock'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListBuckets': ['s3:ListAllMyBuckets'],
  's3:ListMultipartUploads': ['s3:ListBucketMultipartUploads'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:PutBucketLifecycleConfiguration': ['s3:PutLifecycleConfiguration'],
  's3:PutBucketOwnershipControls': ['s3:PutBucketOwnershipControls'],
  's3:PutBucketPolicy': ['s3:PutBucketPolicy'],
  's3:PutBucketTagging': ['s3:PutBucketTagging'],
  's3:PutObject': ['s3:PutObject'],
  's3:PutPublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
  's3:UploadPart': ['s3:PutObject'],
  'service-quotas:GetServiceQuota': ['servicequotas:GetServiceQuota'],
  'ssm:CancelCommand': ['ssm:CancelCommand'],
  'ssm:DescribeInstanceInformation': ['ssm:DescribeInstanceInformation'],
  'ssm:GetCommandInvocation': ['ssm:GetCommandInvocation'],
  'ssm:GetParameter': ['ssm:GetParameter'],
  'ssm:SendCommand': ['ssm:SendCommand'],
  'sso-oidc:CreateToken': [],
  'sso-oidc:RegisterClient': [],
  'sso-oidc:StartDeviceAuthorization': [],
  'sts:GetCallerIdentity': [],
};

/** The operations of AWS that the source sends, as `service:Operation`, each with the file that does; throws for an import that does not tell. */
export function sentOperations(): ReadonlyMap<string, string> {
  const sent = new Map<string, string>();
  for (const path of readdirSync(join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const file = relative(CHECKOUT, join(CHECKOUT, 'src', path))
      .split(sep)
      .join('/');
    const source = readFileSync(join(CHECKOUT, file), 'utf8');
    const found = Array.from(source.matchAll(IMPORTS));
    const named = source.match(/'@aws-sdk\/(client-|lib-)/g)?.length ?? 0;
    if (named !== found.length)
      throw new Error(`${file} has another import of @aws-sdk than { names }, so it cannot be told what it sends.`);
    for (const [, isType, names = '', from = ''] of found) {
      if (isType) continue;
      const service = from === 'lib-storage' ? 's3' : from.replace('client-', '');
      for (const operation of operationsOf(names, file)) sent.set(`${service}:${operation}`, file);
    }
  }
  return sent;
}

function operationsOf(names: string, file: string): readonly string[] {
  const all = names.split(',').map((name) => name.trim());
  return all.flatMap((name) => {
    if (name === '' || name.startsWith('type ') || name.endsWith('Client')) return [];
    if (name === 'Upload') return UPLOAD;
    const operation = /^(?:paginate(\w+)|(\w+)Command)$/.exec(name);
    if (operation) return [operation[1] ?? operation[2] ?? ''];
    throw new Error(
      `${file} imports ${name}, of which it cannot be told what it sends: import commands and paginators.`,
    );
  });
}
