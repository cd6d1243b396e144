import {
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  type Instance,
  type Tag,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { appearance, retry, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { clientToken, REPLACES_TAG, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import { launchRequest, newestImage } from './launchRequest';
import { findInstance, findServers, findVolume, instanceById, isDead } from '../lookup';
import { places, subnets, type Place } from '../network/network';
import { ensureSecurityGroup, otherGroups } from '../network/securityGroup';

const BOOT = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };
const PROFILE_SPREAD = { firstSeconds: 1, slowestSeconds: 8, limitSeconds: 180 };
const MAX_GENERATIONS = 50;
/** A zone without a machine or an address to spare, told at once or only by the instance that died of it. */
const FULL = [
  ...['InsufficientInstanceCapacity', 'Server.InsufficientInstanceCapacity', 'Unsupported'],
  'InsufficientFreeAddressesInSubnet',
];

/** An instance that is to be launched: what it is, what its client tokens derive from, and how it is found by its tags. */
interface NewServer {
  readonly tags: readonly Tag[];
  readonly tokens: string;
  /** Instances that a client token may answer with, and that it is not. */
  readonly others: readonly (string | undefined)[];
  /** The security groups that it gets besides the site’s. */
  readonly groups?: readonly string[];
  find(op: Op): Promise<Instance | undefined>;
}

/** How a launch or a start ended. */
type Fate =
  { readonly kind: 'running' } | { readonly kind: 'died'; readonly code: string; readonly reason: string | undefined };

/** Launches the server where the volume is, else in the first zone that has room, and waits until it runs; at most one new instance lives. */
export async function launch(context: Context, op: Op): Promise<void> {
  const { formers, instance } = await findServers(context, op);
  const find = (findOp: Op) => findInstance(context, findOp);
  if (instance?.InstanceId) {
    requireAlive(instance.InstanceId, await fateOf(context, instance.InstanceId, find, op));
    return;
  }
  const others = formers.map(({ InstanceId }) => InstanceId);
  await launchNew(context, { tags: tagsFor(context.site, 'server'), tokens: 'server', others, find }, op);
}

/** Launches the server that is to take the place of another one, which goes on serving, and waits until it runs; at most one lives. */
export async function launchSuccessor(context: Context, replacedId: string, op: Op): Promise<void> {
  const find = async (findOp: Op) => (await findServers(context, findOp)).successors[0];
  const { instance, successors } = await findServers(context, op);
  if (instance?.InstanceId !== replacedId) return;
  const there = successors[0]?.InstanceId;
  if (there !== undefined) {
    requireAlive(there, await fateOf(context, there, find, op));
    return;
  }
  const tags = [...tagsFor(context.site, 'server'), { Key: REPLACES_TAG, Value: replacedId }];
  const groups = await groupsFor(context, instance, op);
  await launchNew(context, { tags, tokens: `server after ${replacedId}`, others: [], groups, find }, op);
}

/** The groups of others that a server is in, which are of its network alone. */
async function groupsFor(context: Context, replacedOne: Instance, op: Op): Promise<readonly string[]> {
  const groups = otherGroups(context, replacedOne);
  if (groups.length === 0) return [];
  const { vpcId } = await subnets(context, op);
  return vpcId === replacedOne.VpcId ? groups : [];
}

async function launchNew(context: Context, wanted: NewServer, op: Op): Promise<void> {
  const [imageId, groupId, candidates] = await Promise.all([
    newestImage(context, op),
    context.site.server.securityGroup ?? ensureSecurityGroup(context, op),
    candidatePlaces(context, op),
  ]);
  for (const [index, place] of candidates.entries()) {
    const isLast = index === candidates.length - 1;
    try {
      const instanceId = await launchIn(context, place, imageId, [groupId, ...(wanted.groups ?? [])], wanted, op);
      const fate = await fateOf(context, instanceId, wanted.find, op);
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
  const find = (findOp: Op) => findInstance(context, findOp);
  requireAlive(instance.InstanceId, await fateOf(context, instance.InstanceId, find, op));
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
async function launchIn(
  context: Context,
  place: Place,
  imageId: string,
  groupIds: readonly string[],
  { others, tags, tokens }: NewServer,
  op: Op,
): Promise<string> {
  const { site, clients } = context;
  for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
    const token = clientToken(site, `${tokens}/${place.zone}`, generation);
    try {
      const { Instances } = await retry(
        () =>
          clients.ec2.send(new RunInstancesCommand(launchRequest(context, place, imageId, groupIds, { tags, token })), {
            abortSignal: op.signal,
          }),
        isProfileSpreading,
        PROFILE_SPREAD,
        op,
      );
      const instanceId = Instances?.[0]?.InstanceId;
      if (!instanceId) throw new Error('EC2 answered without the id of the new instance.');
      if (!others.includes(instanceId)) return instanceId;
    } catch (error) {
      if (hasCode(error, 'IdempotentParameterMismatch')) {
        // The token was used with an older image or other wants; what it made may not be in the list by tag yet.
        const made = await madeWithToken(context, token, op);
        if (made && !others.includes(made)) return made;
      } else if (!hasCode(error, 'IdempotentInstanceTerminated')) {
        throw error;
      }
    }
  }
  throw new Error(`No client token of ${MAX_GENERATIONS} was free for a new server.`);
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
async function fateOf(context: Context, instanceId: string, find: NewServer['find'], op: Op): Promise<Fate> {
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
      const listed = await find(op);
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
