import {
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  type RouteTable,
  type Tag,
  type Vpc,
} from '@aws-sdk/client-ec2';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { tagOf } from '../../tags';

/** A subnet of the account, with what decides whether a web server can do its work in it. */
export interface SubnetSeen {
  readonly subnetId: string;
  /** Its tag `Name`; empty without one. */
  readonly name: string;
  readonly vpc: { readonly id: string; readonly name: string; readonly isDefault: boolean };
  readonly zone: string;
  readonly freeAddresses: number;
  readonly wayOut: WayOut;
}

/** Where a subnet sends what is for the internet: to an internet gateway, by which readers also come in; elsewhere, such as a NAT gateway; nowhere. It is unknown of a subnet that another account shares and keeps the table of. */
export type WayOut = 'gateway' | 'elsewhere' | 'none' | 'unknown';

/** All IPv4 addresses, or half of them each (Amazon VPC User Guide, “Route tables”). */
const EVERYWHERE = ['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1'];

/** The subnets of the region, or those with some ids, those of default VPCs first. */
export async function listSubnets(
  { clients }: Context,
  ids: readonly string[] | undefined,
  op: Op,
): Promise<readonly SubnetSeen[]> {
  const [from, options] = [{ client: clients.ec2 }, { abortSignal: op.signal }];
  const [found, vpcs, tables] = await Promise.all([
    allItems(paginateDescribeSubnets(from, ids ? { SubnetIds: [...ids] } : {}, options), ({ Subnets }) => Subnets),
    allItems(paginateDescribeVpcs(from, {}, options), ({ Vpcs }) => Vpcs),
    allItems(paginateDescribeRouteTables(from, {}, options), ({ RouteTables }) => RouteTables),
  ]);
  return found
    .flatMap(({ AvailabilityZone: zone, AvailableIpAddressCount: freeAddresses = 0, SubnetId, Tags, VpcId }) => {
      if (!SubnetId || !VpcId || !zone) return [];
      const vpc = vpcOf(
        VpcId,
        vpcs.find((one) => one.VpcId === VpcId),
      );
      const wayOut = wayOutOf(SubnetId, VpcId, tables);
      return [{ subnetId: SubnetId, name: nameIn(Tags), vpc, zone, freeAddresses, wayOut }];
    })
    .sort(
      (one, other) =>
        Number(other.vpc.isDefault) - Number(one.vpc.isDefault) ||
        one.vpc.id.localeCompare(other.vpc.id) ||
        one.zone.localeCompare(other.zone) ||
        one.subnetId.localeCompare(other.subnetId),
    );
}

/** What is wrong with a subnet as the place of a web server; `isFinal` where no server could be set up there. */
export interface Unfitness {
  /** Words that follow a colon. */
  readonly reason: string;
  readonly isFinal: boolean;
}

/** What is wrong with a subnet; undefined for nothing. From where a way leads elsewhere, such as through a NAT gateway, AWS’s agent may well reach AWS. */
export function unfitness({
  freeAddresses,
  wayOut,
}: Pick<SubnetSeen, 'freeAddresses' | 'wayOut'>): Unfitness | undefined {
  if (freeAddresses === 0) return { reason: 'it has no free address', isFinal: true };
  if (wayOut === 'gateway' || wayOut === 'unknown') return undefined;
  return wayOut === 'none'
    ? {
        reason: 'it has no way out to the internet, which AWS’s agent needs unless the network has endpoints for it',
        isFinal: false,
      }
    : { reason: 'it has no route to an internet gateway, so readers do not reach the server', isFinal: false };
}

/** The table that a subnet goes by is its own, else the main one of its VPC; of a route that leads nowhere any more nothing comes. */
export function wayOutOf(subnetId: string, vpcId: string, tables: readonly RouteTable[]): WayOut {
  const own = tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === subnetId));
  const main = tables.find(({ Associations, VpcId }) => VpcId === vpcId && Associations?.some(({ Main }) => Main));
  const table = own ?? main;
  if (!table) return 'unknown';
  // What a prefix list stands for takes another call to know.
  const out = (table.Routes ?? []).filter(
    ({ DestinationCidrBlock = '', DestinationPrefixListId, GatewayId = '', State }) =>
      State !== 'blackhole' &&
      (EVERYWHERE.includes(DestinationCidrBlock) ||
        (DestinationPrefixListId !== undefined && !/^vpce-/.test(GatewayId))),
  );
  if (out.some(({ GatewayId }) => GatewayId?.startsWith('igw-'))) return 'gateway';
  return out.length > 0 ? 'elsewhere' : 'none';
}

function vpcOf(id: string, vpc: Vpc | undefined): SubnetSeen['vpc'] {
  return { id, name: nameIn(vpc?.Tags), isDefault: vpc?.IsDefault ?? false };
}

function nameIn(tags: readonly Tag[] | undefined): string {
  return tagOf({ Tags: tags }, 'Name') ?? '';
}
