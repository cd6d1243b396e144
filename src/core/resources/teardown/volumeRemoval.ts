import { CreateSnapshotCommand, DeleteVolumeCommand, type Volume } from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { hasCode, statusOf } from '../../aws/errors';
import { appearance, retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { diskCharge, ended, snapshotCharge } from '../../cost/charge';
import { tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { instanceById, isDead, listVolumes } from '../lookup';
import { moment } from '../../release/moment';
import { known, type Seen } from '../resource';
import type { VolumeHave } from '../volume';
import { LAST_SNAPSHOT, listSnapshots, type SiteParts, type VolumeSnapshot } from './parts';

/** What becomes of the volume of a site that is destroyed. */
export type VolumeFate = 'keep' | 'snapshot' | 'delete';

/** What the steps that remove a volume depend on. */
export interface VolumeRemoval {
  readonly volume: Seen<VolumeHave>;
  readonly parts: SiteParts;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 300 };
/** A first snapshot takes minutes, of a large volume hours (EBS documentation, “How EBS snapshots work”). */
const SNAPSHOT = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 4 * 3600 };

/** The steps that delete the volume, after a snapshot if one is wanted; stages in order. */
export function volumeStages(context: Context, { volume, parts }: VolumeRemoval, fate: VolumeFate): Step[][] {
  if (fate === 'keep') return [];
  const have = known(volume);
  const failed = (parts.failedVolumeIds ?? []).map((volumeId): Step => ({
    key: `failedVolume ${volumeId}`,
    title: `delete ${volumeId}, which AWS could not make and which holds nothing`,
    run: (op) => deleteVolume(context, volumeId, op),
  }));
  if (!have || have.state === 'error') return failed.length > 0 ? [failed] : [];
  const { sizeGib, volumeId } = have;
  const taken = takenBefore(have, parts);
  const stages: Step[][] = [];
  if (fate === 'snapshot' && !taken) {
    const seen = (parts.lastSnapshots ?? []).map(({ snapshotId }) => snapshotId);
    stages.push([
      {
        key: 'snapshot',
        title: `take a snapshot of volume ${volumeId}, which stays and costs by what is on it`,
        charges: [snapshotCharge(sizeGib, 'snapshot of the volume')],
        run: (op) => takeSnapshot(context, volumeId, seen, op),
      },
    ]);
  }
  const kept =
    fate === 'delete'
      ? 'with all that is on it'
      : taken
        ? `(its snapshot ${taken.snapshotId} of ${moment(new Date(taken.startedMs).toISOString())} stays)`
        : '(its snapshot stays)';
  const title = `delete volume ${volumeId}, ${sizeGib} GiB, ${kept}`;
  stages.push([
    ...failed,
    {
      key: 'deleteVolume',
      title,
      loses: 'data',
      charges: [ended(diskCharge(have.volumeType, sizeGib, 'volume'))],
      run: (op) => deleteVolume(context, volumeId, op),
    },
  ]);
  return stages;
}

/** The last snapshot of a volume that cannot have changed since, as nothing has it attached. */
function takenBefore({ attachment, volumeId }: VolumeHave, parts: SiteParts): VolumeSnapshot | undefined {
  return attachment ? undefined : parts.lastSnapshots?.find((snapshot) => snapshot.volumeId === volumeId);
}

/** CreateSnapshot knows no client token: it is asked for once, and when no answer comes, the list tells whether it made one. */
async function takeSnapshot(context: Context, volumeId: string, before: readonly string[], op: Op): Promise<void> {
  await waitUntilLetGo(context, volumeId, op);
  const find = async () =>
    (await listSnapshots(context, op)).find(
      (snapshot) => snapshot.volumeId === volumeId && !before.includes(snapshot.snapshotId),
    );
  if (!(await find())) await askForSnapshot(context, volumeId, find, op);
  await waitFor(
    'the snapshot to be complete',
    async () => {
      const snapshot = await find();
      return snapshot?.state === 'completed' ? true : undefined;
    },
    SNAPSHOT,
    op,
  );
}

async function askForSnapshot(
  { clients, site }: Context,
  VolumeId: string,
  find: () => Promise<VolumeSnapshot | undefined>,
  op: Op,
): Promise<void> {
  const [name, ...marks] = tagsFor(site, LAST_SNAPSHOT);
  try {
    await ec2Once(clients).send(
      new CreateSnapshotCommand({
        VolumeId,
        Description: `Last state of the pages of ${site.name}`,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [...(name ? [name] : []), ...marks] }],
      }),
      { abortSignal: op.signal },
    );
  } catch (error) {
    op.signal.throwIfAborted();
    const status = statusOf(error) ?? 0;
    if (status >= 400 && status < 500) throw error;
    if (!(await appearance(find, op))) throw error;
  }
}

async function deleteVolume(context: Context, VolumeId: string, op: Op): Promise<void> {
  await waitUntilLetGo(context, VolumeId, op);
  await retry(
    () =>
      unlessMissing(
        () => context.clients.ec2.send(new DeleteVolumeCommand({ VolumeId }), { abortSignal: op.signal }),
        'InvalidVolume.NotFound',
      ),
    (error) => hasCode(error, 'VolumeInUse', 'IncorrectState'),
    SETTLE,
    op,
  );
  await waitFor(
    'the volume to be gone',
    async () => ((await volumeOf(context, VolumeId, op)) ? undefined : true),
    SETTLE,
    op,
  );
}

/** AWS takes a volume off an instance that is terminated by itself, and not at once. Throws `UserError` when something alive has it. */
async function waitUntilLetGo(context: Context, volumeId: string, op: Op): Promise<void> {
  await waitFor(
    'the volume to be let go by its server',
    async () => {
      const found = await volumeOf(context, volumeId, op);
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

async function volumeOf(context: Context, volumeId: string, op: Op): Promise<Volume | undefined> {
  return (await listVolumes(context, op)).find(({ VolumeId }) => VolumeId === volumeId);
}
