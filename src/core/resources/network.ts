import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../aws/errors';
import { isNotSeenYet, retry } from '../aws/wait';
import { stackName, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** A place for the server: an availability zone and its default subnet. */
export interface Place {
  readonly zone: string;
  readonly subnetId: string;
}

/** The region's default VPC; throws `UserError` when there is none. */
export async function defaultVpc({ site, clients }: Context, op: Op): Promise<string> {
  const { Vpcs } = await clients.ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    { abortSignal: op.signal },
  );
  const id = Vpcs?.[0]?.VpcId;
  if (id) return id;
  throw new UserError(
    `The region ${site.region} has no default VPC, so there is no network to put the server into. Create one with “aws ec2 create-default-vpc --region ${site.region}” and run the command again.`,
  );
}

/** Default subnets in zones that offer the wanted instance type, the cheapest choice of zone being AWS's order. */
export async function places(context: Context, op: Op): Promise<Place[]> {
  const { site, clients } = context;
  const options = { abortSignal: op.signal };
  const vpcId = await defaultVpc(context, op);
  const [{ Subnets }, { InstanceTypeOfferings }, { InstanceTypes }] = await Promise.all([
    clients.ec2.send(
      new DescribeSubnetsCommand({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: 'default-for-az', Values: ['true'] },
        ],
      }),
      options,
    ),
    clients.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [site.server.instanceType] }],
      }),
      options,
    ),
    clients.ec2.send(
      new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values: [site.server.instanceType] }] }),
      options,
    ),
  ]);
  const type = InstanceTypes?.[0];
  if (type?.Hypervisor === 'xen' || type?.ProcessorInfo?.SupportedArchitectures?.includes('x86_64') === false) {
    throw new UserError(
      `${site.server.instanceType} is not an x86_64 type of the Nitro system, whose disks can be told apart by their serial. Choose another “server.instanceType” in sitelift.json, such as t3.micro.`,
    );
  }
  const offered = new Set(InstanceTypeOfferings?.map(({ Location }) => Location));
  if (offered.size === 0) {
    throw new UserError(
      `${site.region} does not offer the instance type ${site.server.instanceType}. Choose another “server.instanceType” in sitelift.json.`,
    );
  }
  return (Subnets ?? [])
    .flatMap(({ AvailabilityZone: zone, SubnetId: subnetId }) =>
      zone && subnetId && offered.has(zone) ? [{ zone, subnetId }] : [],
    )
    .sort((one, other) => one.zone.localeCompare(other.zone));
}

/** The security group of the site, which lets port 80 in and nothing else. */
export async function findSecurityGroup(context: Context, op: Op): Promise<SecurityGroup | undefined> {
  const { site, clients } = context;
  const { SecurityGroups } = await clients.ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: [groupName(context)] }] }),
    { abortSignal: op.signal },
  );
  return SecurityGroups?.find(({ Tags }) => Tags?.some(({ Value }) => Value === site.id));
}

/** True when the group lets anybody reach port 80 over TCP. */
export function letsHttpIn(group: SecurityGroup | undefined): boolean {
  return (
    group?.IpPermissions?.some(
      ({ IpProtocol, FromPort, IpRanges }) =>
        IpProtocol === 'tcp' && FromPort === 80 && IpRanges?.some(({ CidrIp }) => CidrIp === '0.0.0.0/0'),
    ) ?? false
  );
}

/** Makes the security group with its one rule; duplicates of either are success. Gives the group's id. */
export async function ensureSecurityGroup(context: Context, op: Op): Promise<string> {
  const { site, clients } = context;
  const options = { abortSignal: op.signal };
  const vpcId = await defaultVpc(context, op);
  let madeId: string | undefined;
  try {
    const made = await clients.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: groupName(context),
        Description: `Web server of ${stackName(site)}: port 80 only`,
        VpcId: vpcId,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsFor(site, 'server-group') }],
      }),
      options,
    );
    madeId = made.GroupId;
  } catch (error) {
    if (!hasCode(error, 'InvalidGroup.Duplicate')) throw error;
  }
  return retry(
    async () => {
      const group = await findSecurityGroup(context, op);
      const groupId = group?.GroupId ?? madeId;
      if (!groupId) {
        throw new UserError(
          `The security group ${groupName(context)} exists without this site’s tag, so it is left alone. Rename it, or name a group of yours in “server.securityGroup”.`,
        );
      }
      if (!letsHttpIn(group)) await authorizeHttp(context, groupId, op);
      return groupId;
    },
    isNotSeenYet,
    SETTLE,
    op,
  );
}

async function authorizeHttp({ clients }: Context, groupId: string, op: Op): Promise<void> {
  try {
    await clients.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 80,
            ToPort: 80,
            IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'HTTP' }],
            Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'HTTP' }],
          },
        ],
      }),
      { abortSignal: op.signal },
    );
  } catch (error) {
    if (!hasCode(error, 'InvalidPermission.Duplicate')) throw error;
  }
}

function groupName({ site }: Context): string {
  return `${stackName(site)}-web`;
}
