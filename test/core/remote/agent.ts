import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  SSMClient,
  type GetCommandInvocationCommandOutput,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import type { Context } from '../../../src/core/context';
import { newContext } from '../sandbox';

/** How a command ends: what AWS tells of its invocation. */
export type Ending = Partial<
  Pick<
    GetCommandInvocationCommandOutput,
    'Status' | 'StatusDetails' | 'ResponseCode' | 'StandardOutputContent' | 'StandardErrorContent'
  >
>;

/** An SSM in memory with one instance, whose commands end as they are told, or run until they are cancelled. */
export interface Agent {
  readonly context: Context;
  readonly sent: SendCommandCommandInput[];
  readonly cancelled: string[];
  /** How often the invocation was asked for. */
  asked: number;
}

/**
 * Makes an agent. Without an `ending` its commands run until they are cancelled; a late one is not known for a moment after it was sent, and each takes
 * its seconds by the clock.
 */
export function newAgent(ending: Ending | undefined, { ping = 'Online', isLate = false, seconds = 0 } = {}): Agent {
  const site = newContext();
  const agent = { sent: [] as SendCommandCommandInput[], cancelled: [] as string[], asked: 0 };
  let endsMs = 0;
  const send = (command: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<unknown> => {
    abortSignal?.throwIfAborted();
    if (command instanceof DescribeInstanceInformationCommand) {
      // A first page that is empty, as AWS may answer.
      if (command.input.NextToken === undefined) return Promise.resolve({ NextToken: 'second' });
      return Promise.resolve({ InstanceInformationList: [{ PingStatus: ping }] });
    }
    if (command instanceof SendCommandCommand) {
      agent.sent.push(command.input);
      endsMs = Date.now() + seconds * 1000;
      return Promise.resolve({ Command: { CommandId: `command-${agent.sent.length}` } });
    }
    if (command instanceof CancelCommandCommand) {
      agent.cancelled.push(command.input.CommandId ?? '');
      return Promise.resolve({});
    }
    if (command instanceof GetCommandInvocationCommand) {
      agent.asked += 1;
      if (isLate && agent.asked === 1)
        return Promise.reject(Object.assign(new Error(), { name: 'InvocationDoesNotExist' }));
      return Promise.resolve(ending && Date.now() >= endsMs ? ending : { Status: 'InProgress' });
    }
    return Promise.reject(new Error('This SSM in memory does not know that command.'));
  };
  const ssm = Object.assign(Object.create(SSMClient.prototype) as SSMClient, { send });
  const context = { ...site, clients: { ...site.clients, ssm } };
  return Object.assign(agent, { context });
}
