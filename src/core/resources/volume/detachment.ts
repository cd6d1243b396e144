import { DetachVolumeCommand } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { DOCUMENT_ROOT, serialOf } from '../../names';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import unmountScript from '../../remote/scripts/unmount.sh';
import { runScript, waitUntilOnline } from '../../remote/ssm';
import { findVolume, instanceById, isDead, runningInstance } from '../lookup';
import { known } from '../resource';
import type { VolumeNeeds } from './volume';

const SETTLE = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 300 };

/**
 * The steps that take the volume off the site's server, unmounted first; stages in order, none for one that is not attached to it. Throws `UserError` when it
 * could not be unmounted, as nothing on the server answers.
 */
export function detachStages(context: Context, site: VolumeNeeds): Step[][] {
  const [server, volume] = [known(site.server), known(site.volume)];
  const attachment = volume?.attachment;
  if (!server || !volume || !attachment || attachment.instanceId !== server.instanceId) return [];
  const detaching: Step = {
    key: 'detach',
    title: `detach volume ${volume.volumeId} from the server`,
    async run(op) {
      const found = await findVolume(context, op);
      // Somebody took it off already, or gave it to another server since.
      if (found?.VolumeId !== volume.volumeId || found.Attachments?.[0]?.InstanceId !== server.instanceId) return;
      if (server.state === 'stopped') await requireStopped(context, server.instanceId, op);
      await detach(context, volume.volumeId, server.instanceId, op);
    },
  };
  if (server.state === 'stopped') return [[detaching]];
  if (server.state !== 'running' || !server.online) {
    throw new UserError(
      `The server is ${server.state === 'running' ? 'running, but its agent does not answer' : server.state}, so the volume cannot be unmounted before it is detached, and what was not written yet would be lost. Wait until the agent answers, or stop the server first. Nothing was changed.`,
    );
  }
  const unmounting: Step = {
    key: 'unmount',
    title: `stop the web server and unmount ${DOCUMENT_ROOT} (readers get no pages from the server until it is mounted again)`,
    loses: 'uptime',
    run: (op) => unmount(context, volume.volumeId, server.instanceId, op),
  };
  return [[unmounting], [detaching]];
}

/** Throws `UserError` for a server that was started meanwhile: what it has not written yet would be lost. */
async function requireStopped(context: Context, instanceId: string, op: Op): Promise<void> {
  const instance = await instanceById(context, instanceId, op);
  if (!instance || isDead(instance) || instance.State?.Name === 'stopped') return;
  throw new UserError(
    `The server is ${instance.State?.Name} by now, so its volume must be unmounted before it is detached. Run the command again. Nothing was changed.`,
  );
}

async function unmount(context: Context, volumeId: string, instanceId: string, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  // Another server has it by now, which somebody else gave it to.
  if (InstanceId !== instanceId) return;
  await waitUntilOnline(context, InstanceId, op);
  const values = { VOLUME_ID: volumeId, SERIAL: serialOf(volumeId), MOUNT_POINT: DOCUMENT_ROOT };
  await runScript(context, InstanceId, { name: 'unmount', script: unmountScript, values, timeoutSeconds: 600 }, op);
}

async function detach(context: Context, volumeId: string, instanceId: string, op: Op): Promise<void> {
  await waitFor(
    'the volume to be detached (one that is still in use on the server stays “busy”)',
    async () => {
      const found = await findVolume(context, op);
      if (found?.VolumeId !== volumeId || found.State !== 'in-use') return true;
      const attachment = found.Attachments?.[0];
      if (attachment?.InstanceId !== instanceId) return true;
      if (attachment.State === 'attached') await detachOnce(context, volumeId, instanceId, op);
      return undefined;
    },
    SETTLE,
    op,
  );
}

/** Asks for the detachment; a list that is behind, or a second window, may have asked already. */
async function detachOnce({ clients }: Context, VolumeId: string, InstanceId: string, op: Op): Promise<void> {
  try {
    const command = new DetachVolumeCommand({ VolumeId, InstanceId });
    await unlessMissing(() => clients.ec2.send(command, { abortSignal: op.signal }), 'InvalidAttachment.NotFound');
  } catch (error) {
    if (!hasCode(error, 'IncorrectState')) throw error;
  }
}
