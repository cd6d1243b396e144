import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { ADOPTED_TAG, ROLE_TAG, SITE_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import { findInstance, findVolume } from '../lookup';
import { readRegion } from './candidates';
import { instanceProblem, volumeProblem } from './fitness';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** What is adopted together. */
export interface Adopted {
  readonly serverId: string | undefined;
  readonly volumeId: string | undefined;
}

/**
 * Gives an instance, a volume or both the site's tags. What each is for comes first, which means nothing alone; the tag of the site comes to all in one call,
 * so that a run which is cut short never leaves the server without the volume that its pages are on.
 */
export async function tagAdopted(context: Context, { serverId, volumeId }: Adopted, op: Op): Promise<void> {
  await requireFree(context, { serverId, volumeId }, op);
  const { ec2 } = context.clients;
  const options = { abortSignal: op.signal };
  const parts = [
    { id: volumeId, role: 'volume' },
    { id: serverId, role: 'server' },
  ].flatMap(({ id, role }) => (id === undefined ? [] : [{ id, role }]));
  for (const { id, role } of parts) {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: ROLE_TAG, Value: role }] }), options);
  }
  const Tags = [
    { Key: SITE_TAG, Value: context.site.id },
    { Key: ADOPTED_TAG, Value: 'yes' },
  ];
  await ec2.send(new CreateTagsCommand({ Resources: parts.map(({ id }) => id), Tags }), options);
  await waitFor(
    'what was adopted to be listed',
    async () => {
      const [instance, volume] = await Promise.all([findInstance(context, op), findVolume(context, op)]);
      const isThere = serverId === undefined || instance?.InstanceId === serverId;
      return isThere && (volumeId === undefined || volume?.VolumeId === volumeId) ? true : undefined;
    },
    SETTLE,
    op,
  );
}

/** Throws `UserError` when it became another site's meanwhile, or the site got something else, by somebody at another window. */
async function requireFree(context: Context, { serverId, volumeId }: Adopted, op: Op): Promise<void> {
  const region = await readRegion(context, op);
  const instance = region.instances.find(({ InstanceId }) => InstanceId === serverId);
  const volume = region.volumes.find(({ VolumeId }) => VolumeId === volumeId);
  const there = { ...region, ownServer: serverId ?? region.ownServer };
  const problem =
    (serverId !== undefined && (instance ? instanceProblem(context, region, instance) : `${serverId} is gone`)) ||
    (volumeId !== undefined && (volume ? volumeProblem(context, there, volume) : `${volumeId} is gone`));
  if (problem) throw new UserError(`What fitted a moment ago does not any more: ${problem}. Nothing was changed.`);
}

/** Takes the site's tags off an instance or a volume that was adopted, and nothing else; `isListed` tells whether the site still shows it. */
export async function untag(context: Context, id: string, isListed: () => Promise<boolean>, op: Op): Promise<void> {
  const { clients, site } = context;
  if (!(await isListed())) return;
  // With its value, EC2 takes a tag off only where it still has that.
  const Tags = [{ Key: ADOPTED_TAG }, { Key: ROLE_TAG }, { Key: SITE_TAG, Value: site.id }];
  await unlessMissing(
    () => clients.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags }), { abortSignal: op.signal }),
    'InvalidInstanceID.NotFound',
    'InvalidVolume.NotFound',
  );
  await waitFor(
    `${id} to be listed as this site’s no more`,
    async () => ((await isListed()) ? undefined : true),
    SETTLE,
    op,
  );
}
