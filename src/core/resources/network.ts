import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeInstanceTypes,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  type DescribeSubnetsCommandInput,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../aws/errors';
import { allItems } from '../aws/pages';
import { isNotSeenYet, retry, unlessMissing, waitFor } from '../aws/wait';
import { SITE_TAG, stackName, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** A place for the server: an availability zone and a subnet in it. */
export interface Place {
  readonly zone: string;
  readonly subnetId: string;
}

/** The subnets that the server may go to: the one that the site file names, else the default ones. Throws `UserError` when there is none. */
async function subnets(context: Context, op: Op): Promise<{ vpcId: string; subnets: readonly Place[] }> {
  const { site, clients } = context;
  const { subnet } = site.server;
  const read = (input: DescribeSubnetsCommandInput) =>
    allItems(
      paginateDescribeSubnets({ client: clients.ec2 }, input, { abortSignal: op.signal }),
      ({ Subnets }) => Subnets,
    );
  if (subnet) {
    const [found] = (await unlessMissing(() => read({ SubnetIds: [subnet] }), 'InvalidSubnetID.NotFound')) ?? [];
    if (!found?.VpcId || !found.AvailabilityZone) {
      throw new UserError(
        `${site.region} has no subnet ${subnet}. Correct “server.subnet” in sitelift.json, or leave it out to use the default VPC.`,
      );
    }
    return { vpcId: found.VpcId, subnets: [{ zone: found.AvailabilityZone, subnetId: subnet }] };
  }
  const vpcId = await defaultVpc(context, op);
  const found = await read({
    Filters: [
      { Name: 'vpc-id', Values: [vpcId] },
      { Name: 'default-for-az', Values: ['true'] },
    ],
  });
  if (found.length === 0) {
    throw new UserError(
      `The default VPC of ${site.region} (${vpcId}) has no default subnet, so there is no network to put the server into. Name a subnet of yours as “server.subnet” in sitelift.json, or create a default one with “aws ec2 create-default-subnet --availability-zone ${site.region}a --region ${site.region}”; then run the command again.`,
    );
  }
  const places = found.flatMap(({ AvailabilityZone: zone, SubnetId: subnetId }) =>
    zone && subnetId ? [{ zone, subnetId }] : [],
  );
  return { vpcId, subnets: places.sort((one, other) => one.zone.localeCompare(other.zone)) };
}

async function defaultVpc({ site, clients }: Context, op: Op): Promise<string> {
  const Filters = [{ Name: 'is-default', Values: ['true'] }];
  const [found] = await allItems(
    paginateDescribeVpcs({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ Vpcs }) => Vpcs,
  );
  if (found?.VpcId) return found.VpcId;
  throw new UserError(
    `The region ${site.region} has no default VPC, so there is no network to put the server into. Name a subnet of yours as “server.subnet” in sitelift.json, or create a default VPC with “aws ec2 create-default-vpc --region ${site.region}”; then run the command again.`,
  );
}

/** Where the wanted instance type can be launched, in the order of the zones’ names; never empty. Throws `UserError` with the reason. */
export async function places(context: Context, op: Op): Promise<Place[]> {
  const { site, clients } = context;
  const { instanceType, subnet } = site.server;
  const [from, options] = [{ client: clients.ec2 }, { abortSignal: op.signal }];
  const Filters = [{ Name: 'instance-type', Values: [instanceType] }];
  const [{ subnets: candidates }, offerings, [type]] = await Promise.all([
    subnets(context, op),
    allItems(
      paginateDescribeInstanceTypeOfferings(from, { LocationType: 'availability-zone', Filters }, options),
      ({ InstanceTypeOfferings }) => InstanceTypeOfferings,
    ),
    allItems(paginateDescribeInstanceTypes(from, { Filters }, options), ({ InstanceTypes }) => InstanceTypes),
  ]);
  if (type?.Hypervisor === 'xen' || type?.ProcessorInfo?.SupportedArchitectures?.includes('x86_64') === false) {
    throw new UserError(
      `${instanceType} is not an x86_64 type of the Nitro system, whose disks can be told apart by their serial. Choose another “server.instanceType” in sitelift.json, such as t3.micro.`,
    );
  }
  const offered = new Set(offerings.map(({ Location }) => Location));
  if (offered.size === 0) {
    throw new UserError(
      `${site.region} does not offer the instance type ${instanceType}. Choose another “server.instanceType” in sitelift.json.`,
    );
  }
  const fit = candidates.filter(({ zone }) => offered.has(zone));
  if (fit.length > 0) return fit;
  const zones = candidates.map(({ zone }) => zone).join(', ');
  throw new UserError(
    subnet
      ? `${instanceType} is not offered in ${zones}, where the subnet ${subnet} lies. Choose another “server.instanceType” or “server.subnet” in sitelift.json.`
      : `${instanceType} is not offered in ${zones}, the zones of ${site.region} that have a default subnet. Choose another “server.instanceType” in sitelift.json, or create a default subnet in another zone.`,
  );
}

/** The security group of the site in a VPC (any, when left out), which lets port 80 in and nothing else. */
export async function findSecurityGroup(
  context: Context,
  vpcId: string | undefined,
  op: Op,
): Promise<SecurityGroup | undefined> {
  return (await groupsNamedOurs(context, op)).find(
    (group) => isOurs(context, group) && (vpcId === undefined || group.VpcId === vpcId),
  );
}

function groupsNamedOurs(context: Context, op: Op): Promise<readonly SecurityGroup[]> {
  const Filters = [{ Name: 'group-name', Values: [groupName(context)] }];
  return allItems(
    paginateDescribeSecurityGroups({ client: context.clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ SecurityGroups }) => SecurityGroups,
  );
}

function isOurs({ site }: Context, { Tags }: SecurityGroup): boolean {
  return Tags?.some(({ Key, Value }) => Key === SITE_TAG && Value === site.id) ?? false;
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

/** Makes the security group with its one rule; duplicates of either are success. Gives the group's id once the search by name shows it open. */
export async function ensureSecurityGroup(context: Context, op: Op): Promise<string> {
  const { vpcId } = await subnets(context, op);
  const found = await findSecurityGroup(context, vpcId, op);
  if (found?.GroupId && letsHttpIn(found)) return found.GroupId;
  const groupId = found?.GroupId ?? (await createSecurityGroup(context, vpcId, op));
  await retry(() => authorizeHttp(context, groupId, found, op), isNotSeenYet, SETTLE, op);
  await waitFor(
    'the security group to be listed',
    async () => (letsHttpIn(await findSecurityGroup(context, vpcId, op)) ? true : undefined),
    SETTLE,
    op,
  );
  return groupId;
}

async function createSecurityGroup(context: Context, VpcId: string, op: Op): Promise<string> {
  const { site, clients } = context;
  try {
    const { GroupId } = await clients.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: groupName(context),
        Description: `Web server of ${stackName(site)}: port 80 only`,
        VpcId,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsFor(site, 'server-group') }],
      }),
      { abortSignal: op.signal },
    );
    if (!GroupId) throw new Error('EC2 answered without the id of the new security group.');
    return GroupId;
  } catch (error) {
    if (!hasCode(error, 'InvalidGroup.Duplicate')) throw error;
  }
  // Whose it is can be told only once the list shows it: one of ours may be seconds old.
  const group = await waitFor(
    `the security group ${groupName(context)} to be listed`,
    async () => (await groupsNamedOurs(context, op)).find((candidate) => candidate.VpcId === VpcId),
    SETTLE,
    op,
  );
  if (group.GroupId && isOurs(context, group)) return group.GroupId;
  throw new UserError(
    `The security group ${groupName(context)} exists without this site’s tag, so it is left alone. If it is this site’s, give it the tag ${SITE_TAG} with “${context.site.id}”; else delete it if nobody needs it, or name a group of yours in “server.securityGroup”.`,
  );
}

/** Lets everybody reach port 80. EC2 refuses a request whole when one of its rules is there already, so `found` tells what is. */
async function authorizeHttp(
  { clients }: Context,
  groupId: string,
  found: SecurityGroup | undefined,
  op: Op,
): Promise<void> {
  const hasIpv6 = found?.IpPermissions?.some(
    ({ IpProtocol, FromPort, ToPort, Ipv6Ranges }) =>
      IpProtocol === 'tcp' &&
      FromPort === 80 &&
      ToPort === 80 &&
      Ipv6Ranges?.some(({ CidrIpv6 }) => CidrIpv6 === '::/0'),
  );
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
            ...(hasIpv6 ? {} : { Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'HTTP' }] }),
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
