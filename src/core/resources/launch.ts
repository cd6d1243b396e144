import {
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { hasCode } from '../aws/errors';
import { allItems } from '../aws/pages';
import { appearance, retry, waitFor } from '../aws/wait';
import type { Context } from '../context';
import { clientToken, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import { architectureOf, isBurstable, wantedType } from './instanceTypes';
import { findInstance, findVolume, instanceById, isDead } from './lookup';
import { places, type Place } from './network';
import { profileName } from './role';
import { ensureSecurityGroup } from './securityGroup';

/** Public parameters that name the newest image (AWS documentation, “Reference the latest AMIs using Systems Manager public parameters”). */
const IMAGE_PARAMETERS = {
  'amazon-linux-2023': {
    x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  },
  'ubuntu-24.04': {
    x86_64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
    arm64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
  },
} as const;
const BOOT = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };
const PROFILE_SPREAD = { firstSeconds: 1, slowestSeconds: 8, limitSeconds: 180 };
const MAX_GENERATIONS = 50;
/** A zone without a machine or an address to spare, told at once or only by the instance that died of it. */
const FULL = [
  ...['InsufficientInstanceCapacity', 'Server.InsufficientInstanceCapacity', 'Unsupported'],
  'InsufficientFreeAddressesInSubnet',
];

/** How a launch or a start ended. */
type Fate =
  { readonly kind: 'running' } | { readonly kind: 'died'; readonly code: string; readonly reason: string | undefined };

/** Launches the server where the volume is, else in the first zone that has room, and waits until it runs; at most one new instance lives. */
export async function launch(context: Context, op: Op): Promise<void> {
  const there = await findInstance(context, op);
  if (there?.InstanceId) {
    requireAlive(there.InstanceId, await fateOf(context, there.InstanceId, op));
    return;
  }
  const [imageId, groupId, candidates] = await Promise.all([
    newestImage(context, op),
    context.site.server.securityGroup ?? ensureSecurityGroup(context, op),
    candidatePlaces(context, op),
  ]);
  for (const [index, place] of candidates.entries()) {
    const isLast = index === candidates.length - 1;
    try {
      const instanceId = await launchIn(context, place, imageId, groupId, op);
      const fate = await fateOf(context, instanceId, op);
      if (fate.kind === 'died' && FULL.includes(fate.code) && !isLast) continue;
      requireAlive(instanceId, fate);
      return;
    } catch (error) {
      if (!hasCode(error, ...FULL) || isLast) throw error;
    }
  }
}

/** Starts the stopped server and waits until it runs. */
export async function start(context: Context, op: Op): Promise<void> {
  const instance = await waitFor(
    'the server to stop',
    async () => {
      const found = await findInstance(context, op);
      if (!found?.InstanceId) throw new UserError('This site has no server any more. Run “Provision Server…” again.');
      return found.State?.Name === 'stopping' ? undefined : { ...found, InstanceId: found.InstanceId };
    },
    BOOT,
    op,
  );
  if (instance.State?.Name === 'stopped') {
    await context.clients.ec2.send(new StartInstancesCommand({ InstanceIds: [instance.InstanceId] }), {
      abortSignal: op.signal,
    });
  }
  requireAlive(instance.InstanceId, await fateOf(context, instance.InstanceId, op));
}

/** Zones and subnets that the server may go to, the volume’s alone once there is one. */
export async function candidatePlaces(context: Context, op: Op): Promise<Place[]> {
  const { instanceType, subnet } = context.site.server;
  const [all, volume] = await Promise.all([places(context, op), findVolume(context, op)]);
  const zone = volume?.AvailabilityZone;
  if (!zone) return all;
  const candidates = all.filter((place) => place.zone === zone);
  if (candidates.length > 0) return candidates;
  throw new UserError(
    subnet
      ? `The volume lies in ${zone}, but the subnet ${subnet} (“server.subnet” in sitelift.json) lies in ${all[0]?.zone}. Name a subnet of ${zone}; a volume cannot be moved to another zone.`
      : `The volume lies in ${zone}, where there is no default subnet or no ${instanceType}. Choose another “server.instanceType” in sitelift.json, or create the default subnet of ${zone}.`,
  );
}

/** Asks for one instance in one place; gives the id of the new instance, or of the one that an earlier request with the same token made. */
async function launchIn(context: Context, place: Place, imageId: string, groupId: string, op: Op): Promise<string> {
  const { site, clients } = context;
  for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
    const token = clientToken(site, `server/${place.zone}`, generation);
    try {
      const { Instances } = await retry(
        () =>
          clients.ec2.send(new RunInstancesCommand(launchRequest(context, place, imageId, groupId, token)), {
            abortSignal: op.signal,
          }),
        isProfileSpreading,
        PROFILE_SPREAD,
        op,
      );
      const instanceId = Instances?.[0]?.InstanceId;
      if (!instanceId) throw new Error('EC2 answered without the id of the new instance.');
      return instanceId;
    } catch (error) {
      if (hasCode(error, 'IdempotentParameterMismatch')) {
        // The token was used with an older image or other wants; what it made may not be in the list by tag yet.
        const made = await madeWithToken(context, token, op);
        if (made) return made;
      } else if (!hasCode(error, 'IdempotentInstanceTerminated')) {
        throw error;
      }
    }
  }
  throw new Error(`No client token of ${MAX_GENERATIONS} was free for a new server.`);
}

/** The request for the server in one place. */
export function launchRequest({ site }: Context, place: Place, imageId: string, groupId: string, token: string) {
  const { image, instanceProfile, instanceType, keyName } = site.server;
  return {
    ImageId: imageId,
    InstanceType: instanceType as NonNullable<Instance['InstanceType']>,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: token,
    IamInstanceProfile: { Name: instanceProfile ?? profileName(site) },
    MetadataOptions: { HttpTokens: 'required' as const, HttpEndpoint: 'enabled' as const, HttpPutResponseHopLimit: 1 },
    // T3 and its kin start in unlimited mode, in which a flood of requests is billed (EC2 documentation, “Unlimited mode concepts”).
    ...(isBurstable(instanceType) ? { CreditSpecification: { CpuCredits: 'standard' } } : {}),
    NetworkInterfaces: [
      { DeviceIndex: 0, SubnetId: place.subnetId, Groups: [groupId], AssociatePublicIpAddress: true },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: image === 'ubuntu-24.04' ? '/dev/sda1' : '/dev/xvda',
        Ebs: { VolumeType: 'gp3' as const, Encrypted: true, DeleteOnTermination: true },
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags: tagsFor(site, 'server') },
      { ResourceType: 'volume' as const, Tags: tagsFor(site, 'server-root') },
    ],
    ...(keyName ? { KeyName: keyName } : {}),
  };
}

/** A profile that was just made is unknown to EC2 for seconds to minutes (terraform-provider-aws issue 15341). */
function isProfileSpreading(error: unknown): boolean {
  return (
    hasCode(error, 'InvalidParameterValue') &&
    /Invalid IAM Instance Profile|has no associated IAM Roles/i.test((error as Error).message)
  );
}

/** The living instance that a client token made, if any; EC2 shows a new one after seconds and a terminated one for about an hour. */
async function madeWithToken({ clients }: Context, token: string, op: Op): Promise<string | undefined> {
  const made = await appearance(async () => {
    const Filters = [{ Name: 'client-token', Values: [token] }];
    const [reservation] = await allItems(
      paginateDescribeInstances({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
      ({ Reservations }) => Reservations,
    );
    return reservation?.Instances?.[0];
  }, op);
  return made && !isDead(made) ? made.InstanceId : undefined;
}

/** Follows an instance by its id until it runs or dies, and then until the search by tag, which later steps use, shows it running. */
async function fateOf(context: Context, instanceId: string, op: Op): Promise<Fate> {
  let wasPending = false;
  const fate = await waitFor<Fate>(
    'the server to run',
    async () => {
      const instance = await instanceById(context, instanceId, op);
      const state = instance?.State?.Name;
      wasPending ||= state === 'pending';
      if (state === 'running') return { kind: 'running' };
      // A list that is behind still shows a server stopped that was just started; one that was pending has failed to start.
      if (!instance || !(isDead(instance) || (wasPending && state === 'stopped'))) return undefined;
      return { kind: 'died', ...causeOf(instance) };
    },
    BOOT,
    op,
  );
  if (fate.kind === 'died') return fate;
  await waitFor(
    'the server to be listed',
    async () => {
      const listed = await findInstance(context, op);
      return listed?.InstanceId === instanceId && listed.State?.Name === 'running' ? listed : undefined;
    },
    BOOT,
    op,
  );
  return fate;
}

/** Why an instance died. The message begins with the code that counts; the code beside it may say just `Server.InternalError`. */
function causeOf({ StateReason, StateTransitionReason }: Instance): { code: string; reason: string | undefined } {
  const reason = StateReason?.Message ?? (StateTransitionReason || undefined);
  return { code: /^(?:Client|Server)\.\w+/.exec(reason ?? '')?.[0] ?? StateReason?.Code ?? '', reason };
}

function requireAlive(instanceId: string, fate: Fate): void {
  if (fate.kind === 'running') return;
  const reason = fate.reason ?? 'AWS gives no reason';
  throw new UserError(
    `AWS ended the server ${instanceId} while it was starting: ${reason}. ${adviceFor(fate.code)} Then run the command again, which tries once more.`,
  );
}

/** What helps against the commonest reasons (EC2 documentation, “Troubleshoot instance launch issues: Instance terminates immediately”). */
function adviceFor(code: string): string {
  if (code === 'Client.VolumeLimitExceeded') {
    return 'Delete volumes that nothing needs, or ask for a higher quota in the console under Service Quotas.';
  }
  if (code === 'Server.InsufficientInstanceCapacity') {
    return 'Wait a while, or choose another “server.instanceType” in sitelift.json.';
  }
  if (code === 'Client.InternalError' || code.includes('KMS')) {
    return 'Most often the key that encrypts new disks (EC2 console, Settings, EBS encryption) is disabled, gone, or not yours to use: choose another one there or ask for the right to use it.';
  }
  return 'Remove the cause if it is yours to remove.';
}

/** The newest image of the wanted system, made for the architecture of the wanted type. */
export async function newestImage(context: Context, op: Op): Promise<string> {
  const { clients, site } = context;
  const type = await wantedType(context, op);
  const Name = IMAGE_PARAMETERS[site.server.image][(type && architectureOf(type)) ?? 'x86_64'];
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name }), { abortSignal: op.signal });
  if (!Parameter?.Value) throw new Error(`AWS names no image for ${site.server.image} in ${site.region}.`);
  return Parameter.Value;
}
