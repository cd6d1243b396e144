import { DeleteVolumeCommand, DescribeVolumesCommand, type Volume } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { isAdopted } from '../adopt/adopted';
import { carriesTag } from '../bucket/bucketSettings';
import { instanceById, isDead, listVolumes } from '../lookup';

const MISSING = 'InvalidVolume.NotFound';
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 300 };

/** Deletes a volume of the site once nothing has it, and waits until it is gone. */
export async function deleteVolume(context: Context, VolumeId: string, op: Op): Promise<void> {
  await waitUntilLetGo(context, VolumeId, op);
  await retry(
    () =>
      unlessMissing(
        () => context.clients.ec2.send(new DeleteVolumeCommand({ VolumeId }), { abortSignal: op.signal }),
        MISSING,
      ),
    (error) => hasCode(error, 'VolumeInUse', 'IncorrectState'),
    SETTLE,
    op,
  );
  await waitFor(
    'the volume to be gone',
    async () => {
      if (await volumeById(context, VolumeId, op)) return undefined;
      // The report of what is left goes by lists, which may be behind.
      return (await listVolumes(context, op)).some((listed) => listed.VolumeId === VolumeId) ? undefined : true;
    },
    SETTLE,
    op,
  );
}

/**
 * AWS takes a volume off an instance that is terminated by itself, and not at once. Throws `UserError` when something alive has it, and for a volume that is
 * not this site's any more, whoever took its tag away wants to keep it, or was adopted.
 */
export async function waitUntilLetGo(context: Context, volumeId: string, op: Op): Promise<void> {
  await waitFor(
    'the volume to be let go by its server',
    async () => {
      const found = await volumeById(context, volumeId, op);
      if (found && !carriesTag(found.Tags ?? [], context)) {
        throw new UserError(
          `The volume ${volumeId} does not carry this site’s tag any more, so it is left alone. It goes on costing.`,
        );
      }
      if (found && isAdopted(found.Tags)) {
        throw new UserError(
          `The volume ${volumeId} was there before the site, so Sitelift does not delete it. Run the command again.`,
        );
      }
      if (found?.State !== 'in-use') return true;
      const holderId = found.Attachments?.[0]?.InstanceId;
      const holder = holderId === undefined ? undefined : await instanceById(context, holderId, op);
      if (!holder || isDead(holder)) return undefined;
      throw new UserError(
        `The volume ${volumeId} is attached to the instance ${holderId}. Detach it there first (EC2 console, Volumes); Sitelift does not take it away.`,
      );
    },
    SETTLE,
    op,
  );
}

/** A volume by its id, whatever its tags; undefined for one that is gone or going. */
async function volumeById({ clients }: Context, volumeId: string, op: Op): Promise<Volume | undefined> {
  const answer = await unlessMissing(
    () => clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }), { abortSignal: op.signal }),
    MISSING,
  );
  return answer?.Volumes?.find(({ State }) => State !== 'deleting' && State !== 'deleted');
}
