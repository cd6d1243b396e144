import { DeleteSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { ended, idleAddressCharge } from '../../cost/charge';
import { terminatedCharges } from '../../cost/serverCharges';
import { DOCUMENT_ROOT } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { listAddresses, type SiteAddress } from '../server/address';
import { giveUp } from '../server/addressPlan';
import { findInstance, instanceById, isDead } from '../lookup';
import { known, type Seen } from '../resource';
import { terminate } from '../server/termination';
import { othersBeside } from '../server/othersBeside';
import type { ServerHave } from '../server/server';
import { isMounted } from '../volume/mounted';
import { otherStages } from '../server/otherServers';
import { installWebServerOn } from '../server/serverInside';
import type { VolumeHave } from '../volume/volume';
import { untag } from '../adopt/tagging';
import { detachStages } from '../volume/detachment';
import { profileName } from '../server/role';
import type { SiteParts } from './parts';
import { deleteRole } from './roleRemoval';

/** Until the network interfaces of an instance that is gone are. */
const GOING = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 900 };

/** What the steps that remove a server depend on. */
export interface ServerRemoval {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<VolumeHave>;
  readonly parts: SiteParts;
}

/** The steps that end the server; stages in order. */
export function terminateStages(context: Context, site: ServerRemoval): Step[][] {
  const have = known(site.server);
  const others = otherStages(context, othersBeside(site.server)).flat();
  if (!have) return others.length > 0 ? [others] : [];
  if (have.isAdopted) return letGoStages(context, site, have, others);
  // Where the document root is not the volume's, the pages are on the disk that goes with the server.
  const volume = known(site.volume);
  const isKept = volume?.attachment?.instanceId === have.instanceId && (!have.inspection || isMounted(volume, have));
  const what = isKept
    ? 'its own disk goes with it; the pages are on the volume'
    : 'its own disk goes with it, and what is in its document root';
  return [
    [
      {
        key: 'terminate',
        title: `terminate server ${have.instanceId} (${what})`,
        loses: isKept ? 'uptime' : 'data',
        charges: terminatedCharges(have),
        async run(op) {
          const instanceId = (await findInstance(context, op))?.InstanceId;
          if (instanceId !== undefined) await terminate(context, instanceId, op);
        },
      },
      ...others,
    ],
  ];
}

/** A server that was there before the site stays as it is; a volume that was made for the site is taken off it, and it serves what it did without that. */
function letGoStages(
  context: Context,
  { server, volume }: ServerRemoval,
  have: ServerHave,
  others: readonly Step[],
): Step[][] {
  const { inspection, instanceId } = have;
  const made = known(volume)?.isAdopted ? undefined : known(volume);
  const taken = made ? detachStages(context, { server, volume }) : [];
  const pages = taken.length > 0 ? 'without the pages, which are on that volume,' : 'with what is published on it,';
  const title = `take this site’s tags off server ${instanceId}, which was there before it (it stays, ${pages} and goes on costing)`;
  // Taking the volume off ends its web server, also in a run that was cut short after that.
  const isEnded = made !== undefined && !made.attachment && inspection?.webServer.active === false;
  const startsAgain = have.state === 'running' && (taken.length > 0 || isEnded);
  const web: Step = {
    key: 'webServer',
    title: `start the web server (httpd) of ${instanceId} again, which then serves what its own disk has in ${DOCUMENT_ROOT}`,
    run: (op) => installWebServerOn(context, instanceId, op),
  };
  const isListed = async (op: Op) => (await findInstance(context, op))?.InstanceId === instanceId;
  const run = (op: Op) => untag(context, instanceId, () => isListed(op), op);
  return [...taken, ...(startsAgain ? [[web]] : []), [{ key: 'letGoServer', title, run }, ...others]];
}

/** The steps that give up what the server alone needed, once it is gone; stages in order. */
export function serverPartStages(context: Context, { server, parts }: ServerRemoval): Step[][] {
  const have = known(server);
  // An adopted one keeps what it has.
  const instanceId = have?.isAdopted ? undefined : have?.instanceId;
  const released = (parts.addresses ?? []).filter(
    (address) => isFree(address) || (address.instanceId !== undefined && address.instanceId === instanceId),
  );
  const ips = released.map(({ ip }) => ip).join(', ');
  const groups = parts.groupIds ?? [];
  const first: Step[] = [
    ...(released.length > 0
      ? [
          {
            key: 'releaseAddress',
            title: `release the Elastic IP address ${ips} (it is lost for good)`,
            loses: 'uptime',
            charges: released.map(({ ip }) => ended(idleAddressCharge(ip))),
            run: (op) => releaseAddresses(context, op),
          } as const satisfies Step,
        ]
      : []),
    ...groups.map((groupId) => ({
      key: `securityGroup ${groupId}`,
      title: `delete the security group ${groupId}`,
      run: (op: Op) => deleteGroup(context, groupId, op),
    })),
  ];
  return first.length > 0 ? [first] : [];
}

/** The step that deletes the server's rights, which comes last: by them the site is found from another region. */
export function rightsStages(context: Context, { rights = [] }: SiteParts): Step[][] {
  if (rights.length === 0) return [];
  const title = `delete ${rights.join(' and ')} ${profileName(context.site)}`;
  return [[{ key: 'deleteRole', title, run: (op) => deleteRole(context, op) }]];
}

function isFree({ associationId }: SiteAddress): boolean {
  return associationId === undefined;
}

/** Releases the site's addresses but those that something alive uses. */
async function releaseAddresses(context: Context, op: Op): Promise<void> {
  const left: SiteAddress[] = [];
  for (const address of await listAddresses(context, op)) {
    if (await isLeft(context, address, op)) left.push(address);
  }
  await giveUp(context, left, op);
}

/** True for an address that nothing uses, or an instance that is going or gone. */
async function isLeft(context: Context, address: SiteAddress, op: Op): Promise<boolean> {
  if (isFree(address)) return true;
  if (address.instanceId === undefined) return false;
  const holder = await instanceById(context, address.instanceId, op);
  return !holder || isDead(holder);
}

async function deleteGroup({ clients }: Context, GroupId: string, op: Op): Promise<void> {
  try {
    await retry(
      () =>
        unlessMissing(
          () => clients.ec2.send(new DeleteSecurityGroupCommand({ GroupId }), { abortSignal: op.signal }),
          'InvalidGroup.NotFound',
        ),
      // Until the network interfaces of its instances are gone.
      (error) => hasCode(error, 'DependencyViolation'),
      GOING,
      op,
    );
  } catch (error) {
    if (!hasCode(error, 'DependencyViolation')) throw error;
    throw new UserError(
      `The security group ${GroupId} is in use by something that is not this site’s (EC2 console, Network interfaces, search for it). Take it off there, then run the command again.`,
      { cause: error },
    );
  }
}
