import { CreateSnapshotCommand } from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { madeOnce, retry, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { diskCharge, ended, snapshotCharge } from '../../cost/charge';
import { tagsFor } from '../../names';
import { isUserError, UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { untag } from '../adopt/tagging';
import { listVolumesEver } from '../lookup';
import type { OtherVolume } from '../volume/otherVolumes';
import { moment } from '../../release/moment';
import { known, type Seen } from '../resource';
import type { VolumeHave } from '../volume/volume';
import { LAST_SNAPSHOT, type SiteSnapshot } from '../volume/snapshots';
import { listSnapshots, type SiteParts } from './parts';
import { deleteVolume, waitUntilLetGo } from './volumeDeletion';

/** What becomes of the volume of a site that is destroyed. */
export type VolumeFate = 'keep' | 'snapshot' | 'delete';

/** What the steps that remove a volume depend on. */
export interface VolumeRemoval {
  readonly volume: Seen<VolumeHave>;
  /** Where that was there before the site, so was what is on it. */
  readonly server: Seen<{ readonly isAdopted?: boolean }>;
  /** Tells since when the site is being destroyed. */
  readonly bucket: Seen<{ readonly destroyingSince?: string | undefined }>;
  readonly parts: SiteParts;
}

/** A first snapshot takes minutes, of a large volume hours (EBS documentation, “How EBS snapshots work”). */
const SNAPSHOT = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 4 * 3600 };

/** The steps that delete the volume, after a snapshot if one is wanted; stages in order. */
export function volumeStages(context: Context, site: VolumeRemoval, fate: VolumeFate): Step[][] {
  const { parts, volume } = site;
  const have = known(volume);
  const { others = [] } = have ?? {};
  const isLetGo = fate !== 'keep' || known(site.server)?.isAdopted;
  const formers = isLetGo ? others.filter(({ isAdopted }) => isAdopted) : [];
  const first: Step[] = [
    ...formers.map(({ volumeId }) => letGoStep(context, volumeId, `letGoVolume ${volumeId}`)),
    ...(fate === 'keep' ? [] : spareSteps(context, others)),
  ];
  const stages: Step[][] = first.length > 0 ? [first] : [];
  if (have?.isAdopted && isLetGo) return [...stages, [letGoStep(context, have.volumeId, 'letGoVolume')]];
  if (fate === 'keep') return stages;
  const failed = (parts.failedVolumeIds ?? []).map((volumeId): Step => ({
    key: `failedVolume ${volumeId}`,
    title: `delete ${volumeId}, which AWS could not make and which holds nothing`,
    run: (op) => deleteVolume(context, volumeId, op),
  }));
  if (!have || have.state === 'error') return failed.length > 0 ? [failed] : [];
  const { sizeGib, volumeId } = have;
  const taken = takenBefore(have, site);
  // What was taken before this site began to be destroyed may lack what was written since.
  const former = (parts.lastSnapshots ?? []).flatMap(({ snapshotId }) =>
    snapshotId === taken?.snapshotId ? [] : [snapshotId],
  );
  const find = (op: Op) => findSnapshot(context, volumeId, former, op);
  if (fate === 'snapshot' && taken?.state !== 'completed') {
    const what = taken
      ? `wait until the snapshot ${taken.snapshotId} of volume ${volumeId} is complete`
      : `take a snapshot of volume ${volumeId}`;
    stages.push([
      {
        key: 'snapshot',
        title: `${what}, which stays and costs by what is on it`,
        charges: [snapshotCharge(sizeGib, 'snapshot of the volume')],
        run: (op) => takeSnapshot(context, volumeId, find, op),
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
      async run(op) {
        if (fate === 'snapshot') await requireComplete(volumeId, find, op);
        await deleteVolume(context, volumeId, op);
      },
    },
  ]);
  return stages;
}

/**
 * The last snapshot of a volume that cannot have changed since: nothing has it attached, and the snapshot was asked for after the site began to be destroyed,
 * of which provisioning, that would attach it again, takes the mark away.
 */
function takenBefore({ attachment, volumeId }: VolumeHave, { bucket, parts }: VolumeRemoval): SiteSnapshot | undefined {
  const sinceMs = Date.parse(known(bucket)?.destroyingSince ?? '');
  if (attachment || Number.isNaN(sinceMs)) return undefined;
  return parts.lastSnapshots?.find(
    (snapshot) =>
      snapshot.volumeId === volumeId &&
      snapshot.state !== 'error' &&
      // AWS may tell whole seconds.
      snapshot.startedMs >= sinceMs - (sinceMs % 1000),
  );
}

/** A volume that was there before the site stays as it is, where it is. */
function letGoStep(context: Context, volumeId: string, key: string): Step {
  const title = `take this site’s tags off volume ${volumeId}, which was there before it (it stays as it is, and goes on costing)`;
  const isListed = async (op: Op) => (await listVolumesEver(context, op)).some(({ VolumeId }) => VolumeId === volumeId);
  return { key, title, run: (op) => untag(context, volumeId, () => isListed(op), op) };
}

/** Those that were made from a snapshot to take the volume’s place and did not: once that is gone, each would be the site’s volume. */
function spareSteps(context: Context, others: readonly OtherVolume[]): Step[] {
  const spares = others.filter(
    ({ kind, snapshotId, state }) => kind === 'restored' && snapshotId !== undefined && state === 'available',
  );
  return spares.map(({ sizeGib, snapshotId, volumeId, volumeType }) => ({
    key: `spareVolume ${volumeId}`,
    title: `delete volume ${volumeId}, ${sizeGib} GiB, which was made from the snapshot ${snapshotId} and is not in use`,
    loses: 'data',
    charges: [ended(diskCharge(volumeType, sizeGib, 'volume'))],
    run: (op) => deleteVolume(context, volumeId, op),
  }));
}

type FindSnapshot = (op: Op) => Promise<SiteSnapshot | undefined>;

/** The newest snapshot of a volume that is none of the former ones. Throws `UserError` when AWS could not make it. */
async function findSnapshot(
  context: Context,
  volumeId: string,
  former: readonly string[],
  op: Op,
): Promise<SiteSnapshot | undefined> {
  const found = (await listSnapshots(context, op)).filter(
    (snapshot) => snapshot.volumeId === volumeId && !former.includes(snapshot.snapshotId),
  );
  const usable = found.find(({ state }) => state !== 'error');
  const [failed] = found;
  if (usable || !failed) return usable;
  throw new UserError(
    `AWS could not make the snapshot ${failed.snapshotId} of the volume ${volumeId}, which stays as it is. Run the command again to take another one; if that fails as well, see whether the key that encrypts the volume can be used (KMS console).`,
  );
}

/** CreateSnapshot knows no client token: it is asked for once, and when no answer comes, the list tells whether it made one. */
async function takeSnapshot(context: Context, volumeId: string, find: FindSnapshot, op: Op): Promise<void> {
  await waitUntilLetGo(context, volumeId, op);
  if (!(await find(op))) {
    const ask = () => askForSnapshot(context, volumeId, op);
    await madeOnce(ask, () => find(op), op);
  }
  await waitFor(
    'the snapshot to be complete',
    async () => ((await find(op))?.state === 'completed' ? true : undefined),
    SNAPSHOT,
    op,
  );
}

/** Throws `UserError` unless the snapshot that was to be taken is there and complete; a list may be behind for a moment. */
async function requireComplete(volumeId: string, find: FindSnapshot, op: Op): Promise<void> {
  await retry(
    async () => {
      if ((await find(op))?.state === 'completed') return;
      throw new UserError(
        `The snapshot of the volume ${volumeId} is not there, or not complete, so the volume is not deleted. Run the command again.`,
      );
    },
    isUserError,
    { limitSeconds: 5 },
    op,
  );
}

async function askForSnapshot({ clients, site }: Context, VolumeId: string, op: Op): Promise<void> {
  await ec2Once(clients).send(
    new CreateSnapshotCommand({
      VolumeId,
      Description: `Last state of the pages of ${site.name}`,
      TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagsFor(site, LAST_SNAPSHOT) }],
    }),
    { abortSignal: op.signal },
  );
}
