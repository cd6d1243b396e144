import {
  ListDistributionsCommand,
  ListFunctionsCommand,
  ListOriginAccessControlsCommand,
} from '@aws-sdk/client-cloudfront';
import {
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { ListInstanceProfilesCommand, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import type { Clients } from '../../../src/core/aws/clients';
import { allItems } from '../../../src/core/aws/pages';

const ALIVE = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'] as const;

/** Everything that an account has in the region of the clients and in no region, each by its kind and name, in order. What is terminated does not count. */
export async function inventory({ cloudfront, ec2, iam, s3 }: Clients): Promise<readonly string[]> {
  const named = (kind: string, names: readonly (string | undefined)[] | undefined) =>
    (names ?? []).map((name) => `${kind} ${name}`);
  // First of all, since the sandbox makes its images, of which each has a snapshot, when instances are first asked for.
  const reservations = await allItems(
    paginateDescribeInstances({ client: ec2 }, { Filters: [{ Name: 'instance-state-name', Values: [...ALIVE] }] }),
    ({ Reservations }) => Reservations,
  );
  const alive = reservations.flatMap(({ Instances = [] }) => Instances);
  const lists = await Promise.all([
    named(
      'instance',
      alive.map(({ InstanceId }) => InstanceId),
    ),
    ec2.send(new DescribeVolumesCommand({})).then(({ Volumes }) =>
      named(
        'volume',
        Volumes?.map(({ VolumeId }) => VolumeId),
      ),
    ),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })).then(({ Snapshots }) =>
      named(
        'snapshot',
        Snapshots?.map(({ SnapshotId }) => SnapshotId),
      ),
    ),
    ec2.send(new DescribeAddressesCommand({})).then(({ Addresses }) =>
      named(
        'address',
        Addresses?.map(({ AllocationId }) => AllocationId),
      ),
    ),
    ec2.send(new DescribeSecurityGroupsCommand({})).then(({ SecurityGroups }) =>
      named(
        'group',
        SecurityGroups?.map(({ GroupId }) => GroupId),
      ),
    ),
    ec2.send(new DescribeNetworkInterfacesCommand({})).then(({ NetworkInterfaces }) =>
      named(
        'interface',
        NetworkInterfaces?.map((one) => one.NetworkInterfaceId),
      ),
    ),
    iam.send(new ListRolesCommand({})).then(({ Roles }) =>
      named(
        'role',
        Roles?.map(({ RoleName }) => RoleName),
      ),
    ),
    iam.send(new ListInstanceProfilesCommand({})).then(({ InstanceProfiles }) =>
      named(
        'profile',
        InstanceProfiles?.map((one) => one.InstanceProfileName),
      ),
    ),
    iam.send(new ListPoliciesCommand({ Scope: 'Local' })).then(({ Policies }) =>
      named(
        'policy',
        Policies?.map(({ PolicyName }) => PolicyName),
      ),
    ),
    s3.send(new ListBucketsCommand({})).then(({ Buckets }) =>
      named(
        'bucket',
        Buckets?.map(({ Name }) => Name),
      ),
    ),
    cloudfront.send(new ListDistributionsCommand({})).then(({ DistributionList }) =>
      named(
        'distribution',
        DistributionList?.Items?.map(({ Id }) => Id),
      ),
    ),
    cloudfront.send(new ListOriginAccessControlsCommand({})).then(({ OriginAccessControlList }) =>
      named(
        'control',
        OriginAccessControlList?.Items?.map(({ Id }) => Id),
      ),
    ),
    cloudfront.send(new ListFunctionsCommand({})).then(({ FunctionList }) =>
      named(
        'function',
        FunctionList?.Items?.map(({ Name }) => Name),
      ),
    ),
  ]);
  return lists.flat().sort();
}
