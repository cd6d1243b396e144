import { CreateVolumeCommand, DescribeVolumesCommand, type Tag, type Volume } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { appearance, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { clientToken } from '../../names';
import { UserError, type Op } from '../../op';

/** A volume that is to be made: what it is, what its client tokens derive from, and how it is found by its tags. */
export interface NewVolume {
  readonly zone: string | undefined;
  readonly sizeGib: number;
  /** What is to be on it; blank without. */
  readonly snapshotId?: string;
  readonly tags: readonly Tag[];
  readonly tokens: string;
  find(op: Op): Promise<Volume | undefined>;
}

const SETTLE = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 300 };
const MAX_GENERATIONS = 50;

/** Makes one encrypted gp3 volume and waits until it can be attached; `before` are the volumes that the site has already. */
export async function makeVolume(
  context: Context,
  wanted: NewVolume,
  before: readonly Volume[],
  op: Op,
): Promise<void> {
  const { site, clients } = context;
  const { find, sizeGib, snapshotId, tags, tokens, zone } = wanted;
  for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
    try {
      const { VolumeId: volumeId } = await clients.ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: zone,
          Size: sizeGib,
          ...(snapshotId === undefined ? {} : { SnapshotId: snapshotId }),
          VolumeType: 'gp3',
          Encrypted: true,
          ClientToken: clientToken(site, tokens, generation),
          TagSpecifications: [{ ResourceType: 'volume', Tags: [...tags] }],
        }),
        { abortSignal: op.signal },
      );
      if (!volumeId) throw new Error('EC2 answered without the id of the new volume.');
      // The token of a volume that failed, or is deleted since, answers with that one: the next generation is a new one.
      if (before.some(({ VolumeId }) => VolumeId === volumeId)) continue;
      if (await becomesUsable(context, volumeId, find, op)) return;
    } catch (error) {
      if (!hasCode(error, 'IdempotentParameterMismatch')) throw error;
      // The token was used with another size or zone; what it made may not be in the list by tag yet.
      if (await appearance(() => find(op), op)) return;
    }
  }
  throw new Error(`No client token of ${MAX_GENERATIONS} was free for a new volume.`);
}

/**
 * Follows a volume by its id until it can be attached, and then until the search by tag, which later steps use, shows it. False for one
 * that is deleted, of which AWS tells as of one that it does not show yet. Throws `UserError` when AWS could not make it.
 */
async function becomesUsable(context: Context, volumeId: string, find: NewVolume['find'], op: Op): Promise<boolean> {
  const stateNow = async () => {
    const answer = await unlessMissing(
      () => context.clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }), { abortSignal: op.signal }),
      'InvalidVolume.NotFound',
    );
    return answer?.Volumes?.[0]?.State;
  };
  let state = await appearance(stateNow, op);
  if (state === 'creating') {
    state = await waitFor(
      'the volume to be made',
      async () => {
        const now = await stateNow();
        return now === 'creating' ? undefined : now;
      },
      SETTLE,
      op,
    );
  }
  if (state === 'error') {
    throw new UserError(
      `AWS could not make the volume ${volumeId}: it is in the state “error”, for which AWS tells no reason. Most often the key that encrypts new disks (EC2 console, Settings, EBS encryption) is disabled, gone, or not yours to use. Remove the cause, delete ${volumeId} in the EC2 console, and run the command again, which makes one new volume.`,
    );
  }
  if (state === undefined || state === 'deleting' || state === 'deleted') return false;
  await waitFor('the volume to be listed', () => find(op), SETTLE, op);
  return true;
}
