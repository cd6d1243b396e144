import { StopInstancesCommand, type InstanceStateName } from '@aws-sdk/client-ec2';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import type { Charge } from '../../cost/charge';
import { stopCharges } from '../../cost/serverCharges';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { waitUntilOnline } from '../../remote/ssm';
import type { AddressKind } from './address';
import { start } from './launch';
import { findInstance, instanceById, isDead, runningInstance } from '../lookup';

/** What the steps that change an instance’s state say of it. */
export interface InstanceShown {
  readonly instanceId: string;
  readonly state: InstanceStateName;
  readonly instanceType: string;
  readonly publicIp: string | undefined;
  readonly address: AddressKind | undefined;
}

/** A system has minutes to shut down before AWS cuts the power (EC2 documentation, “Stop and start Amazon EC2 instances”). */
const SHUT_DOWN = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 900 };

/** The step that starts a stopped server; `keepsAddress` is whether its public address stays. */
export function startStep(
  context: Context,
  { instanceId, state }: InstanceShown,
  keepsAddress: boolean,
  charges: readonly Charge[],
): Step {
  const found =
    state === 'running' ? '' : ` (it is ${state}${keepsAddress ? '' : '; its address will be another one'})`;
  const title = `start server ${instanceId}${found}`;
  return { key: 'startInstance', title, charges, run: (op) => start(context, op) };
}

/** The step that stops the server and waits until it has; `purpose` is in the title. */
export function stopStep(context: Context, have: InstanceShown, purpose = ''): Step {
  const title = `stop server ${have.instanceId}${purpose}`;
  return { key: 'stopInstance', title, loses: 'uptime', charges: stopCharges(have), run: (op) => stop(context, op) };
}

/** The step that waits until the agent of a server that was started answers. */
export function agentStep(context: Context): Step {
  return {
    key: 'agent',
    title: 'wait until the server’s agent answers',
    async run(op) {
      const { InstanceId } = await runningInstance(context, op);
      await waitUntilOnline(context, InstanceId, op);
    },
  };
}

/** Stops the server, and waits until AWS shows it stopped both by its id and in the search by tag, which later steps use. */
async function stop(context: Context, op: Op): Promise<void> {
  const { clients } = context;
  const found = await waitFor(
    'the server to run',
    async () => {
      const instance = await findInstance(context, op);
      if (!instance?.InstanceId) throw new UserError('This site has no server any more, so there is nothing to stop.');
      // AWS refuses to stop what has not started yet.
      return instance.State?.Name === 'pending' ? undefined : { ...instance, InstanceId: instance.InstanceId };
    },
    SHUT_DOWN,
    op,
  );
  const { InstanceId } = found;
  if (found.State?.Name === 'running') {
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }), { abortSignal: op.signal });
  }
  await waitFor(
    'the server to stop',
    async () => {
      const instance = await instanceById(context, InstanceId, op);
      if (instance && isDead(instance)) {
        throw new UserError(`The server ${InstanceId} was terminated instead of being stopped, by somebody else.`);
      }
      if (instance?.State?.Name !== 'stopped') return undefined;
      const listed = await findInstance(context, op);
      return listed?.InstanceId === InstanceId && listed.State?.Name === 'stopped' ? true : undefined;
    },
    SHUT_DOWN,
    op,
  );
}
