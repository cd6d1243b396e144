import {
  DescribeInstancesCommand,
  paginateDescribeInstances,
  paginateDescribeVolumes,
  type Instance,
  type InstanceStateName,
  type Volume,
} from '@aws-sdk/client-ec2';
import { allItems } from '../aws/pages';
import { unlessMissing, waitFor } from '../aws/wait';
import { ROLE_TAG, SITE_TAG } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';
import { tagOf } from '../tags';
import { FORMER_SERVER, FORMER_VOLUME, inPlace } from './succession';

const LIVING: readonly InstanceStateName[] = ['pending', 'running', 'stopping', 'stopped'];
/** The way on when the server is stopped. */
export const START_SERVER = { title: 'Start Server…', command: 'sitelift.startServer' };
const BOOT = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };

/** The living instances of a site. */
export interface Servers {
  /** The one that is the site's server. */
  readonly instance: Instance | undefined;
  /** Those that are to take its place. */
  readonly successors: readonly Instance[];
  /** Those whose place was taken. */
  readonly formers: readonly Instance[];
}

/** The living instances of the site, by tag; terminated ones do not count. */
export async function findServers({ site, clients }: Context, op: Op): Promise<Servers> {
  const Filters = [
    { Name: `tag:${SITE_TAG}`, Values: [site.id] },
    { Name: `tag:${ROLE_TAG}`, Values: ['server', FORMER_SERVER] },
    { Name: 'instance-state-name', Values: [...LIVING] },
  ];
  const all = await allItems(
    paginateDescribeInstances({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ Reservations }) => Reservations?.flatMap(({ Instances }) => Instances ?? []),
  );
  all.sort((one, other) => (one.InstanceId ?? '').localeCompare(other.InstanceId ?? ''));
  const servers = all.filter((one) => tagOf(one, ROLE_TAG) !== FORMER_SERVER);
  const found = inPlace(servers, ({ InstanceId }) => InstanceId);
  if (found.length > 1) {
    const ids = found.map(({ InstanceId }) => InstanceId).join(', ');
    throw new UserError(
      `This site has more than one server (${ids}). Remove the tag ${SITE_TAG} in the EC2 console from the one that is to stay without being the site’s, or terminate one that nothing needs, then try again.`,
    );
  }
  return {
    instance: found[0],
    successors: servers.filter((one) => !found.includes(one)),
    formers: all.filter((one) => !servers.includes(one)),
  };
}

/** The living instance that is the site's server. */
export async function findInstance(context: Context, op: Op): Promise<Instance | undefined> {
  return (await findServers(context, op)).instance;
}

/** An instance by its id, also one that has died; undefined while AWS does not show it (yet, or any more). */
export async function instanceById({ clients }: Context, instanceId: string, op: Op): Promise<Instance | undefined> {
  const answer = await unlessMissing(
    () => clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: op.signal }),
    'InvalidInstanceID.NotFound',
  );
  return answer?.Reservations?.[0]?.Instances?.[0];
}

/** True for an instance that is gone or going. */
export function isDead({ State }: Instance): boolean {
  return State?.Name === 'shutting-down' || State?.Name === 'terminated';
}

/** The site's instance once it runs; throws `UserError` when there is none or it is stopped. */
export async function runningInstance(context: Context, op: Op): Promise<Instance & { InstanceId: string }> {
  return waitFor(
    'the server to run',
    async () => {
      const instance = await findInstance(context, op);
      if (!instance?.InstanceId) throw new UserError('This site has no server yet. Run “Provision Server…” first.');
      if (instance.State?.Name === 'stopped') {
        throw new UserError('The server is stopped. Run “Start Server…” first.', { remedy: START_SERVER });
      }
      return instance.State?.Name === 'running' ? { ...instance, InstanceId: instance.InstanceId } : undefined;
    },
    BOOT,
    op,
  );
}

/** All volumes of the site by tag, also those that AWS failed to make (state `error`), but none that is deleted, and none whose place another one took. */
export async function listVolumes(context: Context, op: Op): Promise<readonly Volume[]> {
  return (await listVolumesEver(context, op)).filter((one) => tagOf(one, ROLE_TAG) !== FORMER_VOLUME);
}

/** All volumes of the site by tag, those as well whose place another one took. */
export async function listVolumesEver({ site, clients }: Context, op: Op): Promise<readonly Volume[]> {
  const Filters = [
    { Name: `tag:${SITE_TAG}`, Values: [site.id] },
    { Name: `tag:${ROLE_TAG}`, Values: ['volume', FORMER_VOLUME] },
    { Name: 'status', Values: ['creating', 'available', 'in-use', 'error'] },
  ];
  return allItems(
    paginateDescribeVolumes({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ Volumes }) => Volumes,
  );
}

/** The one volume of several that the site uses: the attached one, else the user is asked to decide; failed ones, and those that are to take another’s place, do not count. */
export function usableVolume(volumes: readonly Volume[]): Volume | undefined {
  const whole = volumes.filter(({ State }) => State !== 'error');
  const usable = inPlace(whole, ({ VolumeId }) => VolumeId);
  if (usable.length <= 1) return usable[0];
  const attached = usable.filter(({ State }) => State === 'in-use');
  if (attached.length === 1) return attached[0];
  const ids = usable.map(({ VolumeId }) => VolumeId).join(', ');
  throw new UserError(
    `This site has more than one volume (${ids}). Sitelift deletes none of them: attach the right one to the server, or remove the tag ${SITE_TAG} from the others in the EC2 console.`,
  );
}

/** The volume that the site uses, by tag. */
export async function findVolume(context: Context, op: Op): Promise<Volume | undefined> {
  return usableVolume(await listVolumes(context, op));
}
