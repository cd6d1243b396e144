import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Instance,
  type InstanceStateName,
  type Volume,
} from '@aws-sdk/client-ec2';
import { waitFor } from '../aws/wait';
import { ROLE_TAG, SITE_TAG } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';

const LIVING: readonly InstanceStateName[] = ['pending', 'running', 'stopping', 'stopped'];
const BOOT = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };

/** The living instance of the site, by tag; terminated ones do not count. */
export async function findInstance({ site, clients }: Context, op: Op): Promise<Instance | undefined> {
  const { Reservations } = await clients.ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: `tag:${SITE_TAG}`, Values: [site.id] },
        { Name: `tag:${ROLE_TAG}`, Values: ['server'] },
        { Name: 'instance-state-name', Values: [...LIVING] },
      ],
    }),
    { abortSignal: op.signal },
  );
  const found = Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
  if (found.length > 1) {
    const ids = found.map(({ InstanceId }) => InstanceId).join(', ');
    throw new UserError(
      `This site has more than one server (${ids}). Terminate all but one in the EC2 console, then try again.`,
    );
  }
  return found[0];
}

/**
 * The site's instance once it runs; throws `UserError` when there is none. After a change of ours AWS may still show what was
 * before it, so then that is waited for.
 */
export async function runningInstance(
  context: Context,
  op: Op,
  justChanged = false,
): Promise<Instance & { InstanceId: string }> {
  const patientUntil = justChanged ? Date.now() + 120_000 : 0;
  return waitFor(
    'the server to run',
    async () => {
      const instance = await findInstance(context, op);
      const stale = !instance?.InstanceId || instance.State?.Name === 'stopped';
      if (stale && Date.now() < patientUntil) return undefined;
      if (!instance?.InstanceId) throw new UserError('This site has no server yet. Run “Provision Server…” first.');
      if (instance.State?.Name === 'stopped') {
        throw new UserError('The server is stopped. Run “Provision Server…” to start it.');
      }
      return instance.State?.Name === 'running' ? { ...instance, InstanceId: instance.InstanceId } : undefined;
    },
    BOOT,
    op,
  );
}

/** The volume of the site, by tag; of two, the attached one, else the user is asked to decide. */
export async function findVolume({ site, clients }: Context, op: Op): Promise<Volume | undefined> {
  const { Volumes } = await clients.ec2.send(
    new DescribeVolumesCommand({
      Filters: [
        { Name: `tag:${SITE_TAG}`, Values: [site.id] },
        { Name: `tag:${ROLE_TAG}`, Values: ['volume'] },
        { Name: 'status', Values: ['creating', 'available', 'in-use'] },
      ],
    }),
    { abortSignal: op.signal },
  );
  if (!Volumes || Volumes.length <= 1) return Volumes?.[0];
  const attached = Volumes.filter(({ State }) => State === 'in-use');
  if (attached.length === 1) return attached[0];
  const ids = Volumes.map(({ VolumeId }) => VolumeId).join(', ');
  throw new UserError(
    `This site has more than one volume (${ids}). Sitelift deletes none of them: attach the right one to the server, or remove the tag ${SITE_TAG} from the others in the EC2 console.`,
  );
}
