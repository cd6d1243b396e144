import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  ModifyVolumeCommand,
  StartInstancesCommand,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../aws/errors';
import type { Context } from '../context';
import { isUserError, type Op } from '../op';
import { subnets } from '../resources/network/network';
import { findSecurityGroup, newGroup } from '../resources/network/securityGroup';
import { known } from '../resources/resource';
import { inOrder } from '../resources/server/address';
import { newAddress } from '../resources/server/addressPlan';
import type { SiteHave } from '../resources/stack';
import { denial, lookAt, type PreflightFinding } from './finding';

/** A change that a plan will ask EC2 for, and the same request as a dry run. */
export interface DryRun {
  /** The permission that it tells of, e.g. `ec2:AttachVolume`. */
  readonly action: string;
  ask(op: Op): Promise<unknown>;
}

/** What EC2 says of a dry run that would have been done (Amazon EC2 API, “RunInstances”), and of one whose outcome is there already. */
const ALLOWED = ['DryRunOperation', 'InvalidPermission.Duplicate'];

/** The dry runs for what the steps of a plan ask of EC2, where all that they name is there already; launching and making the volume have looks of their own. */
export function dryRunsFor(context: Context, site: SiteHave, steps: ReadonlySet<string>): readonly DryRun[] {
  const { clients, site: wants } = context;
  const { ec2 } = clients;
  const [server, volume] = [known(site.server), known(site.volume)];
  const addresses = site.server.kind === 'absent' ? (site.server.addresses ?? []) : server?.addresses;
  const instanceId = server?.instanceId;
  const dry = { DryRun: true } as const;
  const all: (DryRun & { readonly step: string; readonly isPossible: boolean })[] = [
    {
      ...{ step: 'securityGroup', action: 'ec2:CreateSecurityGroup', isPossible: server === undefined },
      async ask(op) {
        const { vpcId } = await subnets(context, op);
        // An earlier run may have made it.
        if (await findSecurityGroup(context, vpcId, op)) return;
        await ec2.send(new CreateSecurityGroupCommand({ ...newGroup(wants, vpcId), ...dry }), signalOf(op));
      },
    },
    {
      ...{ step: 'securityGroup', action: 'ec2:AuthorizeSecurityGroupIngress' },
      isPossible: server?.reach?.[wants.server.openTo === 'everyone' ? 'everyone' : 'cloudFront'] === false,
      async ask(op) {
        const GroupId = (await findSecurityGroup(context, undefined, op))?.GroupId;
        if (GroupId === undefined) return;
        // The permission is the same whoever is let in.
        const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
        const command = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions, ...dry });
        await ec2.send(command, signalOf(op));
      },
    },
    {
      ...{ step: 'attachment', action: 'ec2:AttachVolume' },
      isPossible: server?.state === 'running' && volume?.state === 'available',
      ask: (op) => {
        const attached = { VolumeId: volume?.volumeId, InstanceId: instanceId, Device: wants.volume.device };
        return ec2.send(new AttachVolumeCommand({ ...attached, ...dry }), signalOf(op));
      },
    },
    {
      ...{ step: 'growVolume', action: 'ec2:ModifyVolume', isPossible: volume !== undefined },
      ask: (op) => {
        const grown = { VolumeId: volume?.volumeId, Size: wants.volume.sizeGib };
        return ec2.send(new ModifyVolumeCommand({ ...grown, ...dry }), signalOf(op));
      },
    },
    {
      ...{ step: 'startInstance', action: 'ec2:StartInstances', isPossible: instanceId !== undefined },
      ask: (op) =>
        ec2.send(new StartInstancesCommand({ InstanceIds: instanceId ? [instanceId] : [], ...dry }), signalOf(op)),
    },
    {
      ...{ step: 'address', action: 'ec2:AllocateAddress', isPossible: addresses?.length === 0 },
      ask: (op) => ec2.send(new AllocateAddressCommand({ ...newAddress(wants), ...dry }), signalOf(op)),
    },
    {
      ...{ step: 'address', action: 'ec2:AssociateAddress' },
      isPossible: server?.state === 'running' && (addresses?.length ?? 0) > 0,
      ask: (op) => {
        const AllocationId = inOrder(addresses ?? [])[0]?.allocationId;
        return ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: instanceId, ...dry }), signalOf(op));
      },
    },
  ];
  return all.filter(({ isPossible, step }) => isPossible && steps.has(step));
}

/** Asks EC2 whether these credentials may make the change. */
export function lookAtDryRun({ ask }: DryRun, op: Op): Promise<readonly PreflightFinding[]> {
  return lookAt(
    'permissions',
    async () => {
      try {
        await ask(op);
      } catch (error) {
        op.signal.throwIfAborted();
        // That there is no network is told by whoever looks for one.
        return isUserError(error) || hasCode(error, ...ALLOWED) ? [] : [denial(error)];
      }
      return [];
    },
    op,
  );
}

function signalOf({ signal }: Op) {
  return { abortSignal: signal };
}
