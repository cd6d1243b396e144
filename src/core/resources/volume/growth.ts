import { DescribeVolumesModificationsCommand, ModifyVolumeCommand, type VolumeModification } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { diskCharge, ended } from '../../cost/charge';
import { DOCUMENT_ROOT, serialOf } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import growScript from '../../remote/scripts/grow.sh';
import { runScript, waitUntilOnline } from '../../remote/ssm';
import { driftText, type Drift } from '../driftText';
import { findVolume, runningInstance } from '../lookup';

/** What the site file asks for that grows. */
export interface WantedSize {
  readonly sizeGib: number;
  readonly partitionMib?: number | undefined;
}

/** What of a mounted volume tells whether it is as large as it should be. */
interface Mounted {
  readonly sizeBytes: number;
  readonly diskBytes: number;
  readonly roomBytes: number;
  readonly fileSystemBytes: number;
}

const MIB = 1024 ** 2;
/** A file system ends up to this far before its partition, and a partition before the end of its disk, without lacking anything. */
const SLACK_BYTES = 8 * MIB;
/** The new size is there once the volume is *optimizing*: seconds, at times minutes. */
const GROWING = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 1800 };

/** What of a mounted volume is smaller than the site file asks; undefined when nothing is. */
export function lackOf({ sizeGib, partitionMib }: WantedSize, mount: Mounted): Drift | undefined {
  const { diskBytes, fileSystemBytes, roomBytes, sizeBytes } = mount;
  if (fileSystemBytes === 0) return undefined;
  const lack = (what: string, isBytes: number, wantedMib: number): Drift => ({
    ...{ what, is: `${mib(isBytes)} MiB`, wanted: `${wantedMib} MiB` },
  });
  if (diskBytes < sizeGib * 1024 * MIB) return lack('the disk that the server sees', diskBytes, sizeGib * 1024);
  if (roomBytes > 0) {
    const lackBytes = partitionMib === undefined ? roomBytes - SLACK_BYTES : partitionMib * MIB;
    const wantedMib = partitionMib ?? mib(roomBytes);
    if (sizeBytes < lackBytes) return lack('the partition', sizeBytes, wantedMib);
  }
  return fileSystemBytes < sizeBytes - SLACK_BYTES
    ? lack('the file system', fileSystemBytes, mib(sizeBytes))
    : undefined;
}

/** Why the site file asks for less than there is, which cannot be had, and how to put it right; undefined when it does not. */
export function shrinkRefusal(
  { sizeGib, partitionMib }: WantedSize,
  have: { readonly volumeId: string; readonly sizeGib: number },
  mount: Mounted | undefined,
): string | undefined {
  if (have.sizeGib > sizeGib) {
    return `The volume ${have.volumeId} has ${have.sizeGib} GiB, and sitelift.json asks for ${sizeGib} GiB. A volume cannot shrink: write ${have.sizeGib} as “volume.sizeGib”.`;
  }
  if (
    !mount ||
    mount.roomBytes === 0 ||
    partitionMib === undefined ||
    Math.floor(mount.sizeBytes / MIB) <= partitionMib
  ) {
    return undefined;
  }
  const has = mib(mount.sizeBytes);
  return `The partition of ${have.volumeId} has ${has} MiB, and sitelift.json asks for ${partitionMib} MiB. Sitelift makes no partition smaller: write ${has} as “volume.partitionMib”, or leave it out for all of the volume.`;
}

/** The stages that make an existing volume larger, and then what is mounted of it. */
export function growthStages(
  context: Context,
  have: { readonly volumeId: string; readonly sizeGib: number; readonly volumeType?: string | undefined },
  mount: Mounted | undefined,
): { readonly disk: Step[][]; readonly fileSystem: Step[][] } {
  const { partitionMib, sizeGib } = context.site.volume;
  const grows = have.sizeGib < sizeGib;
  const lack =
    mount && lackOf(context.site.volume, { ...mount, diskBytes: Math.max(mount.diskBytes, grows ? Infinity : 0) });
  const disk: Step = {
    key: 'growVolume',
    title: `grow volume ${have.volumeId} from ${have.sizeGib} to ${sizeGib} GiB (it can never shrink; AWS allows few changes a day)`,
    charges: [
      diskCharge(have.volumeType, sizeGib, 'volume'),
      ended(diskCharge(have.volumeType, have.sizeGib, 'volume')),
    ],
    run: (op) => growVolume(context, op),
  };
  const fileSystem: Step = {
    key: 'growFileSystem',
    title: `make the file system on ${DOCUMENT_ROOT} larger while it is in use (${lack ? driftText(lack) : 'to all of the volume'})`,
    run: (op) => growFileSystem(context, op),
  };
  const needsMore = lack !== undefined || (grows && partitionMib === undefined);
  return { disk: grows ? [[disk]] : [], fileSystem: needsMore ? [[fileSystem]] : [] };
}

async function growVolume(context: Context, op: Op): Promise<void> {
  const { sizeGib } = context.site.volume;
  const VolumeId = (await findVolume(context, op))?.VolumeId;
  if (!VolumeId) throw new UserError('This site has no volume any more. Run “Provision Volume…” again.');
  const before = await modificationOf(context, VolumeId, op);
  const asked = isUnderWay(before) && (before.TargetSize ?? 0) >= sizeGib;
  if (!asked && ((await findVolume(context, op))?.Size ?? 0) < sizeGib) await ask(context, VolumeId, op);
  await waitFor(
    `the volume to have ${sizeGib} GiB`,
    async () => {
      const now = await modificationOf(context, VolumeId, op);
      const isNew = asked || now?.StartTime?.getTime() !== before?.StartTime?.getTime();
      if (isNew && now?.ModificationState === 'failed') {
        throw new UserError(`AWS could not grow the volume ${VolumeId}: ${now.StatusMessage ?? 'it gives no reason'}.`);
      }
      const size = (await findVolume(context, op))?.Size ?? 0;
      return size >= sizeGib && now?.ModificationState !== 'modifying' ? true : undefined;
    },
    GROWING,
    op,
  );
}

/** ModifyVolume has no client token: an answer that was lost shows itself as a change that is under way. */
async function ask(context: Context, VolumeId: string, op: Op): Promise<void> {
  const { sizeGib: Size } = context.site.volume;
  try {
    await context.clients.ec2.send(new ModifyVolumeCommand({ VolumeId, Size }), { abortSignal: op.signal });
  } catch (error) {
    if (!hasCode(error, 'IncorrectModificationState', 'VolumeModificationRateExceeded')) throw error;
    const now = await modificationOf(context, VolumeId, op);
    if ((now?.TargetSize ?? 0) >= Size && now?.ModificationState !== 'failed') return;
    throw new UserError(
      hasCode(error, 'IncorrectModificationState')
        ? `The volume ${VolumeId} is still being changed to ${now?.TargetSize ?? '?'} GiB (${now?.ModificationState ?? 'state not known'}, ${now?.Progress ?? 0} %), and AWS makes one change at a time. That takes up to a day; run the command again when it is completed.`
        : `AWS lets a volume be changed a few times a day only, and ${VolumeId} was changed too often. Run the command again in some hours; nothing was changed now. (${(error as Error).message})`,
      { cause: error },
    );
  }
}

function isUnderWay(seen: VolumeModification | undefined): seen is VolumeModification {
  return seen?.ModificationState === 'modifying' || seen?.ModificationState === 'optimizing';
}

async function modificationOf({ clients }: Context, id: string, op: Op): Promise<VolumeModification | undefined> {
  const answer = await unlessMissing(
    () => clients.ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [id] }), { abortSignal: op.signal }),
    'InvalidVolumeModification.NotFound',
  );
  return answer?.VolumesModifications?.[0];
}

async function growFileSystem(context: Context, op: Op): Promise<void> {
  const { partitionMib = 0, sizeGib } = context.site.volume;
  const { InstanceId } = await runningInstance(context, op);
  await waitUntilOnline(context, InstanceId, op);
  const VolumeId = (await findVolume(context, op))?.VolumeId;
  if (!VolumeId) throw new UserError('This site has no volume any more. Run “Provision Volume…” again.');
  const values = {
    ...{ VOLUME_ID: VolumeId, SERIAL: serialOf(VolumeId), SIZE_GIB: String(sizeGib) },
    ...{ PARTITION_MIB: String(partitionMib), MOUNT_POINT: DOCUMENT_ROOT },
  };
  await runScript(context, InstanceId, { name: 'grow', script: growScript, values, timeoutSeconds: 1200 }, op);
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
