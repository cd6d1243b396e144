import { isDeepStrictEqual } from 'node:util';
import type { Instance, InstanceStateName } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Plan, Step } from '../../plan';
import type { Inspection } from '../../remote/inspect';
import { isOnline } from '../../remote/ssm';
import { addressKind, leftAddresses, listAddresses, type AddressKind, type SiteAddress } from './address';
import { addressStages } from './addressPlan';
import { isAdopted } from '../adopt/adopted';
import { isAsWanted, type Reach } from '../network/httpRules';
import type { Drift } from '../driftText';
import { closingSteps, groupSteps } from '../network/groupSteps';
import { instanceStages, readCredits } from './instanceSteps';
import { readTypeRefusal } from './instanceTypes';
import { findInstance, findServers, type Servers } from '../lookup';
import { othersBeside } from './othersBeside';
import { otherServers, type OtherServer } from './otherServers';
import { known, readDetail, type Detail, type Resource, type Seen } from '../resource';
import { absentHere } from '../otherRegion';
import { describeRole, policiesOfOthers, type RoleState } from './role';
import { lookInside, OFF, webServerSteps } from './serverInside';
import { describeReach, otherGroups } from '../network/securityGroup';
import { groupDrift, serverDrift } from './serverDrift';
import { rights } from './serverRights';

/** The server as AWS shows it. */
export interface ServerHave {
  readonly instanceId: string;
  readonly state: InstanceStateName;
  readonly instanceType: string;
  readonly zone: string;
  readonly publicIp: string | undefined;
  /** When it was last started, as milliseconds since 1970: another one means another boot. */
  readonly startedMs: number | undefined;
  /** Public DNS name, or the address where the VPC gives no names. */
  readonly host: string | undefined;
  /** It was there before the site, and stays when that goes. */
  readonly isAdopted?: boolean;
  /** The SSM agent answers. */
  readonly online: boolean;
  /** Undefined when IAM could not be read and no agent answers that would show that the role works. */
  readonly role: RoleState | undefined;
  /** Of which kind its public address is; undefined without one. */
  readonly address: AddressKind | undefined;
  /** The Elastic IP addresses with the site's tag; undefined when they could not be read. */
  readonly addresses: readonly SiteAddress[] | undefined;
  /** Port 80 is open to whom the site file says in the site's own security group, or that file names a group of the user's; undefined when it could not be read. */
  readonly portOpen: boolean | undefined;
  /** Who reaches port 80 through the site's own group; undefined when it could not be read or is the user's. */
  readonly reach: Reach | undefined;
  /** It would start with credits that are billed when they are used up. */
  readonly hasUnlimitedCredits?: boolean;
  /** Why it cannot get the instance type that the site file asks for; undefined when it can, or has it. */
  readonly typeRefusal?: string;
  /** Names of the security groups that it is in, and of its instance profile, by which a cheap reading sees that somebody changed them. */
  readonly rights?: string;
  /** What a deep reading found that is not as the site file asks. */
  readonly drift: readonly Drift[];
  /** How its security groups differ from the one that the site file asks for. */
  readonly groups?: Drift;
  /** The ids of the security groups that it is in besides the one that the site gives it; left out where it is in none. */
  readonly otherGroups?: readonly string[];
  /** What a look inside found; undefined while the agent does not answer, and when the look failed. */
  readonly inspection: Inspection | undefined;
  /** Why there is no inspection although the server runs: SSM could not be asked, or the look inside failed. */
  readonly inspectionProblem?: string;
  /** Instances beside it: those that are to take its place, and those whose place it took. */
  readonly others?: readonly OtherServer[];
  /** What else could not be read, each with its reason. */
  readonly problems: readonly string[];
}

/** What the server's plan depends on: it is launched where the volume is. */
export interface ServerNeeds {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<{ readonly zone: string; readonly state: string }>;
}

/** The EC2 instance that serves the pages. */
export const server: Resource<ServerHave, ServerNeeds> = {
  async describe(context, op): Promise<Seen<ServerHave>> {
    const servers = await findServers(context, op);
    const { instance } = servers;
    if (!instance?.InstanceId) {
      const [absent, addresses] = await Promise.all([absentHere(context, op), leftAddresses(context, op)]);
      return absent.kind === 'absent'
        ? { ...absent, ...(addresses.length > 0 ? { addresses } : {}), ...othersOf(servers) }
        : absent;
    }
    const running = instance.State?.Name === 'running';
    const [agent, role, policies, reach, addresses, refusal, credits] = await Promise.all([
      running ? lookInside(context, instance.InstanceId, op) : OFF,
      readRole(context, op),
      readPolicies(context, op),
      readReach(context, instance.VpcId, op),
      readDetail('the site’s Elastic IP addresses', () => listAddresses(context, op), op),
      readTypeRefusal(context, instance, op),
      readCredits(context, instance, op),
    ]);
    const problems = [
      ...(agent.online ? [] : [role.problem, policies.problem]),
      reach.problem,
      addresses.problem,
      credits?.problem,
    ];
    const { system, ...inside } = agent;
    const outside = outsideOf(instance, instance.InstanceId);
    const [groups] = groupDrift(context, instance);
    const others = otherGroups(context, instance);
    const have = {
      ...outside,
      ...othersOf(servers),
      ...inside,
      // An agent that answers has a role that lets it.
      role: role.value ?? (agent.online ? 'ready' : undefined),
      addresses: addresses.value,
      portOpen: context.site.server.securityGroup ? true : reach.value && isAsWanted(context, reach.value),
      reach: reach.value,
      ...(refusal === undefined ? {} : { typeRefusal: refusal }),
      ...(credits?.value ? { hasUnlimitedCredits: true } : {}),
      ...(others.length > 0 ? { otherGroups: others } : {}),
      problems: problems.filter((problem) => problem !== undefined),
    };
    const drift = serverDrift(context, instance, {
      ...{ system, role: role.value, policies: policies.value, reach: reach.value, typeRefusal: refusal },
      ...{ addresses: addresses.value, server: outside },
    });
    return { kind: 'known', have: { ...have, rights: rightsOf(instance), drift, ...(groups ? { groups } : {}) } };
  },

  async glance(context, before, op) {
    if (before.kind === 'unknown') return undefined;
    const servers = await findServers(context, op);
    const { instance } = servers;
    const { others } = othersOf(servers);
    // Another one takes its place, or took it.
    if (!isDeepStrictEqual(othersBeside(before), others)) return undefined;
    if (!instance?.InstanceId) return before.kind === 'absent' && before.otherRegion === undefined ? before : undefined;
    if (before.kind === 'absent') return undefined;
    const outside = { ...outsideOf(instance, instance.InstanceId), ...(others ? { others } : {}) };
    const { inspection, inspectionProblem, ...rest } = before.have;
    // Somebody changed its type, its groups or its profile, gave it an address that stays, or took that away.
    if (rest.instanceType !== outside.instanceType) return undefined;
    if (rest.rights !== undefined && rest.rights !== rightsOf(instance)) return undefined;
    if ((rest.address === 'elastic') !== (outside.address === 'elastic')) return undefined;
    const have = { ...rest, ...outside, inspection: undefined };
    if (outside.state !== 'running') return { kind: 'known', have: { ...have, online: false } };
    const isSameBoot = rest.instanceId === outside.instanceId && rest.startedMs === outside.startedMs;
    const online = await readDetail(
      'whether the server’s agent answers',
      () => isOnline(context, outside.instanceId, op),
      op,
    );
    if (online.problem !== undefined && isSameBoot) {
      return { kind: 'known', have: { ...before.have, ...outside }, old: online.problem };
    }
    // Another machine, another boot, or an agent that now answers: what is inside may be something else.
    if (online.problem !== undefined || (online.value && !(isSameBoot && rest.online))) return undefined;
    if (!online.value) return { kind: 'known', have: { ...have, online: false } };
    const looked = { inspection, ...(inspectionProblem === undefined ? {} : { inspectionProblem }) };
    return { kind: 'known', have: { ...have, ...looked, online: true } };
  },

  plan(context, site): Plan {
    if (site.server.kind === 'unknown') return [];
    const [have, volume] = [known(site.server), known(site.volume)];
    const addresses = site.server.kind === 'absent' ? (site.server.addresses ?? []) : have?.addresses;
    const stages: Step[][] = [
      rights(context, have),
      have ? groupSteps(context, have.groups) : [],
      context.site.server.securityGroup ? [] : closingSteps(context, have?.reach),
      ...instanceStages(context, volume?.state === 'error' ? undefined : volume?.zone, have),
      ...addressStages(context, { server: have, addresses }),
    ];
    stages.push(webServerSteps(context, have?.inspection));
    return stages.filter((stage) => stage.length > 0);
  },
};

/** The server as far as a publication depends on it: without its role and its security group, of which each costs calls. */
export async function describeInside(context: Context, op: Op): Promise<Seen<ServerHave>> {
  const instance = await findInstance(context, op);
  if (!instance?.InstanceId) return { kind: 'absent' };
  const running = instance.State?.Name === 'running';
  const { inspection, inspectionProblem, online } = running ? await lookInside(context, instance.InstanceId, op) : OFF;
  const agent = { online, inspection, ...(inspectionProblem === undefined ? {} : { inspectionProblem }) };
  const outside = outsideOf(instance, instance.InstanceId);
  const unread = { role: undefined, addresses: undefined, portOpen: undefined, reach: undefined };
  return { kind: 'known', have: { ...outside, ...agent, ...unread, drift: [], problems: [] } };
}

/** What EC2 alone tells of an instance. */
export function outsideOf(instance: Instance, instanceId: string) {
  return {
    instanceId,
    state: instance.State?.Name ?? 'pending',
    instanceType: instance.InstanceType ?? '',
    zone: instance.Placement?.AvailabilityZone ?? '',
    publicIp: instance.PublicIpAddress,
    startedMs: instance.LaunchTime?.getTime(),
    host: instance.PublicDnsName || instance.PublicIpAddress,
    address: addressKind(instance),
    ...(isAdopted(instance.Tags) ? { isAdopted: true } : {}),
  };
}

/** What decides about who reaches the server, and what it may do. */
function rightsOf({ IamInstanceProfile, SecurityGroups = [] }: Instance): string {
  return JSON.stringify([IamInstanceProfile?.Arn ?? '', SecurityGroups.map(({ GroupId }) => GroupId).sort()]);
}

function othersOf(servers: Servers): Pick<ServerHave, 'others'> {
  const others = otherServers(servers);
  return others.length > 0 ? { others } : {};
}

async function readRole(context: Context, op: Op): Promise<Detail<RoleState>> {
  if (context.site.server.instanceProfile) return { value: 'ready' };
  return readDetail('the server’s role', () => describeRole(context, op), op);
}

async function readPolicies(context: Context, op: Op): Promise<Detail<readonly string[]>> {
  // What the role of the user’s own profile may is the user’s business.
  if (context.site.server.instanceProfile) return { value: [] };
  return readDetail('the policies of the server’s role', () => policiesOfOthers(context, op), op);
}

async function readReach(
  context: Context,
  vpcId: string | undefined,
  op: Op,
): Promise<Detail<Reach> | { readonly value: undefined; readonly problem: undefined }> {
  if (context.site.server.securityGroup) return { value: undefined, problem: undefined };
  return readDetail('the server’s security group', () => describeReach(context, vpcId, op), op);
}
