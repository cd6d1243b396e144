import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  type AllocateAddressCommandInput,
} from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { hasCode } from '../../aws/errors';
import { isNotSeenYet, madeOnce, retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { addressCharge, ended, idleAddressCharge } from '../../cost/charge';
import { ROLE_TAG, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { addressKind, inOrder, listAddresses, toRelease, type Addressed, type SiteAddress } from './address';
import { findInstance, instanceById, isDead, runningInstance } from '../lookup';
import { tagOf } from '../../tags';
import { FORMER_SERVER } from '../succession';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
/** A changing address comes back within minutes (EC2 documentation, “Amazon EC2 instance IP addressing”). */
const COMING_BACK = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 600 };

/** The steps that give the server the address that the site file asks for and give up what the site does not need; stages in order. */
export function addressStages(context: Context, seen: Addressed): Step[][] {
  const { server, addresses = [] } = seen;
  const stages: Step[][] = [];
  if (context.site.server.address === 'elastic' && server?.address !== 'elastic') {
    const [ready] = inOrder(addresses);
    const gift = ready
      ? `give the server the Elastic IP address ${ready.ip}, which this site has`
      : `allocate an Elastic IP address and give it to the server (it costs what a changing one does, but also while the server is stopped)`;
    const title = server?.publicIp ? `${gift}; its present address ${server.publicIp} is lost` : gift;
    const loses = server?.publicIp ? ({ loses: 'uptime' } as const) : {};
    const isIdle = ready !== undefined && ready.associationId === undefined;
    const charges = [
      addressCharge(),
      ...(isIdle ? [ended(idleAddressCharge(ready.ip))] : ready ? [ended(addressCharge())] : []),
      ...(server?.publicIp ? [ended(addressCharge())] : []),
    ];
    stages.push([{ key: 'address', title, ...loses, charges, run: (op) => ensureAddress(context, op) }]);
  }
  const given = toRelease(context, seen);
  if (given.length > 0) {
    const isSpare = context.site.server.address === 'elastic';
    const ips = given.map(({ ip }) => ip).join(', ');
    const title = isSpare
      ? `release the Elastic IP address ${ips}, which nothing uses`
      : `release the address ${ips} (its IP is lost; the server’s address will change whenever it is stopped and started)`;
    const loses = isSpare ? {} : ({ loses: 'uptime' } as const);
    // The server that loses one gets a changing address, for the same price.
    const idle = given.filter(({ associationId }) => associationId === undefined);
    const held = given.length > idle.length ? [addressCharge(), ended(addressCharge())] : [];
    const charges = [...held, ...idle.map(({ ip }) => ended(idleAddressCharge(ip)))];
    stages.push([{ key: 'releaseAddress', title, ...loses, charges, run: (op) => releaseAddresses(context, op) }]);
  }
  return stages;
}

async function ensureAddress(context: Context, op: Op): Promise<void> {
  const instance = await runningInstance(context, op);
  if (addressKind(instance) === 'elastic') return;
  const { InstanceId } = instance;
  const addresses = await listAddresses(context, op);
  const address =
    addresses.find(({ instanceId }) => instanceId === InstanceId) ??
    inOrder(addresses)[0] ??
    (await allocate(context, op));
  if (address.instanceId !== InstanceId) await associate(context, address, InstanceId, op);
  await waitFor(
    'the server to be shown with its address',
    async () => {
      const shown = await findInstance(context, op);
      return shown?.PublicIpAddress === address.ip && addressKind(shown) === 'elastic' ? true : undefined;
    },
    SETTLE,
    op,
  );
  // One that an earlier run had made is listed only now, where that run was cut short a moment before this one.
  const late = (await listAddresses(context, op)).filter(
    ({ allocationId }) => !addresses.some((known) => known.allocationId === allocationId),
  );
  await giveUp(
    context,
    late.filter(
      ({ allocationId, associationId }) => associationId === undefined && allocationId !== address.allocationId,
    ),
    op,
  );
}

/** What is asked of EC2 for an Elastic IP address of the site. */
export function newAddress(site: Context['site']): AllocateAddressCommandInput {
  return { Domain: 'vpc', TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: tagsFor(site, 'address') }] };
}

/** AllocateAddress knows no client token: it is tried once, and when no answer comes, the list tells whether it made one. */
function allocate(context: Context, op: Op): Promise<SiteAddress> {
  const { clients, site } = context;
  return madeOnce(
    async () => {
      const { AllocationId, PublicIp } = await ec2Once(clients).send(new AllocateAddressCommand(newAddress(site)), {
        abortSignal: op.signal,
      });
      if (!AllocationId || !PublicIp) throw new Error('EC2 answered without the id of the new address.');
      return { allocationId: AllocationId, ip: PublicIp, associationId: undefined, instanceId: undefined };
    },
    async () => (await listAddresses(context, op))[0],
    op,
  );
}

async function associate(context: Context, address: SiteAddress, InstanceId: string, op: Op): Promise<void> {
  if (address.associationId !== undefined) await requireLeft(context, address, op);
  await retry(
    () =>
      context.clients.ec2.send(
        new AssociateAddressCommand({
          AllocationId: address.allocationId,
          InstanceId,
          AllowReassociation: address.associationId !== undefined,
        }),
        { abortSignal: op.signal },
      ),
    // EC2 says the latter of an instance that it takes for pending still.
    (error) => isNotSeenYet(error) || hasCode(error, 'InvalidInstanceID'),
    SETTLE,
    op,
  );
}

/** Throws `UserError` unless the address is with an instance that is gone, as a replaced server’s is for a while, or whose place the server took. */
async function requireLeft(context: Context, { instanceId, ip }: SiteAddress, op: Op): Promise<void> {
  const holder = instanceId === undefined ? undefined : await instanceById(context, instanceId, op);
  if (instanceId !== undefined && (!holder || isDead(holder) || tagOf(holder, ROLE_TAG) === FORMER_SERVER)) return;
  throw new UserError(
    `The Elastic IP address ${ip} of this site is in use elsewhere (${instanceId ?? 'by a network interface'}). Disassociate it there first (EC2 console, Elastic IPs); Sitelift does not take it away.`,
  );
}

async function releaseAddresses(context: Context, op: Op): Promise<void> {
  const [instance, addresses] = await Promise.all([findInstance(context, op), listAddresses(context, op)]);
  const server = instance?.InstanceId
    ? { instanceId: instance.InstanceId, publicIp: instance.PublicIpAddress, address: addressKind(instance) }
    : undefined;
  const given = toRelease(context, { server, addresses });
  await giveUp(context, given, op);
  // An earlier run may have taken the address away already.
  const isWithout =
    server?.publicIp === undefined ||
    given.some(({ instanceId }) => instanceId !== undefined && instanceId === server.instanceId);
  if (given.length === 0 || !isWithout || instance?.State?.Name !== 'running') return;
  await waitFor(
    'AWS to give the server a changing address again (it gets one at the latest when it is stopped and started)',
    async () => {
      const shown = await findInstance(context, op);
      return shown && (shown.State?.Name !== 'running' || addressKind(shown) === 'changing') ? true : undefined;
    },
    COMING_BACK,
    op,
  );
}

/** Takes addresses from what they are associated with, and releases them. */
export async function giveUp({ clients: { ec2 } }: Context, given: readonly SiteAddress[], op: Op): Promise<void> {
  const options = { abortSignal: op.signal };
  for (const { allocationId: AllocationId, associationId: AssociationId } of given) {
    if (AssociationId !== undefined) {
      await unlessMissing(
        () => ec2.send(new DisassociateAddressCommand({ AssociationId }), options),
        'InvalidAssociationID.NotFound',
      );
    }
    await retry(
      () =>
        unlessMissing(
          () => ec2.send(new ReleaseAddressCommand({ AllocationId }), options),
          'InvalidAllocationID.NotFound',
        ),
      (error) => hasCode(error, 'InvalidIPAddress.InUse'),
      SETTLE,
      op,
    );
  }
}
