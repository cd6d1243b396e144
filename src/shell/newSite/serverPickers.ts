import { instanceCharge } from '../../core/cost/charge';
import { chargeText } from '../../core/cost/costText';
import { isBurstable, type OfferedType } from '../../core/resources/server/instanceTypes';
import type { SubnetSeen, Unfitness } from '../../core/resources/network/subnets';
import { withOp } from '../operation';
import { pricesOf } from '../prices';
import { askPick, type Position } from '../steps';
import { contextFor, withWants, type Answers, type Desk } from './answers';

/** Asks for one setting of a new site; gives the answers with it, `'back'`, or undefined when it was dismissed. */
export type Picker = (desk: Desk, answers: Answers, position: Position) => Promise<Answers | 'back' | undefined>;

/** Types whose prices are looked up: those that small sites use. Each is a request. */
const PRICED_MIB = 8 * 1024;

/** Asks which instance type the server has, by what it costs and what it is made for. */
export const pickType: Picker = async (desk, answers, position) => {
  const context = await contextFor(desk, answers);
  const { app, aws } = desk;
  const [types, prices] = await withOp(app.log, 'Reading which instance types AWS offers', async (op) => {
    const any = { zone: undefined, architecture: undefined };
    const offered = [...(await aws.offeredTypes(context, any, op))].sort((one, other) => rankOf(one) - rankOf(other));
    const charges = offered.filter((type) => rankOf(type) === 0).map(({ name }) => instanceCharge(name));
    op.report('Looking up prices');
    return [offered, await pricesOf(app, context.clients, context.site.region, charges, op)] as const;
  });
  const items = types.map((type) => ({
    ...{ label: type.name, description: `${sizeOf(type)}, ${type.architecture}`, name: type.name },
    ...(rankOf(type) === 0 ? { detail: chargeText(instanceCharge(type.name), prices) } : {}),
  }));
  const active = items.find(({ name }) => name === context.site.server.instanceType);
  const picked = await askPick(
    position,
    'Instance type of the server, with its price while it runs; arm64 gets an image of its own',
    items,
    active,
  );
  return picked === 'back' || !picked ? picked : withWants(answers, 'server', { instanceType: picked.name });
};

const SYSTEMS = [
  { label: 'Amazon Linux 2023', description: 'made by AWS', image: 'amazon-linux-2023' },
  { label: 'Ubuntu 24.04', description: 'made by Canonical', image: 'ubuntu-24.04' },
] as const;

/** Asks which operating system the server has. */
export const pickSystem: Picker = async (desk, answers, position) => {
  const { image } = desk.siteOf(answers).server;
  const active = SYSTEMS.find((one) => one.image === image);
  const picked = await askPick(position, 'Operating system; the newest image of it is taken', SYSTEMS, active);
  return picked === 'back' || !picked ? picked : withWants(answers, 'server', { image: picked.image });
};

/** Asks in which subnet the server is to be, with what makes others unfit. */
export const pickSubnet: Picker = async (desk, answers, position) => {
  const context = await contextFor(desk, answers);
  const { app, aws } = desk;
  const subnets = await withOp(app.log, 'Reading the subnets of the region', (op) =>
    aws.listSubnets(context, undefined, op),
  );
  const picked = await askSubnet(position, subnets, context.site.server.subnet, aws.unfitness);
  if (picked === 'back' || !picked) return picked;
  // A group belongs to one network.
  return withWants(answers, 'server', { subnet: picked.subnetId, securityGroup: undefined });
};

/** Asks for one of some subnets, or none for the default network; one in which no server could work is not taken. */
export async function askSubnet(
  position: Position,
  subnets: readonly SubnetSeen[],
  present: string | undefined,
  unfitness: (subnet: SubnetSeen) => Unfitness | undefined,
): Promise<{ readonly subnetId: string | undefined } | 'back' | undefined> {
  const items = [
    {
      ...{ label: 'Default network', description: subnets.some(({ vpc }) => vpc.isDefault) ? '' : 'there is none' },
      ...{ detail: 'The default VPC, in the first zone that has the instance type.', subnet: undefined },
    },
    ...subnets.map((subnet) => ({
      label: subnet.name === '' ? subnet.subnetId : `${subnet.name} (${subnet.subnetId})`,
      description: `${subnet.zone}, ${subnet.vpc.name === '' ? subnet.vpc.id : subnet.vpc.name}${subnet.vpc.isDefault ? ', default VPC' : ''}`,
      detail: detailOf(subnet, unfitness(subnet)),
      subnet,
    })),
  ];
  const active = items.find(({ subnet }) => subnet?.subnetId === present);
  let question = 'Subnet of the server; the volume is made in its zone';
  for (;;) {
    const picked = await askPick(position, question, items, active);
    if (picked === 'back' || !picked) return picked;
    const unfit = picked.subnet && unfitness(picked.subnet);
    if (!unfit?.isFinal) return { subnetId: picked.subnet?.subnetId };
    question = `${picked.label} does not do: ${unfit.reason}. Choose another one`;
  }
}

function detailOf({ freeAddresses }: SubnetSeen, unfit: Unfitness | undefined): string {
  if (unfit) return `${unfit.isFinal ? 'Does not do' : 'Beware'}: ${unfit.reason}`;
  return `Public, ${freeAddresses} free ${freeAddresses === 1 ? 'address' : 'addresses'}`;
}

/** Burstable types with little memory come first. */
function rankOf({ memoryMib, name }: OfferedType): number {
  return isBurstable(name) && memoryMib <= PRICED_MIB ? 0 : 1;
}

function sizeOf({ memoryMib, vcpus }: OfferedType): string {
  return `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}, ${Number((memoryMib / 1024).toFixed(1))} GiB memory`;
}
