import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  PutRolePolicyCommand,
  TagRoleCommand,
  type InstanceProfile,
  type Role,
} from '@aws-sdk/client-iam';
import { explain, hasCode, isDenied } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { isNotSeenYet, retry, unlessMissing, waitFor } from '../../aws/wait';
import { REGION_TAG, SITE_TAG, stackName, tagsFor } from '../../names';
import { remediesOf, UserError, type Op } from '../../op';
import { SITE_FILE } from '../../site';
import type { Context } from '../../context';
import { AGENT_POLICY_DOCUMENT, AGENT_POLICY_NAME, BROAD_POLICY_ARN, isAgentPolicy } from './agentPolicy';
import { isOfSite, tagOf } from '../../tags';

/** Path of the roles and instance profiles of all sites. */
export const ROLE_PATH = '/sitelift/';
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const MISSING = 'NoSuchEntity';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The way on for people who may not read or make roles. */
export const WITHOUT_ROLES = `Otherwise ask an administrator for an instance profile whose role lets the SSM agent work (as the policy AmazonSSMManagedInstanceCore does) and which you may pass (iam:PassRole), and name it as “server.instanceProfile” in ${SITE_FILE}.`;

/** What the server's role lets it do: `broad` is what its agent needs, and to read SSM parameters besides. */
export type RoleState = 'lacking' | 'ready' | 'broad';

/** The name that the server's role and its instance profile share. */
export function profileName(site: Context['site']): string {
  return `${stackName(site)}-server`;
}

/** Whether role, policy and profile exist and are bound; an interrupted run can leave a profile without its role. */
export async function describeRole(context: Context, op: Op): Promise<RoleState> {
  const name = profileName(context.site);
  const profile = await findProfile(context, op);
  if (!profile?.Roles?.some(({ RoleName }) => RoleName === name)) return 'lacking';
  const [isBroad, isNarrow] = await Promise.all([hasBroadPolicy(context, op), hasAgentPolicy(context, op)]);
  if (isBroad) return 'broad';
  return isNarrow ? 'ready' : 'lacking';
}

/** Names of the policies that others gave the role; none where there is no role. */
export async function policiesOfOthers({ clients: { iam }, site }: Context, op: Op): Promise<readonly string[]> {
  const [from, input] = [{ client: iam }, { RoleName: profileName(site) }];
  const options = { abortSignal: op.signal };
  const both = () =>
    Promise.all([
      allItems(paginateListAttachedRolePolicies(from, input, options), ({ AttachedPolicies }) => AttachedPolicies),
      allItems(paginateListRolePolicies(from, input, options), ({ PolicyNames }) => PolicyNames),
    ]);
  const [attached, inline] = (await unlessMissing(both, MISSING)) ?? [[], []];
  return [
    ...attached.flatMap(({ PolicyArn, PolicyName }) =>
      PolicyName && PolicyArn !== BROAD_POLICY_ARN ? PolicyName : [],
    ),
    ...inline.filter((name) => name !== AGENT_POLICY_NAME),
  ];
}

/** The region that a server of the site was last made in, as its role tells; undefined when there is no role of this site that tells one. */
export async function describeRegion(context: Context, op: Op): Promise<string | undefined> {
  const role = await findOwnRole(context, op);
  return role && tagOf(role, REGION_TAG);
}

/** Makes the role with which the server's agent registers at SSM, and the profile that carries it; takes from an earlier role what is too much. */
export async function ensureRole(context: Context, op: Op): Promise<void> {
  const { site, clients } = context;
  const { iam } = clients;
  const options = { abortSignal: op.signal };
  const name = profileName(site);
  const settle = <Value>(attempt: () => Promise<Value>) => retry(attempt, willPass, SETTLE, op);
  // Roles are the same in every region, so this one tells where the site lies to whoever asks in another.
  const region = { Key: REGION_TAG, Value: site.region };
  const found = await ensureOwn(
    () => requireOwn('role', context, () => findRole(context, op)),
    () =>
      iam.send(
        new CreateRoleCommand({
          RoleName: name,
          Path: ROLE_PATH,
          AssumeRolePolicyDocument: TRUST,
          Description: `Lets the server of ${stackName(site)} be managed by SSM`,
          Tags: [...tagsFor(site, 'server-role'), region],
        }),
        options,
      ),
    op,
  );
  if (found && tagOf(found, REGION_TAG) !== site.region) {
    await settle(() => iam.send(new TagRoleCommand({ RoleName: name, Tags: [region] }), options));
  }
  if (!(await hasAgentPolicy(context, op))) {
    const policy = { PolicyName: AGENT_POLICY_NAME, PolicyDocument: AGENT_POLICY_DOCUMENT };
    await settle(() => iam.send(new PutRolePolicyCommand({ RoleName: name, ...policy }), options));
  }
  if (await settle(() => hasBroadPolicy(context, op))) {
    await unlessMissing(
      () => iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: BROAD_POLICY_ARN }), options),
      MISSING,
    );
  }
  await ensureOwn(
    () => requireOwn('instance profile', context, () => findProfile(context, op)),
    () =>
      iam.send(
        new CreateInstanceProfileCommand({
          InstanceProfileName: name,
          Path: ROLE_PATH,
          Tags: tagsFor(site, 'server-role'),
        }),
        options,
      ),
    op,
  );
  await bindRole(context, op);
}

/** Puts the role into the profile, which holds one. Where it is already, although IAM does not show it yet, IAM speaks of a limit. */
async function bindRole({ site, clients }: Context, op: Op): Promise<void> {
  const name = profileName(site);
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      const command = new GetInstanceProfileCommand({ InstanceProfileName: name });
      const [bound] = (await clients.iam.send(command, options)).InstanceProfile?.Roles ?? [];
      if (bound?.RoleName === name) return;
      if (bound) {
        throw new UserError(
          `The instance profile ${name} holds the role ${bound.RoleName}, and can hold one only. Remove that role from it and run the command again.`,
        );
      }
      await clients.iam.send(
        new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }),
        options,
      );
    },
    (error) => isNotSeenYet(error) || hasCode(error, 'LimitExceeded', 'LimitExceededException'),
    SETTLE,
    op,
  );
}

async function findRole({ site, clients }: Context, op: Op): Promise<Role | undefined> {
  const command = new GetRoleCommand({ RoleName: profileName(site) });
  return (await unlessMissing(() => clients.iam.send(command, { abortSignal: op.signal }), MISSING))?.Role;
}

async function findProfile({ site, clients }: Context, op: Op): Promise<InstanceProfile | undefined> {
  const command = new GetInstanceProfileCommand({ InstanceProfileName: profileName(site) });
  return (await unlessMissing(() => clients.iam.send(command, { abortSignal: op.signal }), MISSING))?.InstanceProfile;
}

/** The role of the server, if it is there and this site's. */
export async function findOwnRole(context: Context, op: Op): Promise<Role | undefined> {
  const role = await findRole(context, op);
  return role && isOfSite(role, context.site) ? role : undefined;
}

/** The instance profile of the server, if it is there and this site's. */
export async function findOwnProfile(context: Context, op: Op): Promise<InstanceProfile | undefined> {
  const profile = await findProfile(context, op);
  return profile && isOfSite(profile, context.site) ? profile : undefined;
}

/** Gives what `find` finds of this site, if anything; throws `UserError` for something of somebody else's with our name. */
async function requireOwn<Entity extends Role | InstanceProfile>(
  what: string,
  context: Context,
  find: () => Promise<Entity | undefined>,
): Promise<Entity | undefined> {
  const found = await find();
  if (!found || isOfSite(found, context.site)) return found;
  throw new UserError(
    `An IAM ${what} named ${profileName(context.site)} exists that does not carry the tag ${SITE_TAG} with “${context.site.id}”, so it is left alone. If it is this site’s, give it that tag; else delete it if nobody needs it, or change “id” in ${SITE_FILE}.`,
  );
}

/** Creates what is not there, else gives what is; what exists but is not seen yet is waited for, since it may be somebody else's. Who may do neither is told the way on. */
async function ensureOwn<Entity>(
  findOwn: () => Promise<Entity | undefined>,
  create: () => Promise<unknown>,
  op: Op,
): Promise<Entity | undefined> {
  try {
    const found = await findOwn();
    if (found) return found;
    await retry(create, willPass, SETTLE, op);
    return undefined;
  } catch (error) {
    if (isDenied(error)) throw withoutRoles(error);
    if (!hasCode(error, 'EntityAlreadyExists')) throw error;
    return waitFor('what exists in IAM to be seen', findOwn, SETTLE, op);
  }
}

function withoutRoles(cause: unknown): UserError {
  const told = explain(cause);
  return new UserError(`${told.message} ${WITHOUT_ROLES}`, { cause, remedy: remediesOf(told) });
}

/** True for errors that pass by themselves. Not every conflict does: a limit that is reached is one to IAM. */
function willPass(error: unknown): boolean {
  return isNotSeenYet(error) || hasCode(error, 'ConcurrentModification', 'ConcurrentModificationException');
}

async function hasAgentPolicy({ site, clients }: Context, op: Op): Promise<boolean> {
  const command = new GetRolePolicyCommand({ RoleName: profileName(site), PolicyName: AGENT_POLICY_NAME });
  const answer = await unlessMissing(() => clients.iam.send(command, { abortSignal: op.signal }), MISSING);
  return isAgentPolicy(answer?.PolicyDocument ?? '');
}

async function hasBroadPolicy({ site, clients }: Context, op: Op): Promise<boolean> {
  const { AttachedPolicies } = await clients.iam.send(
    new ListAttachedRolePoliciesCommand({ RoleName: profileName(site) }),
    { abortSignal: op.signal },
  );
  return AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === BROAD_POLICY_ARN) ?? false;
}
