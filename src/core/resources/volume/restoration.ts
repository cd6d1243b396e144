import type { Volume } from '@aws-sdk/client-ec2';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { REPLACES_TAG, SNAPSHOT_TAG, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import { isAdopted } from '../adopt/adopted';
import { findVolume, listVolumes, listVolumesEver } from '../lookup';
import { makeVolume } from './newVolume';
import { tagOf } from '../../tags';
import { becomeFormer, FORMER_VOLUME } from '../succession';

/** A volume that is to be made from a snapshot, to take the place of the site's volume. */
interface Restored {
  readonly replacedId: string;
  readonly zone: string;
  readonly snapshotId: string;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** Makes the volume beside the site's one, which it does not touch; one that an earlier run made is taken. */
export async function makeRestored(context: Context, restored: Restored, op: Op): Promise<void> {
  const { site } = context;
  const { replacedId, snapshotId, zone } = restored;
  const find = (findOp: Op) => findRestored(context, restored, findOp);
  const [current, there] = await Promise.all([findVolume(context, op), find(op)]);
  // Another window may have made it, and the site's one as well.
  if (current?.VolumeId !== replacedId && (!there || current?.VolumeId !== there.VolumeId)) {
    throw new UserError(`The volume ${replacedId} is not the site’s any more. Run the command again.`);
  }
  if (!there) {
    const tags = [
      ...tagsFor(site, 'volume'),
      { Key: REPLACES_TAG, Value: replacedId },
      { Key: SNAPSHOT_TAG, Value: snapshotId },
    ];
    const tokens = `volume after ${replacedId} from ${snapshotId}`;
    const wanted = { zone, sizeGib: site.volume.sizeGib, snapshotId, tags, tokens, find };
    await makeVolume(context, wanted, await listVolumesEver(context, op), op);
  }
  await waitFor(
    'the volume to be made from the snapshot',
    async () => {
      const now = await find(op);
      return now && now.State !== 'creating' ? now : undefined;
    },
    SETTLE,
    op,
  );
}

/** Makes the restored volume the site's one, by one change of the tags of the former one, which nothing may have attached. */
export async function switchVolume(context: Context, replacedId: string, snapshotId: string, op: Op): Promise<void> {
  const restored = await findRestored(context, { replacedId, snapshotId }, op);
  if (!restored?.VolumeId) {
    throw new UserError('The volume that was made from the snapshot is gone. Run the command again.');
  }
  const current = await findVolume(context, op);
  if (current?.VolumeId === replacedId) {
    if (current.State !== 'available') {
      throw new UserError(`The volume ${replacedId} is attached again by now. Run the command again.`);
    }
    const others = (await listVolumes(context, op)).flatMap((one) =>
      one.VolumeId && one.VolumeId !== restored.VolumeId && tagOf(one, REPLACES_TAG) === replacedId
        ? [one.VolumeId]
        : [],
    );
    // Of those that were to take its place, just one does.
    await becomeFormer(context, others, FORMER_VOLUME, op);
    await becomeFormer(context, [replacedId], FORMER_VOLUME, op, isAdopted(current.Tags));
  }
  await waitFor(
    'the restored volume to be listed as the site’s',
    async () => ((await findVolume(context, op))?.VolumeId === restored.VolumeId ? true : undefined),
    SETTLE,
    op,
  );
}

async function findRestored(
  context: Context,
  { replacedId, snapshotId }: Pick<Restored, 'replacedId' | 'snapshotId'>,
  op: Op,
): Promise<Volume | undefined> {
  return (await listVolumes(context, op)).find(
    (one) =>
      one.State !== 'error' && tagOf(one, REPLACES_TAG) === replacedId && tagOf(one, SNAPSHOT_TAG) === snapshotId,
  );
}
