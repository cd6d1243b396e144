import { RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { ec2Once } from '../../aws/clients';
import { hasCode, statusOf } from '../../aws/errors';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { isUserError, UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { isOnline, runScript } from '../../remote/ssm';
import { runningInstance } from '../lookup';

const BOOT_ID = {
  ...{ name: 'look at the boot', script: 'cat /proc/sys/kernel/random/boot_id' },
  ...{ timeoutSeconds: 30, deliverySeconds: 30 },
};
/** AWS cuts the power of a system that does not shut down within four minutes (EC2 documentation, “Reboot your Amazon EC2 instance”). */
const BOOT = { firstSeconds: 2, slowestSeconds: 10, limitSeconds: 900 };

/** The step that reboots the server. Only a look inside shows that it did, which takes an agent that answers. */
export function rebootStep(
  context: Context,
  { instanceId, online }: { readonly instanceId: string; readonly online: boolean },
): Step {
  return online
    ? {
        key: 'rebootInstance',
        title: `reboot server ${instanceId} and wait until it has (its address stays)`,
        loses: 'uptime',
        run: (op) => reboot(context, op),
      }
    : {
        key: 'askReboot',
        title: `ask AWS to reboot server ${instanceId} (its address stays; that it does cannot be seen, as its agent does not answer)`,
        loses: 'uptime',
        async run(op) {
          await ask(context, (await runningInstance(context, op)).InstanceId, op);
        },
      };
}

/** Reboots the server. In EC2 it is *running* all the while, so the id that Linux gives each boot tells whether it did. */
async function reboot(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  const before = await bootIdIfAny(context, InstanceId, op);
  try {
    await ask(context, InstanceId, op);
  } catch (error) {
    op.signal.throwIfAborted();
    // Where no answer came, the boot itself shows whether the request arrived.
    if (before === undefined || statusOf(error) !== undefined) throw error;
  }
  if (before === undefined) {
    throw new UserError(
      `AWS was asked to reboot ${InstanceId}. Whether it did was not seen, because its agent did not take up a command although it counts as online. Refresh in a few minutes.`,
    );
  }
  op.report('Waiting until the server has booted again');
  try {
    await waitFor(
      'the server to boot again',
      async () => {
        const now = await bootIdIfAny(context, InstanceId, op);
        return now === undefined || now === before ? undefined : now;
      },
      BOOT,
      op,
    );
  } catch (error) {
    if (!isUserError(error)) throw error;
    const minutes = Math.round(BOOT.limitSeconds / 60);
    throw new UserError(
      `AWS was asked to reboot ${InstanceId}, but within ${minutes} min its agent did not show that it did. See its system log in the EC2 console, or stop and start it.`,
      { cause: error },
    );
  }
}

/** Sends RebootInstances once: each request that arrives is another reboot. */
async function ask({ clients }: Context, InstanceId: string, op: Op): Promise<void> {
  await ec2Once(clients).send(new RebootInstancesCommand({ InstanceIds: [InstanceId] }), { abortSignal: op.signal });
}

/** The boot id; undefined while the server cannot be asked: an agent that goes down takes a command and does not end it. */
async function bootIdIfAny(context: Context, instanceId: string, op: Op): Promise<string | undefined> {
  if (!(await isOnline(context, instanceId, op))) return undefined;
  try {
    return (await runScript(context, instanceId, BOOT_ID, op)).trim() || undefined;
  } catch (error) {
    if (isUserError(error) || hasCode(error, 'InvalidInstanceId')) return undefined;
    throw error;
  }
}
