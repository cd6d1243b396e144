import { CreateSnapshotCommand } from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { hasCode } from '../../aws/errors';
import { madeOnce, retry, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { snapshotCharge } from '../../cost/charge';
import { REQUEST_TAG, tagsFor, tagText } from '../../names';
import { UserError, type Op } from '../../op';
import type { Plan } from '../../plan';
import { findVolume } from '../lookup';
import { known } from '../resource';
import { listSiteSnapshots, SNAPSHOT, type SiteSnapshot } from './snapshots';
import type { SiteHave } from '../stack';
import { requireSameRegion } from '../whereabouts';

/** What somebody asks for once. */
export interface SnapshotRequest {
  /** Another one each time that somebody asks, so that the same request makes one snapshot. */
  readonly id: string;
  /** What it is to be called; empty for nothing special. */
  readonly name: string;
}

const PROVISION = { title: 'Provision Volume…', command: 'sitelift.provisionVolume' };
/** A first snapshot takes minutes, of a large volume hours (EBS documentation, “How EBS snapshots work”). */
const STORING = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 4 * 3600 };
/** AWS takes one snapshot of a volume in 15 seconds (EBS documentation, “Snapshot quotas”). */
const TAKING = { firstSeconds: 5, slowestSeconds: 10, limitSeconds: 60 };

/** The plan that takes a snapshot of the volume as it is now. Throws `UserError` where there is none, or it cannot be read. */
export function planSnapshot(
  context: Context,
  site: Pick<SiteHave, 'volume' | 'server' | 'bucket' | 'distribution'>,
  snapshots: readonly SiteSnapshot[],
  request: SnapshotRequest,
): Plan {
  requireSameRegion(context.site, site);
  const { volume } = site;
  if (volume.kind === 'unknown') {
    throw new UserError(`The volume could not be read, so nothing is planned. ${volume.reason}`);
  }
  const have = known(volume);
  if (!have || have.state === 'error') throw new UserError('This site has no volume yet.', { remedy: PROVISION });
  const made = snapshots.find((one) => one.request === request.id);
  if (made?.state === 'completed') return [];
  const { sizeGib, volumeId } = have;
  const title = `take a snapshot of volume ${volumeId}, ${sizeGib} GiB, as it is now (it stays until you delete it, and costs by what is on it)`;
  const charges = [snapshotCharge(sizeGib, 'snapshot of the volume')];
  return [[{ key: 'snapshotVolume', title, charges, run: (op) => takeSnapshot(context, volumeId, request, op) }]];
}

/** CreateSnapshot knows no client token: it is asked for once, and when no answer comes, the list tells whether it made one. */
async function takeSnapshot(context: Context, volumeId: string, request: SnapshotRequest, op: Op): Promise<void> {
  const find = async () => (await listSiteSnapshots(context, op)).find((one) => one.request === request.id);
  if (!(await find())) {
    if ((await findVolume(context, op))?.VolumeId !== volumeId) {
      throw new UserError(`The volume ${volumeId} is not the site’s any more. Run the command again.`);
    }
    await retry(
      () => madeOnce(() => ask(context, volumeId, request, op), find, op),
      (error) => hasCode(error, 'SnapshotCreationPerVolumeRateExceeded'),
      TAKING,
      op,
    );
  }
  let wasSeen = false;
  await waitFor(
    'the snapshot to be complete, which goes on by itself',
    async () => {
      const found = await find();
      if (found?.state === 'error') {
        throw new UserError(
          `AWS could not make the snapshot ${found.snapshotId} of the volume ${volumeId}. See whether the key that encrypts the volume can be used (KMS console), delete that snapshot in the EC2 console, and run the command again.`,
        );
      }
      if (!found && wasSeen) throw new UserError('Somebody deleted the snapshot while it was being stored.');
      wasSeen = found !== undefined;
      if (found) op.report(`${Math.round(found.progress * 100)} % of ${found.snapshotId} is stored`, found.progress);
      return found?.state === 'completed' ? true : undefined;
    },
    STORING,
    op,
  );
}

async function ask(context: Context, VolumeId: string, { id, name }: SnapshotRequest, op: Op): Promise<void> {
  const { clients, site } = context;
  const called = { Key: 'Name', Value: tagText(name.trim()).replace(/^aws:/i, 'aws-') };
  const tags = tagsFor(site, SNAPSHOT).map((tag) => (tag.Key === 'Name' && called.Value ? called : tag));
  await ec2Once(clients).send(
    new CreateSnapshotCommand({
      VolumeId,
      Description: `Pages of ${site.name}`,
      TagSpecifications: [{ ResourceType: 'snapshot', Tags: [...tags, { Key: REQUEST_TAG, Value: id }] }],
    }),
    { abortSignal: op.signal },
  );
}
