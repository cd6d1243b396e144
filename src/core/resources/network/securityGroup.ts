import {
  CreateSecurityGroupCommand,
  paginateDescribeSecurityGroups,
  type CreateSecurityGroupCommandInput,
  type Instance,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { SITE_TAG, stackName, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { waitUntilDeployed } from '../distribution/distribution';
import { closeHttp, cloudFrontListId, isAsWanted, openHttp, reachOf, reachText, type Reach } from './httpRules';
import { subnets } from './network';
import { isOfSite } from '../../tags';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** The security group of the site in a VPC (any, when left out), which lets port 80 in and nothing else. */
export async function findSecurityGroup(
  context: Context,
  vpcId: string | undefined,
  op: Op,
): Promise<SecurityGroup | undefined> {
  return (await ownGroups(context, op)).find(({ VpcId }) => vpcId === undefined || VpcId === vpcId);
}

/** The site's security groups, one for each VPC that its server was in. */
export async function ownGroups(context: Context, op: Op): Promise<readonly SecurityGroup[]> {
  return (await groupsNamedOurs(context, op)).filter((group) => isOfSite(group, context.site));
}

/** The ids of the groups that an instance is in besides the one that the site gives it. */
export function otherGroups({ site }: Context, { SecurityGroups = [] }: Instance): readonly string[] {
  const wanted = site.server.securityGroup;
  return SecurityGroups.flatMap(({ GroupId, GroupName }) =>
    GroupId && GroupId !== wanted && GroupName !== groupName(site) ? [GroupId] : [],
  );
}

function groupsNamedOurs(context: Context, op: Op): Promise<readonly SecurityGroup[]> {
  const Filters = [{ Name: 'group-name', Values: [groupName(context.site)] }];
  return allItems(
    paginateDescribeSecurityGroups({ client: context.clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ SecurityGroups }) => SecurityGroups,
  );
}

/** Who reaches port 80 through the site’s own group in a VPC: nobody where there is none. */
export async function describeReach(context: Context, vpcId: string | undefined, op: Op): Promise<Reach> {
  const group = await findSecurityGroup(context, vpcId, op);
  return reachOf(group, await cloudFrontListId(context, group, op));
}

/** True when everyone reaches port 80, which the site file keeps for CloudFront. */
export function isNarrowing({ site }: Context, reach: Reach | undefined): boolean {
  return site.server.openTo === 'cloudfront' && (reach?.everyone ?? false);
}

/**
 * The step that makes the site’s group and opens port 80 to those whom the site file names, and to them alone; `reach` is how it is now, undefined before
 * there is a server. Nobody is shut out before the distribution serves the pages.
 */
export function groupStep(context: Context, reach: Reach | undefined): Step {
  const isForAll = context.site.server.openTo === 'everyone';
  if (isNarrowing(context, reach)) {
    return {
      key: 'securityGroup',
      title:
        'keep port 80 of the security group for CloudFront, once the distribution serves the pages (whoever comes to the server itself is refused)',
      loses: 'uptime',
      follows: 'distribution',
      run: async (op) => {
        await requireServed(context, op);
        await ensureSecurityGroup(context, op);
      },
    };
  }
  const title = !reach
    ? `create security group (port 80 only${isForAll ? '' : ', for CloudFront only'})`
    : isForAll && reach.everyone
      ? 'take the rule for CloudFront out of the security group, which lets everyone in'
      : `put the security group in order (port 80 is open to ${reachText(reach)}, wanted ${isForAll ? 'everyone' : 'CloudFront alone'})`;
  return { key: 'securityGroup', title, run: async (op) => void (await ensureSecurityGroup(context, op)) };
}

async function requireServed(context: Context, op: Op): Promise<void> {
  op.report('waiting for the distribution to be deployed');
  const { pagesHost } = await waitUntilDeployed(context, op);
  if (pagesHost !== undefined) return;
  throw new UserError(
    'The distribution does not serve the pages yet, so readers still come to the server itself, which stays open to everyone. Run “Provision Distribution…” first.',
  );
}

/**
 * Makes the security group and its rules; duplicates of either are success. Those who are to get in are let in before others are shut out.
 * Gives the group's id once the search by name shows it as wanted.
 */
export async function ensureSecurityGroup(context: Context, op: Op): Promise<string> {
  const { vpcId } = await subnets(context, op);
  const found = await findSecurityGroup(context, vpcId, op);
  const listId = await cloudFrontListId(context, found, op);
  if (found?.GroupId && isAsWanted(context, reachOf(found, listId))) return found.GroupId;
  const groupId = found?.GroupId ?? (await createSecurityGroup(context, vpcId, op));
  const shownWhere = (is: (reach: Reach) => boolean) =>
    waitFor(
      'the security group to be listed',
      async () => {
        const group = await findSecurityGroup(context, vpcId, op);
        return group && is(reachOf(group, listId)) ? group : undefined;
      },
      SETTLE,
      op,
    );
  await openHttp(context, groupId, found, listId, op);
  const opened = await shownWhere(({ everyone, cloudFront }) =>
    context.site.server.openTo === 'everyone' ? everyone : cloudFront,
  );
  if (isAsWanted(context, reachOf(opened, listId))) return groupId;
  await closeHttp(context, groupId, opened, listId, op);
  await shownWhere((reach) => isAsWanted(context, reach));
  return groupId;
}

/** What is asked of EC2 for the site’s group in a VPC. */
export function newGroup(site: Context['site'], VpcId: string): CreateSecurityGroupCommandInput {
  return {
    GroupName: groupName(site),
    Description: `Web server of ${stackName(site)}: port 80 only`,
    VpcId,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsFor(site, 'server-group') }],
  };
}

async function createSecurityGroup(context: Context, VpcId: string, op: Op): Promise<string> {
  const { site, clients } = context;
  try {
    const command = new CreateSecurityGroupCommand(newGroup(site, VpcId));
    const { GroupId } = await clients.ec2.send(command, { abortSignal: op.signal });
    if (!GroupId) throw new Error('EC2 answered without the id of the new security group.');
    return GroupId;
  } catch (error) {
    if (!hasCode(error, 'InvalidGroup.Duplicate')) throw error;
  }
  // Whose it is can be told only once the list shows it: one of ours may be seconds old.
  const group = await waitFor(
    `the security group ${groupName(context.site)} to be listed`,
    async () => (await groupsNamedOurs(context, op)).find((candidate) => candidate.VpcId === VpcId),
    SETTLE,
    op,
  );
  if (group.GroupId && isOfSite(group, context.site)) return group.GroupId;
  throw new UserError(
    `The security group ${groupName(context.site)} exists without this site’s tag, so it is left alone. If it is this site’s, give it the tag ${SITE_TAG} with “${context.site.id}”; else delete it if nobody needs it, or name a group of yours in “server.securityGroup”.`,
  );
}

/** Name of the site’s security group. */
export function groupName(site: Context['site']): string {
  return `${stackName(site)}-web`;
}
