import { CreateSnapshotCommand, DeleteVolumeCommand, DescribeVolumesCommand, type Volume } from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { hasCode } from '../../aws/errors';
import { madeOnce, retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { diskCharge, ended, snapshotCharge } from '../../cost/charge';
import { tagsFor } from '../../names';
import { isUserError, UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { untag } from '../adopt/tagging';
import { carriesTag } from '../bucketSettings';
import { instanceById, isDead, listVolumes } from '../lookup';
import { moment } from '../../release/moment';
import { known, type Seen } from '../resource';
import type { VolumeHave } from '../volume';
import { LAST_SNAPSHOT, type SiteSnapshot } from '../snapshots';
import { listSnapshots, type SiteParts } from './parts';

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

const MISSING = 'InvalidVolume.NotFound';
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 300 };
/** A first snapshot takes minutes, of a large volume hours (EBS documentation, “How EBS snapshots work”). */
const SNAPSHOT = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 4 * 3600 };

/** The steps that delete the volume, after a snapshot if one is wanted; stages in order. */
export function volumeStages(context: Context, site: VolumeRemoval, fate: VolumeFate): Step[][] {
  const { parts, volume } = site;
  const have = known(volume);
  if (have?.isAdopted && (fate !== 'keep' || known(site.server)?.isAdopted)) return letGoStages(context, have);
  if (fate === 'keep') return [];
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
  const stages: Step[][] = [];
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
function letGoStages(context: Context, { volumeId }: VolumeHave): Step[][] {
  const title = `take this site’s tags off volume ${volumeId}, which was there before it (it stays as it is, and goes on costing)`;
  const isListed = async (op: Op) => (await listVolumes(context, op)).some(({ VolumeId }) => VolumeId === volumeId);
  return [[{ key: 'letGoVolume', title, run: (op) => untag(context, volumeId, () => isListed(op), op) }]];
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

async function deleteVolume(context: Context, VolumeId: string, op: Op): Promise<void> {
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
 * not this site's any more: whoever took its tag away wants to keep it.
 */
async function waitUntilLetGo(context: Context, volumeId: string, op: Op): Promise<void> {
  await waitFor(
    'the volume to be let go by its server',
    async () => {
      const found = await volumeById(context, volumeId, op);
      if (found && !carriesTag(found.Tags ?? [], context)) {
        throw new UserError(
          `The volume ${volumeId} does not carry this site’s tag any more, so it is left alone. It goes on costing.`,
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
