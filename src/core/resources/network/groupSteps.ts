import { ModifyInstanceAttributeCommand, type Instance } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { SITE_FILE } from '../../site';
import type { Drift } from '../driftText';
import type { Reach } from './httpRules';
import { findInstance } from '../lookup';
import { closeOthers, otherOpenings } from './otherOpenings';
import { findSecurityGroup, ownGroups } from './securityGroup';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** The step that closes what others opened in the site’s own group; none where nothing is. */
export function closingSteps(context: Context, reach: Reach | undefined): Step[] {
  const { others = [] } = reach ?? {};
  if (others.length === 0) return [];
  const title = `close in the security group what others opened (${others.join('; ')}), as port 80 alone is wanted; to keep it, name a group of yours as “server.securityGroup” first`;
  return [{ key: 'closePorts', title, loses: 'uptime', run: (op) => closePorts(context, op) }];
}

/** The step that puts the server into the security group that the site file asks for where it is not in it. Out of a group of others, by which its owner may reach it, it takes it never. */
export function groupSteps(context: Context, drift: Drift | undefined): Step[] {
  if (!drift || drift.refusal !== undefined) return [];
  const title = `put the server into the security group ${drift.wanted} (it is in ${drift.is} now, and stays in those that are not the site’s own)`;
  // The site’s own group, which gives way to one of the user’s, may be the one that lets readers in.
  const loses = context.site.server.securityGroup === undefined ? {} : { loses: 'uptime' as const };
  return [{ key: 'serverGroups', title, ...loses, run: (op) => changeGroups(context, op) }];
}

async function closePorts(context: Context, op: Op): Promise<void> {
  const { VpcId } = await requireInstance(context, op);
  const group = await findSecurityGroup(context, VpcId, op);
  if (!group) return;
  await closeOthers(context, group, op);
  await waitFor(
    'the security group to be shown without what others opened',
    async () => (otherOpenings(await findSecurityGroup(context, VpcId, op)).length === 0 ? true : undefined),
    SETTLE,
    op,
  );
}

async function changeGroups(context: Context, op: Op): Promise<void> {
  const { InstanceId, SecurityGroups = [], VpcId } = await requireInstance(context, op);
  const { securityGroup } = context.site.server;
  const own = (await ownGroups(context, op)).filter((group) => group.VpcId === VpcId).map(({ GroupId }) => GroupId);
  const wanted = securityGroup ?? own[0];
  if (!wanted)
    throw new UserError(`The site has no security group in ${VpcId}, the network of its server ${InstanceId}.`);
  const present = SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []);
  if (present.includes(wanted)) return;
  const Groups = [wanted, ...present.filter((id) => !own.includes(id))];
  try {
    const command = new ModifyInstanceAttributeCommand({ InstanceId, Groups });
    await context.clients.ec2.send(command, { abortSignal: op.signal });
  } catch (error) {
    if (securityGroup === undefined || !hasCode(error, 'InvalidGroup.NotFound')) throw error;
    throw new UserError(
      `The network of the server, ${VpcId}, has no security group ${securityGroup}. Correct “server.securityGroup” in ${SITE_FILE}, or leave it out for one of the site’s own. The server is in the groups in which it was.`,
      { cause: error },
    );
  }
  await waitFor(
    'the server to be shown in its security group',
    async () => {
      const found = await requireInstance(context, op);
      return found.SecurityGroups?.some(({ GroupId }) => GroupId === wanted) ? true : undefined;
    },
    SETTLE,
    op,
  );
}

async function requireInstance(context: Context, op: Op): Promise<Instance> {
  const instance = await findInstance(context, op);
  if (instance) return instance;
  throw new UserError('This site has no server any more. Run “Provision Server…” again.');
}
