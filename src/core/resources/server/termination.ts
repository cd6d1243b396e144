import { ModifyInstanceAttributeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { isAdopted } from '../adopt/adopted';
import { instanceById } from '../lookup';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
/** Until an instance is gone. */
const GOING = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 900 };

/** Terminates an instance and waits until it is gone; the volumes that it has stay, but for its own disk. Throws `UserError` for one that was adopted, whoever asks. */
export async function terminate(context: Context, InstanceId: string, op: Op): Promise<void> {
  const { ec2 } = context.clients;
  const options = { abortSignal: op.signal };
  const instance = await instanceById(context, InstanceId, op);
  if (!instance || instance.State?.Name === 'terminated') return;
  if (isAdopted(instance.Tags)) {
    throw new UserError(
      `The server ${InstanceId} was there before the site, so Sitelift does not terminate it. Run the command again.`,
    );
  }
  await keepVolumes(context, InstanceId, op);
  try {
    await unlessMissing(
      () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }), options),
      'InvalidInstanceID.NotFound',
    );
  } catch (error) {
    if (!hasCode(error, 'OperationNotPermitted')) throw error;
    throw new UserError(
      `The server ${InstanceId} is protected against termination. If it is to go, take the protection off (EC2 console, Actions, Instance settings, Change termination protection) and run the command again.`,
      { cause: error },
    );
  }
  await waitFor(
    'the server to be terminated',
    async () => {
      const now = await instanceById(context, InstanceId, op);
      return !now || now.State?.Name === 'terminated' ? true : undefined;
    },
    GOING,
    op,
  );
}

/** Volumes that somebody set to go with the instance stay, whosever they are and whatever becomes of them later; its own disk goes. */
async function keepVolumes(context: Context, InstanceId: string, op: Op): Promise<void> {
  const going = async () => {
    const instance = await instanceById(context, InstanceId, op);
    return (instance?.BlockDeviceMappings ?? []).filter(
      ({ DeviceName, Ebs }) => DeviceName !== instance?.RootDeviceName && Ebs?.DeleteOnTermination,
    );
  };
  const found = await going();
  if (found.length === 0) return;
  await context.clients.ec2.send(
    new ModifyInstanceAttributeCommand({
      InstanceId,
      BlockDeviceMappings: found.map(({ DeviceName }) => ({ DeviceName, Ebs: { DeleteOnTermination: false } })),
    }),
    { abortSignal: op.signal },
  );
  await waitFor(
    'the volumes to be kept when the server goes',
    async () => ((await going()).length === 0 ? true : undefined),
    SETTLE,
    op,
  );
}
