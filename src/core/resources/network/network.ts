import {
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeInstanceTypes,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  type DescribeSubnetsCommandInput,
} from '@aws-sdk/client-ec2';
import { CHOOSE_SUBNET } from '../../aws/explainedStates';
import { allItems } from '../../aws/pages';
import { unlessMissing } from '../../aws/wait';
import { UserError, type Op, type Remedy } from '../../op';
import type { Context } from '../../context';
import { architectureOf, hasSerials } from '../server/instanceTypes';

const CHANGE_TYPE: Remedy = { title: 'Change Instance Type…', command: 'sitelift.changeInstanceType' };

/** A place for the server: an availability zone and a subnet in it. */
export interface Place {
  readonly zone: string;
  readonly subnetId: string;
}

/** The subnets that the server may go to: the one that the site file names, else the default ones. Throws `UserError` when there is none. */
export async function subnets(
  context: Context,
  op: Op,
): Promise<{ readonly vpcId: string; readonly subnets: readonly Place[] }> {
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
        { remedy: CHOOSE_SUBNET },
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
      { remedy: CHOOSE_SUBNET },
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
    { remedy: CHOOSE_SUBNET },
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
  const isOther = type?.ProcessorInfo?.SupportedArchitectures !== undefined && !architectureOf(type);
  if (type && (!hasSerials(type) || isOther)) {
    throw new UserError(
      `${instanceType} is not an x86_64 or arm64 type of the Nitro system, whose disks can be told apart by their serial. Choose another “server.instanceType” in sitelift.json, such as t3.micro.`,
      { remedy: CHANGE_TYPE },
    );
  }
  const offered = new Set(offerings.map(({ Location }) => Location));
  if (offered.size === 0) {
    throw new UserError(
      `${site.region} does not offer the instance type ${instanceType}. Choose another “server.instanceType” in sitelift.json.`,
      { remedy: CHANGE_TYPE },
    );
  }
  const fit = candidates.filter(({ zone }) => offered.has(zone));
  if (fit.length > 0) return fit;
  const zones = candidates.map(({ zone }) => zone).join(', ');
  throw new UserError(
    subnet
      ? `${instanceType} is not offered in ${zones}, where the subnet ${subnet} lies. Choose another “server.instanceType” or “server.subnet” in sitelift.json.`
      : `${instanceType} is not offered in ${zones}, the zones of ${site.region} that have a default subnet. Choose another “server.instanceType” in sitelift.json, or create a default subnet in another zone.`,
    { remedy: CHANGE_TYPE },
  );
}
