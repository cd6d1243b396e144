import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Volume,
  type VolumeAttachmentState,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../aws/errors';
import { appears, unlessMissing, waitFor } from '../aws/wait';
import { BLANK_TAG, clientToken, DOCUMENT_ROOT, serialOf, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import mountScript from '../remote/scripts/mount.sh';
import { runScript, waitUntilOnline } from '../remote/ssm';
import { findVolume, runningInstance } from './lookup';
import type { Context } from '../context';
import { known, type Resource, type Seen } from './resource';
import { server, type ServerNeeds } from './server';

/** The volume as AWS shows it. */
export interface VolumeHave {
  readonly volumeId: string;
  readonly zone: string;
  readonly sizeGib: number;
  readonly encrypted: boolean;
  readonly attachment:
    { readonly instanceId: string; readonly device: string; readonly state: VolumeAttachmentState } | undefined;
}

/** What the volume's plan depends on: what the server's does, of which the volume is more than a zone here. */
export interface VolumeNeeds extends ServerNeeds {
  readonly volume: Seen<VolumeHave>;
}

const SETTLE = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 300 };
const MAX_GENERATIONS = 50;

/** The EBS volume whose partition is the document root, so pages outlive the instance. */
export const volume: Resource<VolumeHave, VolumeNeeds> = {
  async describe(context, op): Promise<Seen<VolumeHave>> {
    const found = await findVolume(context, op);
    return found?.VolumeId ? { kind: 'known', have: haveOf(found, found.VolumeId) } : { kind: 'absent' };
  },

  glance: (context, _before, op) => volume.describe(context, op),

  plan(context, site): Plan {
    if (site.volume.kind === 'unknown' || site.server.kind === 'unknown') return [];
    const { sizeGib, partitionMib } = context.site.volume;
    const have = known(site.volume);
    const serverHave = known(site.server);
    const stages: Step[][] = [];
    if (!have) {
      const title = `create ${sizeGib} GiB encrypted gp3 volume`;
      stages.push([{ key: 'volume', title, run: (op) => createVolume(context, op) }]);
    }
    if (!have || have.attachment?.state !== 'attached' || have.attachment.instanceId !== serverHave?.instanceId) {
      stages.push([{ key: 'attachment', title: 'attach the volume to the server', run: (op) => attach(context, op) }]);
    }
    if (!have || !isMounted(have, serverHave)) {
      const part = partitionMib ? `a ${partitionMib} MiB partition` : 'the volume';
      const title = `mount ${part} on ${DOCUMENT_ROOT} (ext4; formats only a blank volume)`;
      stages.push([{ key: 'mount', title, run: (op) => mount(context, op) }]);
    }
    return sequence(server.plan(context, site), stages);
  },
};

/** True when the look inside the server found a partition of this very volume on the document root, in fstab as well. */
export function isMounted(have: VolumeHave, serverHave: { inspection: InspectedMount } | undefined): boolean {
  const mounted = serverHave?.inspection?.mount;
  return mounted !== undefined && mounted.serial === serialOf(have.volumeId) && mounted.inFstab;
}

type InspectedMount =
  { readonly mount: { readonly serial: string; readonly inFstab: boolean } | undefined } | undefined;

function haveOf(found: Volume, volumeId: string): VolumeHave {
  const attachment = found.Attachments?.[0];
  return {
    volumeId,
    zone: found.AvailabilityZone ?? '',
    sizeGib: found.Size ?? 0,
    encrypted: found.Encrypted ?? false,
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
  const { site, clients } = context;
  const { Placement } = await runningInstance(context, op);
  for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
    if (await findVolume(context, op)) return;
    try {
      const made = await clients.ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: Placement?.AvailabilityZone,
          Size: site.volume.sizeGib,
          VolumeType: 'gp3',
          Encrypted: true,
          ClientToken: clientToken(site, 'volume', generation),
          TagSpecifications: [
            {
              ResourceType: 'volume',
              Tags: [...tagsFor(site, 'volume'), { Key: BLANK_TAG, Value: 'yes' }],
            },
          ],
        }),
        { abortSignal: op.signal },
      );
      if (made.VolumeId && (await exists(context, made.VolumeId, op))) return;
      // The token answered with a volume that is gone: take the next generation.
    } catch (error) {
      if (!hasCode(error, 'IdempotentParameterMismatch')) throw error;
    }
  }
  throw new Error(`No client token of ${MAX_GENERATIONS} was free for a new volume.`);
}

/** True once the list shows the volume; AWS tells of one that is deleted as of one that it does not show yet. */
async function exists({ clients }: Context, volumeId: string, op: Op): Promise<boolean> {
  const find = () =>
    unlessMissing(async () => {
      const { Volumes } = await clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }), {
        abortSignal: op.signal,
      });
      const state = Volumes?.[0]?.State;
      return state === 'deleting' || state === 'deleted' ? undefined : state;
    }, 'InvalidVolume.NotFound');
  return appears(find, op);
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
    await clients.ec2.send(command, { abortSignal: op.signal });
  } catch (error) {
    if (!hasCode(error, 'VolumeInUse', 'IncorrectState')) throw error;
  }
}

/** False once an instance is going or gone; AWS then detaches its volumes by itself. */
async function isAlive({ clients }: Context, instanceId: string | undefined, op: Op): Promise<boolean> {
  if (!instanceId) return false;
  const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), {
    abortSignal: op.signal,
  });
  const state = Reservations?.[0]?.Instances?.[0]?.State?.Name;
  return state !== 'shutting-down' && state !== 'terminated';
}

async function mount(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  await waitUntilOnline(context, InstanceId, op);
  const found = await findVolume(context, op);
  if (!found?.VolumeId) throw new UserError('This site has no volume yet. Run “Provision Volume…” first.');
  const blank = found.Tags?.some(({ Key, Value }) => Key === BLANK_TAG && Value === 'yes') ?? false;
  await runScript(
    context,
    InstanceId,
    {
      name: 'mount',
      script: mountScript,
      values: {
        VOLUME_ID: found.VolumeId,
        SERIAL: serialOf(found.VolumeId),
        CREATED_BLANK: blank ? 'yes' : 'no',
        PARTITION_MIB: String(context.site.volume.partitionMib ?? 0),
        MOUNT_POINT: DOCUMENT_ROOT,
      },
      timeoutSeconds: 600,
    },
    op,
  );
}
