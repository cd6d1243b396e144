import { DescribeAddressesCommand, type Address, type Instance } from '@aws-sdk/client-ec2';
import { isDenied } from '../../aws/errors';
import type { Context } from '../../context';
import { ROLE_TAG, SITE_TAG } from '../../names';
import type { Op } from '../../op';

/** Whether a public address is one of Amazon’s pool, which changes with each start, or an Elastic IP address, which stays. */
export type AddressKind = 'changing' | 'elastic';

/** An Elastic IP address that carries the site’s tag. */
export interface SiteAddress {
  readonly allocationId: string;
  readonly ip: string;
  /** Set while it is in use, by whatever. */
  readonly associationId: string | undefined;
  readonly instanceId: string | undefined;
}

/** What the steps about addresses depend on. */
export interface Addressed {
  /** Undefined when there is no server. */
  readonly server:
    | { readonly instanceId: string; readonly publicIp: string | undefined; readonly address: AddressKind | undefined }
    | undefined;
  /** The site’s own Elastic IP addresses; undefined when they could not be read. */
  readonly addresses: readonly SiteAddress[] | undefined;
}

/** The kind of an instance’s public address, as the instance itself tells it; undefined without one. */
export function addressKind({ NetworkInterfaces, PublicIpAddress }: Instance): AddressKind | undefined {
  if (!PublicIpAddress) return undefined;
  const associations = NetworkInterfaces?.flatMap(({ Association }) => Association ?? []);
  const owner = associations?.find(({ PublicIp }) => PublicIp === PublicIpAddress)?.IpOwnerId;
  return owner === undefined || owner === 'amazon' ? 'changing' : 'elastic';
}

/** The site’s Elastic IP addresses by tag, always in the same order. */
export async function listAddresses({ site, clients }: Context, op: Op): Promise<readonly SiteAddress[]> {
  const Filters = [
    { Name: `tag:${SITE_TAG}`, Values: [site.id] },
    { Name: `tag:${ROLE_TAG}`, Values: ['address'] },
  ];
  const { Addresses = [] } = await clients.ec2.send(new DescribeAddressesCommand({ Filters }), {
    abortSignal: op.signal,
  });
  return Addresses.flatMap(siteAddress).sort((one, other) => one.allocationId.localeCompare(other.allocationId));
}

/** The addresses that the site has without a server; none for those who may not list addresses. */
export async function leftAddresses(context: Context, op: Op): Promise<readonly SiteAddress[]> {
  try {
    return await listAddresses(context, op);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return [];
  }
}

function siteAddress({ AllocationId, AssociationId, InstanceId, PublicIp }: Address): SiteAddress[] {
  if (!AllocationId || !PublicIp) return [];
  const [associationId, instanceId] = [AssociationId || undefined, InstanceId || undefined];
  return [{ allocationId: AllocationId, ip: PublicIp, associationId, instanceId }];
}

/** The site’s addresses that it does not need: spare ones, and all where it asks for none; what something else uses is left alone. */
export function toRelease({ site }: Context, { server, addresses = [] }: Addressed): readonly SiteAddress[] {
  const isHeld = ({ instanceId, ip }: SiteAddress) =>
    server !== undefined && (instanceId === server.instanceId || ip === server.publicIp);
  if (site.server.address === 'changing') {
    return addresses.filter((address) => address.associationId === undefined || isHeld(address));
  }
  const free = addresses.filter((address) => address.associationId === undefined && !isHeld(address));
  // One is still to be given to the server, unless that has one.
  return server?.address === 'elastic' || addresses.some(isHeld) ? free : free.slice(1);
}

/** True when a new server in the place of this one gets its address: an Elastic IP address of the site, which has no other one to give. */
export function passesAddressOn(site: Context['site'], { server, addresses = [] }: Addressed): boolean {
  const isOwn = server?.address === 'elastic' && addresses.some(({ ip }) => ip === server.publicIp);
  const isOnly = addresses.every(({ associationId }) => associationId !== undefined);
  return site.server.address === 'elastic' && isOwn && isOnly;
}

/** The site’s addresses in the order in which the server is given one: free ones first. */
export function inOrder(addresses: readonly SiteAddress[]): readonly SiteAddress[] {
  const isFree = ({ associationId }: SiteAddress) => associationId === undefined;
  return [...addresses.filter(isFree), ...addresses.filter((address) => !isFree(address))];
}
