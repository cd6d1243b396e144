import type { Instance } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { SITE_FILE } from '../../site';
import { toRelease, type Addressed } from './address';
import { isAdopted } from '../adopt/adopted';
import type { Drift } from '../driftText';
import { isAsWanted, reachText, type Reach } from '../network/httpRules';
import { profileName, type RoleState } from './role';
import { groupName } from '../network/securityGroup';

/** EC2 changes the groups of an instance with one interface only (Amazon EC2 API, “ModifyInstanceAttribute”). */
const SEVERAL_INTERFACES =
  'The server has several network interfaces, each with groups of its own: put the one that readers come by into the group in the EC2 console (Network Interfaces, Actions, Change security groups).';

/** What a deep reading of a server finds besides the instance; what could not be read is left out. */
interface Found {
  /** The system as its agent tells it. */
  readonly system: string | undefined;
  readonly reach: Reach | undefined;
  readonly role: RoleState | undefined;
  /** Policies that others gave the role. */
  readonly policies: readonly string[] | undefined;
  readonly typeRefusal: string | undefined;
  readonly addresses: Addressed['addresses'];
  readonly server: NonNullable<Addressed['server']>;
}

/** What of a server is not as the site file asks. */
export function serverDrift(context: Context, instance: Instance, found: Found): readonly Drift[] {
  return [
    ...typeDrift(context, instance, found.typeRefusal),
    ...lastingDrift(context, instance, found.system),
    ...profileDrift(context, instance),
    ...roleDrift(context, found),
    ...groupDrift(context, instance),
    ...(found.reach ? reachDrift(context, found.reach) : []),
    ...addressDrift(context, found),
  ];
}

function typeDrift({ site }: Context, { InstanceType: is }: Instance, refusal?: string): Drift[] {
  const wanted = site.server.instanceType;
  if (is === undefined || is === wanted) return [];
  return [{ what: 'the instance type', is, wanted, ...(refusal === undefined ? {} : { refusal }) }];
}

/** What a server is launched with and keeps. */
function lastingDrift({ site }: Context, { KeyName, SubnetId }: Instance, system: string | undefined): Drift[] {
  const { image, keyName, subnet } = site.server;
  const lasting = (what: string, property: string, is: string | undefined, wanted: string | undefined): Drift[] => {
    if (wanted === undefined || is === wanted) return [];
    const back = is === undefined ? `leave “server.${property}” out` : `put “server.${property}” back to ${is}`;
    const refusal = `The ${what} of a server is chosen when it is launched, and stays: ${back} in ${SITE_FILE}, or run “Replace Server…” for a new one.`;
    return [{ what: `the ${what}`, is: is ?? 'none', wanted, refusal, stops: true }];
  };
  return [
    ...(system === undefined ? [] : lasting('system', 'image', system, image)),
    ...lasting('key pair', 'keyName', KeyName, keyName),
    ...lasting('subnet', 'subnet', SubnetId, subnet),
  ];
}

/** The instance profile is exchanged by nobody but the user: what runs on the server may depend on it. */
function profileDrift({ site }: Context, { IamInstanceProfile }: Instance): Drift[] {
  const { instanceProfile } = site.server;
  const wanted = instanceProfile ?? profileName(site);
  const is = IamInstanceProfile?.Arn?.split('/').at(-1);
  if (is === wanted) return [];
  const stops = instanceProfile === undefined ? {} : ({ stops: true } as const);
  const name = is === undefined ? '' : ` Or name ${is} as “server.instanceProfile” in ${SITE_FILE}.`;
  const refusal = `What runs on a server may depend on its profile, so Sitelift does not exchange it: do that in the EC2 console (Actions, Security, Modify IAM role), and reboot the server, or run “Replace Server…” for a new one.${name}`;
  return [{ what: 'the instance profile', is: is ?? 'none', wanted, refusal, ...stops }];
}

function roleDrift({ site }: Context, { policies = [], role }: Found): Drift[] {
  const what = `the role ${profileName(site)}`;
  const refusal = `Sitelift takes away nothing that others gave the role: detach or delete it in the IAM console, or name a profile of yours as “server.instanceProfile” in ${SITE_FILE}.`;
  return [
    ...(role === 'lacking' ? [{ what, is: 'without what lets SSM manage the server', wanted: 'with that' }] : []),
    ...(role === 'broad' ? [{ what, is: 'allowed to read SSM parameters', wanted: 'not' }] : []),
    ...(policies.length > 0
      ? [{ what: 'what else its role may', is: policies.join(', '), wanted: 'nothing', refusal }]
      : []),
  ];
}

/**
 * The security groups that an instance is in, where they are not the one that the site file asks for; out of others than that it is taken by the user alone.
 * Those that an adopted server had before are none of the site’s business.
 */
export function groupDrift({ site }: Context, instance: Instance): Drift[] {
  const { NetworkInterfaces = [], SecurityGroups = [], Tags } = instance;
  const { securityGroup } = site.server;
  const names = SecurityGroups.map(({ GroupId, GroupName }) => (securityGroup ? GroupId : GroupName) ?? '');
  const wanted = securityGroup ?? groupName(site);
  if (names.length === 1 && names[0] === wanted) return [];
  const isThere = names.includes(wanted);
  if (isThere && isAdopted(Tags)) return [];
  const drift = { what: 'the security group', is: names.join(', ') || 'none', wanted };
  if (!isThere) return NetworkInterfaces.length > 1 ? [{ ...drift, refusal: SEVERAL_INTERFACES }] : [drift];
  const refusal =
    'Somebody put the server into more groups, which may let in more, and Sitelift takes it out of none of them: do that in the EC2 console (Actions, Security, Change security groups).';
  return [{ ...drift, refusal }];
}

function reachDrift(context: Context, reach: Reach): Drift[] {
  const { others = [] } = reach;
  const wanted = context.site.server.openTo === 'everyone' ? 'everyone' : 'CloudFront alone';
  return [
    ...(isAsWanted(context, reach) ? [] : [{ what: 'port 80', is: `open to ${reachText(reach)}`, wanted }]),
    ...(others.length > 0 ? [{ what: 'what else is open', is: others.join('; '), wanted: 'nothing' }] : []),
  ];
}

function addressDrift(context: Context, { addresses, server }: Found): Drift[] {
  const isLasting = context.site.server.address === 'elastic';
  const given = addresses ? toRelease(context, { server, addresses }) : [];
  const ips = given.map(({ ip }) => ip).join(', ');
  return [
    ...(isLasting && server.address !== 'elastic'
      ? [{ what: 'the address', is: server.publicIp ?? 'none', wanted: 'an Elastic IP address, which stays' }]
      : []),
    ...(given.length === 0
      ? []
      : isLasting
        ? [{ what: 'spare Elastic IP address', is: ips, wanted: 'none' }]
        : [{ what: 'the Elastic IP address', is: ips, wanted: 'an address that changes' }]),
  ];
}
