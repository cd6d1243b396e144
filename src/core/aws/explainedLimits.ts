import { AGAIN, type Explanation } from './explanation';

const QUOTA = `or ask for a higher quota in the console under Service Quotas; then ${AGAIN}`;

/** What AWS has no room for, or gives an account no more of. */
export const LIMITS: readonly Explanation[] = [
  {
    codes: ['InsufficientFreeAddressesInSubnet', 'InsufficientAddressCapacity'],
    happened: 'No address is left for the server.',
    why: 'All of the subnet’s, or of AWS’s in this place, are taken.',
    next: `Name another subnet as “server.subnet” in sitelift.json, or delete what nobody needs in this one, and ${AGAIN}`,
  },
  {
    codes: [
      'InsufficientInstanceCapacity',
      'Unsupported',
      'InstanceLimitExceeded',
      'VcpuLimitExceeded',
      'MaxSpotInstanceCountExceeded',
    ],
    happened: 'AWS cannot start this instance type here now.',
    why: 'It has no machine to spare, does not offer the type here, or the account’s quota is used up.',
    next: 'Choose another “instanceType” in sitelift.json, wait a while, or ask AWS for a higher quota.',
  },
  {
    codes: ['AddressLimitExceeded'],
    happened: 'The account has as many Elastic IP addresses in this region as it may have.',
    why: 'That is 5 unless AWS raised it.',
    next: `Release one that nothing needs (EC2 console, Elastic IPs), leave “server.address” out of sitelift.json for an address that changes, ${QUOTA}`,
  },
  {
    codes: ['VolumeLimitExceeded', 'MaxIOPSLimitExceeded'],
    happened: 'The account has as much storage in volumes in this region as it may have.',
    why: 'AWS limits the sum of their sizes for each kind.',
    next: `Delete volumes that nothing needs, ${QUOTA}`,
  },
  {
    codes: [
      'SnapshotLimitExceeded',
      'PendingSnapshotLimitExceeded',
      'ConcurrentSnapshotLimitExceeded',
      'SnapshotCreationPerVolumeRateExceeded',
    ],
    happened: 'AWS makes no more snapshots now.',
    why: 'The account has as many as it may have, or several of this volume are being made.',
    next: `Wait until those are made, delete some that nobody needs, ${QUOTA}`,
  },
  {
    codes: [
      'SecurityGroupLimitExceeded',
      'SecurityGroupsPerInstanceLimitExceeded',
      'SecurityGroupsPerInterfaceLimitExceeded',
    ],
    happened: 'The account has as many security groups as it may have.',
    why: 'AWS limits them in each region, and those of one server.',
    next: `Delete some that nobody needs (EC2 console, Security Groups), name one of yours as “server.securityGroup”, ${QUOTA}`,
  },
  {
    codes: ['RulesPerSecurityGroupLimitExceeded'],
    happened: 'The security group has as many rules as it may have.',
    why: 'That is 60 unless AWS raised it, of which CloudFront’s list counts as 55.',
    next: `Take rules out that nobody needs, ${QUOTA}`,
  },
  {
    codes: ['VpcLimitExceeded'],
    happened: 'The account has as many networks (VPCs) in this region as it may have.',
    why: 'That is 5 unless AWS raised it.',
    next: `Name a subnet of one of them as “server.subnet” in sitelift.json, delete one that nobody needs, ${QUOTA}`,
  },
  {
    codes: ['TooManyBuckets'],
    happened: 'The account has as many buckets as it may have.',
    why: 'AWS limits them over all regions together.',
    next: `Delete buckets that nobody needs, ${QUOTA}`,
  },
  {
    codes: ['BucketAlreadyExists'],
    happened: 'The name of the bucket is taken.',
    why: 'Names of buckets are shared by all AWS accounts, and another one has this.',
    next: 'Change “id” in sitelift.json, if nothing of the site was made yet, and run the command again.',
  },
  {
    codes: ['TooManyDistributions'],
    happened: 'The account has as many CloudFront distributions as it may have.',
    why: 'AWS limits them for each account.',
    next: `Delete distributions that nobody needs, ${QUOTA}`,
  },
  {
    codes: ['TooManyOriginAccessControls', 'TooManyDistributionsAssociatedToOriginAccessControl'],
    happened: 'The account has as many origin access controls as it may have.',
    why: 'AWS keeps them when their distributions are deleted.',
    next: `Delete some that nothing uses (CloudFront console, Origin access), ${QUOTA}`,
  },
  {
    codes: ['TooManyFunctions', 'TooManyDistributionsAssociatedToFunction'],
    happened: 'The account has as many CloudFront functions as it may have.',
    why: 'AWS limits them for each account.',
    next: `Delete some that nothing uses (CloudFront console, Functions), ${QUOTA}`,
  },
  {
    codes: ['TooManyInvalidationsInProgress'],
    happened: 'CloudFront takes no more invalidations now.',
    why: 'As many as it works on at one time are in progress.',
    next: `Wait some minutes and ${AGAIN}`,
  },
  {
    codes: ['LimitExceeded', 'LimitExceededException'],
    happened: 'The account has as many of these as it may have.',
    why: 'AWS limits roles, instance profiles and policies in IAM, and others.',
    next: `Delete some that nobody needs, ${QUOTA}`,
  },
];
