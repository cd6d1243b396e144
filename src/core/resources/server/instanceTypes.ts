import {
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeInstanceTypes,
  type Filter,
  type Instance,
  type InstanceTypeInfo,
} from '@aws-sdk/client-ec2';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { findInstance, findVolume } from '../lookup';
import { readDetail } from '../resource';

/** An instance type that a server can have. */
export interface OfferedType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly architecture: Architecture;
}

/** What a system is made for; arm64 is that of AWS’s Graviton. */
export type Architecture = 'x86_64' | 'arm64';
/** All of them. */
export const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

/** The system that a server has, and the zone that it cannot leave. */
export interface Placed {
  readonly zone: string;
  readonly architecture: string;
  readonly instanceType: string;
}

/** True for a type whose disks can be told apart by their serial, as those of the Nitro system can. */
export function hasSerials({ Hypervisor }: InstanceTypeInfo): boolean {
  return Hypervisor !== 'xen';
}

/** True for a burstable type, which has CPU credits. */
export function isBurstable(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}

/** The types that the server can have where it is, or would be launched, and the one that it has. */
export async function typesForServer(
  context: Context,
  op: Op,
): Promise<{ readonly present: string | undefined; readonly types: readonly OfferedType[] }> {
  const [instance, volume] = await Promise.all([findInstance(context, op), findVolume(context, op)]);
  const zone = instance?.Placement?.AvailabilityZone ?? volume?.AvailabilityZone;
  const architecture = instance?.Architecture;
  return { present: instance?.InstanceType, types: await offeredTypes(context, { zone, architecture }, op) };
}

/** The architecture of a type, by which its image is chosen; undefined for one that has another than these. */
export function architectureOf({ ProcessorInfo }: InstanceTypeInfo): Architecture | undefined {
  return ARCHITECTURES.find((one) => ProcessorInfo?.SupportedArchitectures?.includes(one));
}

/** What AWS tells of the wanted instance type; undefined where the region does not know it. */
export async function wantedType(context: Context, op: Op): Promise<InstanceTypeInfo | undefined> {
  const Filters = [{ Name: 'instance-type', Values: [context.site.server.instanceType] }];
  return (await readTypes(context, Filters, op))[0];
}

/** The current types that a zone, or else the region, offers and that a server of an architecture, or of any, can have, small ones first. */
export async function offeredTypes(
  context: Context,
  { zone, architecture }: { readonly zone: string | undefined; readonly architecture: string | undefined },
  op: Op,
): Promise<readonly OfferedType[]> {
  const Filters = [
    {
      Name: 'processor-info.supported-architecture',
      Values: architecture === undefined ? [...ARCHITECTURES] : [architecture],
    },
    { Name: 'hypervisor', Values: ['nitro'] },
    { Name: 'current-generation', Values: ['true'] },
  ];
  const [types, offered] = await Promise.all([readTypes(context, Filters, op), offeredIn(context, zone, [], op)]);
  return types
    .flatMap((type) => {
      const { InstanceType: name, MemoryInfo, VCpuInfo } = type;
      const made = architectureOf(type);
      return name && made && offered.has(name)
        ? [{ name, vcpus: VCpuInfo?.DefaultVCpus ?? 0, memoryMib: MemoryInfo?.SizeInMiB ?? 0, architecture: made }]
        : [];
    })
    .sort(
      (one, other) => one.vcpus - other.vcpus || one.memoryMib - other.memoryMib || one.name.localeCompare(other.name),
    );
}

/** Why a server cannot get the instance type that is asked for, also where that could not be found out: what is not known is not changed. */
export async function readTypeRefusal(context: Context, instance: Instance, op: Op): Promise<string | undefined> {
  const { Architecture: architecture = '', InstanceType: instanceType = '', Placement } = instance;
  const wanted = context.site.server.instanceType;
  if (instanceType === wanted) return undefined;
  const placed = { zone: Placement?.AvailabilityZone ?? '', architecture, instanceType };
  const what = `whether the server can become a ${wanted}`;
  const refusal = await readDetail(what, () => typeRefusal(context, placed, op), op);
  return refusal.problem ?? refusal.value;
}

async function typeRefusal(context: Context, placed: Placed, op: Op): Promise<string | undefined> {
  const { region, server } = context.site;
  const { instanceType: wanted } = server;
  const Filters = [{ Name: 'instance-type', Values: [wanted] }];
  const [[type], offered] = await Promise.all([
    readTypes(context, Filters, op),
    offeredIn(context, placed.zone, Filters, op),
  ]);
  const reason = (() => {
    if (!type) return `${region} knows no instance type ${wanted}`;
    const architectures = type.ProcessorInfo?.SupportedArchitectures ?? [];
    if (!architectures.some((one) => one === placed.architecture)) {
      return `${wanted} is of the architecture ${architectures.join(' or ')}, and its system is made for ${placed.architecture} (“Replace Server…” makes a new one of it)`;
    }
    if (!hasSerials(type)) return `${wanted} is not of the Nitro system, whose disks can be told apart by their serial`;
    return offered.has(wanted) ? undefined : `${wanted} is not offered in its zone ${placed.zone}`;
  })();
  return reason && `The server, a ${placed.instanceType}, cannot become a ${wanted}: ${reason}.`;
}

function readTypes({ clients }: Context, Filters: Filter[], op: Op): Promise<readonly InstanceTypeInfo[]> {
  return allItems(
    paginateDescribeInstanceTypes({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ InstanceTypes }) => InstanceTypes,
  );
}

async function offeredIn(
  { clients, site }: Context,
  zone: string | undefined,
  more: Filter[],
  op: Op,
): Promise<ReadonlySet<string>> {
  const Filters = [{ Name: 'location', Values: [zone ?? site.region] }, ...more];
  const input = { LocationType: zone ? ('availability-zone' as const) : ('region' as const), Filters };
  const offerings = await allItems(
    paginateDescribeInstanceTypeOfferings({ client: clients.ec2 }, input, { abortSignal: op.signal }),
    ({ InstanceTypeOfferings }) => InstanceTypeOfferings,
  );
  return new Set(offerings.flatMap(({ InstanceType }) => InstanceType ?? []));
}
