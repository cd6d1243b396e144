import { AttachVolumeCommand, type Volume, type VolumeAttachmentState, type VolumeState } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { retry, waitFor } from '../../aws/wait';
import { diskCharge } from '../../cost/charge';
import { BLANK_TAG, DOCUMENT_ROOT, ROLE_TAG, serialOf, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import { sequence, type Plan, type Step } from '../../plan';
import mountScript from '../../remote/scripts/mount.sh';
import { runScript, waitUntilOnline } from '../../remote/ssm';
import { isAdopted } from '../adopt/adopted';
import { findVolume, instanceById, listVolumesEver, runningInstance, usableVolume } from '../lookup';
import type { Context } from '../../context';
import { growthStages, type WantedSize } from './growth';
import { mountOf } from './mounted';
import { makeVolume } from './newVolume';
import { otherVolumes, snapshotOf, type OtherVolume } from './otherVolumes';
import { known, type Resource, type Seen } from '../resource';
import { tagOf } from '../../tags';
import { FORMER_VOLUME } from '../succession';
import { server, type ServerNeeds } from '../server/server';

/** The volume as AWS shows it. */
export interface VolumeHave {
  readonly volumeId: string;
  /** `error` when AWS could not make it: such a volume holds nothing and can only be deleted. */
  readonly state: VolumeState;
  readonly zone: string;
  readonly sizeGib: number;
  /** E.g. `gp3`; undefined when AWS did not tell. */
  readonly volumeType?: string | undefined;
  readonly encrypted: boolean;
  /** It was there before the site, and stays when that goes. */
  readonly isAdopted?: boolean;
  /** What the site file asks for. */
  readonly wanted: WantedSize & { readonly device?: string };
  /** The snapshot that it was made from, if it was. */
  readonly snapshotId?: string;
  /** Volumes beside it: those whose place another one took, and those that were to take one. */
  readonly others?: readonly OtherVolume[];
  readonly attachment:
    { readonly instanceId: string; readonly device: string; readonly state: VolumeAttachmentState } | undefined;
}

/** What the volume's plan depends on: what the server's does, of which the volume is more than a zone here. */
export interface VolumeNeeds extends ServerNeeds {
  readonly volume: Seen<VolumeHave>;
}

const SETTLE = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 300 };

/** The EBS volume whose partition is the document root, so pages outlive the instance. */
export const volume: Resource<VolumeHave, VolumeNeeds> = {
  async describe(context, op): Promise<Seen<VolumeHave>> {
    const all = await listVolumesEver(context, op);
    const volumes = all.filter((one) => tagOf(one, ROLE_TAG) !== FORMER_VOLUME);
    const found = usableVolume(volumes) ?? volumes[0];
    if (!found?.VolumeId) return { kind: 'absent' };
    const others = otherVolumes(all.filter((one) => one !== found));
    const have = haveOf(context, found, found.VolumeId);
    return { kind: 'known', have: others.length > 0 ? { ...have, others } : have };
  },

  glance: (context, _before, op) => volume.describe(context, op),

  plan(context, site): Plan {
    if (site.volume.kind === 'unknown' || site.server.kind === 'unknown') return [];
    const { sizeGib, partitionMib } = context.site.volume;
    const seen = known(site.volume);
    const have = seen?.state === 'error' ? undefined : seen;
    const serverHave = known(site.server);
    const stages: Step[][] = [];
    if (!have) {
      const title = `create ${sizeGib} GiB encrypted gp3 volume${seen ? ` (AWS could not make ${seen.volumeId})` : ''}`;
      const charges = [diskCharge('gp3', sizeGib, 'volume')];
      stages.push([{ key: 'volume', title, charges, run: (op) => createVolume(context, op) }]);
    }
    if (!have || have.attachment?.state !== 'attached' || have.attachment.instanceId !== serverHave?.instanceId) {
      const holder = have?.attachment?.instanceId;
      const which = have ? `volume ${have.volumeId} (attached to ${holder ?? 'nothing'} now)` : 'the volume';
      const title = `attach ${which} to the server`;
      stages.push([{ key: 'attachment', title, run: (op) => attach(context, op) }]);
    }
    const mounted = have && mountOf(have, serverHave);
    const growth = have ? growthStages(context, have, mounted) : { disk: [], fileSystem: [] };
    stages.push(...growth.disk);
    if (!mounted?.inFstab) {
      const part = partitionMib ? `a ${partitionMib} MiB partition` : 'the volume';
      const isFull = have?.isAdopted === true || have?.snapshotId !== undefined;
      const how = isFull ? 'as it is; nothing is formatted' : 'ext4; formats only a blank volume';
      const title = mounted
        ? `write the mount on ${DOCUMENT_ROOT} into /etc/fstab, so that it is there after a boot as well`
        : `mount ${isFull ? 'its file system' : part} on ${DOCUMENT_ROOT} (${how})`;
      stages.push([{ key: 'mount', title, run: (op) => mount(context, op) }]);
    }
    return sequence(server.plan(context, site), stages, growth.fileSystem);
  },
};

/** The size of the site’s volume in GiB, if there is one. */
export async function volumeSizeGib(context: Context, op: Op): Promise<number | undefined> {
  return (await findVolume(context, op))?.Size;
}

function haveOf({ site }: Context, found: Volume, volumeId: string): VolumeHave {
  const attachment = found.Attachments?.[0];
  return {
    volumeId,
    state: found.State ?? 'creating',
    zone: found.AvailabilityZone ?? '',
    sizeGib: found.Size ?? 0,
    volumeType: found.VolumeType,
    encrypted: found.Encrypted ?? false,
    ...(isAdopted(found.Tags) ? { isAdopted: true } : {}),
    wanted: site.volume,
    ...snapshotOf(found),
    attachment: attachment?.InstanceId
      ? {
          instanceId: attachment.InstanceId,
          device: attachment.Device ?? '',
          state: attachment.State ?? 'attaching',
        }
      : undefined,
  };
}

async function createVolume(context: Context, op: Op): Promise<void> {
  const { site } = context;
  const { Placement } = await runningInstance(context, op);
  const before = await listVolumesEver(context, op);
  if (await findVolume(context, op)) return;
  const wanted = {
    ...{ zone: Placement?.AvailabilityZone, sizeGib: site.volume.sizeGib, tokens: 'volume' },
    tags: [...tagsFor(site, 'volume'), { Key: BLANK_TAG, Value: 'yes' }],
    find: (findOp: Op) => findVolume(context, findOp),
  };
  await makeVolume(context, wanted, before, op);
}

async function attach(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  await waitFor(
    'the volume to be attached',
    async () => {
      const found = await findVolume(context, op);
      if (!found?.VolumeId) throw new UserError('This site has no volume yet. Run “Provision Volume…” first.');
      const attachment = found.Attachments?.[0];
      if (attachment?.InstanceId === InstanceId && attachment.State === 'attached') return found;
      if (found.State === 'available') {
        await attachOnce(context, found.VolumeId, InstanceId, op);
      } else if (attachment?.InstanceId !== InstanceId && (await isAlive(context, attachment?.InstanceId, op))) {
        throw new UserError(
          `The volume ${found.VolumeId} is attached to another instance (${attachment?.InstanceId}). Detach it there first; Sitelift does not take it away.`,
        );
      }
      return undefined;
    },
    SETTLE,
    op,
  );
}

/** Asks for the attachment; a list that is behind, or a second window, may have asked already. */
async function attachOnce({ site, clients }: Context, VolumeId: string, InstanceId: string, op: Op): Promise<void> {
  try {
    const command = new AttachVolumeCommand({ VolumeId, InstanceId, Device: site.volume.device });
    await retry(
      () => clients.ec2.send(command, { abortSignal: op.signal }),
      (error) => hasCode(error, '*.NotFound'),
      SETTLE,
      op,
    );
  } catch (error) {
    if (!hasCode(error, 'VolumeInUse', 'IncorrectState')) throw error;
  }
}

/** False once an instance is going or gone; AWS then detaches its volumes by itself. */
async function isAlive(context: Context, instanceId: string | undefined, op: Op): Promise<boolean> {
  const state = instanceId === undefined ? undefined : (await instanceById(context, instanceId, op))?.State?.Name;
  return state !== undefined && state !== 'shutting-down' && state !== 'terminated';
}

async function mount(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  await waitUntilOnline(context, InstanceId, op);
  const found = await findVolume(context, op);
  if (!found?.VolumeId) throw new UserError('This site has no volume yet. Run “Provision Volume…” first.');
  const isBlank = !isAdopted(found.Tags) && tagOf(found, BLANK_TAG) === 'yes';
  await runScript(
    context,
    InstanceId,
    {
      ...{ name: 'mount', script: mountScript },
      values: {
        VOLUME_ID: found.VolumeId,
        SERIAL: serialOf(found.VolumeId),
        CREATED_BLANK: isBlank ? 'yes' : 'no',
        PARTITION_MIB: String(context.site.volume.partitionMib ?? 0),
        MOUNT_POINT: DOCUMENT_ROOT,
        // What another site’s publication left on one that was adopted is none of this site’s.
        TAKES_SETTINGS: isAdopted(found.Tags) ? 'no' : 'yes',
      },
      timeoutSeconds: 600,
    },
    op,
  );
}
