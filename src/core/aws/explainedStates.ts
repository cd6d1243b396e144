import type { Remedy } from '../op';
import { AGAIN, type Explanation } from './explanation';

/** The way on when there is no network that the server fits into. */
export const CHOOSE_SUBNET: Remedy = { title: 'Choose Subnet…', command: 'sitelift.chooseSubnet' };
const REFRESH: Remedy = { title: 'Refresh', command: 'sitelift.refresh' };

/** What is not, or not yet, as a request needs it. */
export const STATES: readonly Explanation[] = [
  {
    codes: ['VPCIdNotSpecified', 'MissingDefaultVpc', 'DefaultVpcDoesNotExist'],
    happened: 'This region has no default VPC, so there is no network to put the server into.',
    why: 'Somebody deleted it, or the account was made without.',
    next: 'Choose a subnet of yours (“server.subnet” in sitelift.json), or create a default VPC (“aws ec2 create-default-vpc”), and run the command again.',
    remedy: CHOOSE_SUBNET,
  },
  {
    codes: ['InvalidSubnetID.*', 'InvalidSubnet', 'InvalidSubnet.*'],
    happened: 'AWS does not know the subnet.',
    why: 'It was deleted, or belongs to another region or account.',
    next: 'Correct “server.subnet” in sitelift.json, or leave it out for a default one, and run the command again.',
    remedy: CHOOSE_SUBNET,
  },
  {
    codes: ['InvalidAMIID.*'],
    happened: 'AWS cannot launch from this image.',
    why: 'It was withdrawn a moment ago, or is not for this account or region.',
    next: 'Run the command again, which asks for the newest image.',
  },
  {
    codes: ['InvalidKeyPair.*'],
    happened: 'AWS does not know the key pair.',
    why: 'It was deleted, or belongs to another region.',
    next: 'Correct “server.keyName” in sitelift.json, or leave it out, as Sitelift needs none; then run the command again.',
  },
  {
    codes: ['IncorrectInstanceState', 'IncorrectState', 'InvalidInstanceID'],
    happened: 'The server is not in the state that this takes.',
    why: 'Somebody else may be starting, stopping or changing it.',
    next: 'Refresh to see its state, and run the command again.',
    remedy: REFRESH,
  },
  {
    codes: ['Gateway.NotAttached'],
    happened: 'The server can have no Elastic IP address.',
    why: 'Its network has no internet gateway.',
    next: 'Leave “server.address” out of sitelift.json, or attach a gateway to the network.',
  },
  {
    codes: ['VolumeInUse'],
    happened: 'The volume is in use.',
    why: 'It is attached to an instance, or is just being attached or detached.',
    next: 'Refresh to see where, detach it there if it is not this site’s server, and run the command again.',
    remedy: REFRESH,
  },
  {
    codes: [
      'KMS.*',
      'KMSKeyNotAccessibleFault',
      'InvalidKMSKey.*',
      'KMSInvalidStateException',
      'KMSAccessDeniedException',
    ],
    happened: 'The key that encrypts this cannot be used.',
    why: 'It is disabled, being deleted, or not yours to use.',
    next: `Choose another key (EC2 console, Settings, EBS encryption, for disks), or ask for the right to use this one, and ${AGAIN}`,
  },
  {
    codes: ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'],
    happened: 'The bucket lies in another region.',
    why: 'Somebody changed “region” in sitelift.json, or the credentials are set for another one.',
    next: 'Put “region” in sitelift.json back to what it was, and run the command again.',
  },
  {
    codes: ['DistributionNotDisabled', 'ResourceNotDisabled'],
    happened: 'CloudFront does not delete the distribution yet.',
    why: 'It is enabled, or its edges have not heard that it is not.',
    next: `Wait some minutes and ${AGAIN}`,
  },
  {
    codes: ['CNAMEAlreadyExists'],
    happened: 'A name that the distribution was given belongs to another distribution.',
    why: 'A name stands for one distribution in all of AWS.',
    next: 'Take the name from the other distribution first, or from this one, in the CloudFront console.',
  },
  {
    codes: ['EntityAlreadyExists'],
    happened: 'IAM has a role or instance profile of this name already.',
    why: 'Somebody made it meanwhile, or IAM does not show it yet.',
    next: 'Wait a minute and run the command again, which takes what is the site’s.',
  },
  {
    codes: ['InvalidInstanceId', 'TargetNotConnected'],
    happened: 'The server’s agent cannot be asked.',
    why: 'It has not registered at SSM, the server is stopped, or it has no way out to the internet.',
    next: 'Refresh to see its state; provision the server if its role is marked, or reboot it, and run the command again.',
    remedy: REFRESH,
  },
  {
    codes: [
      ...['InvalidInstanceID.NotFound', 'InvalidVolume.NotFound', 'InvalidGroup.NotFound', 'InvalidSnapshot.NotFound'],
      ...[
        'InvalidAllocationID.NotFound',
        'NoSuchBucket',
        'NoSuchDistribution',
        'NoSuchEntity',
        'NoSuchEntityException',
      ],
    ],
    happened: 'Something of the site is not there any more.',
    why: 'Somebody deleted it meanwhile, or AWS does not show it everywhere yet.',
    next: 'Refresh to see what is there, and run the command again, which makes what is missing.',
    remedy: REFRESH,
  },
  {
    codes: [
      ...['PreconditionFailed', 'InvalidIfMatchVersion', 'OperationAborted', 'ConditionalRequestConflict'],
      ...[
        'ConcurrentModification',
        'ConcurrentModificationException',
        'ConflictException',
        'IncorrectModificationState',
      ],
    ],
    happened: 'Somebody else is changing the same thing just now.',
    why: 'AWS takes one change at a time.',
    next: `Wait a minute and ${AGAIN}`,
  },
  {
    codes: ['DependencyViolation', 'DeleteConflict', 'ResourceInUse', 'OriginAccessControlInUse', 'FunctionInUse'],
    happened: 'Something else still uses this, so AWS does not delete it.',
    why: 'It was given to more than this site, or AWS has not let go of it yet.',
    next: `Take it from what uses it in the AWS console, or wait some minutes, and ${AGAIN}`,
  },
];
