import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  type GetCommandInvocationCommandOutput,
} from '@aws-sdk/client-ssm';
import { hasCode } from '../aws/errors';
import { retry, waitFor } from '../aws/wait';
import { stackName } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';

/** A script for the server; it runs as root under bash. `values` become its variables, never its code. */
export interface RemoteScript {
  readonly name: string;
  readonly script: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

const REGISTRATION = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };
const PENDING: readonly (string | undefined)[] = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];
/** Line that a script writes to standard error to tell the user why it stops. */
const REASON = /^sitelift: (.*)$/m;

/** True when the instance's SSM agent answers. */
export async function isOnline({ clients }: Context, instanceId: string, op: Op): Promise<boolean> {
  const { InstanceInformationList } = await clients.ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
    { abortSignal: op.signal },
  );
  return InstanceInformationList?.[0]?.PingStatus === 'Online';
}

/** Waits until the agent has registered: usually within a minute or two of boot. */
export async function waitUntilOnline(context: Context, instanceId: string, op: Op): Promise<void> {
  await waitFor(
    `the SSM agent of ${instanceId} to answer`,
    async () => ((await isOnline(context, instanceId, op)) ? true : undefined),
    REGISTRATION,
    op,
  );
}

/** Runs a script on the instance and gives its standard output (AWS keeps 24,000 characters of it). Cancelling cancels it there too. */
export async function runScript(context: Context, instanceId: string, remote: RemoteScript, op: Op): Promise<string> {
  const { ssm } = context.clients;
  const { Command } = await retry(
    () =>
      ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: [instanceId],
          Comment: `${stackName(context.site)}: ${remote.name}`.slice(0, 100),
          TimeoutSeconds: 60,
          Parameters: {
            commands: [scriptText(remote)],
            executionTimeout: [String(remote.timeoutSeconds)],
          },
        }),
        { abortSignal: op.signal },
      ),
    (error) => hasCode(error, 'InvalidInstanceId'),
    { limitSeconds: 60 },
    op,
  );
  const CommandId = Command?.CommandId;
  if (!CommandId) throw new Error('SSM answered without the id of the command.');
  try {
    const invocation = await waitFor(
      `“${remote.name}” on the server`,
      () => finishedInvocation(context, CommandId, instanceId, op),
      { firstSeconds: 0.5, slowestSeconds: 4, limitSeconds: remote.timeoutSeconds + 90 },
      op,
    );
    return outputOf(invocation, remote);
  } catch (error) {
    // Whether or not the cancelling reaches AWS, what the user hears of is the cancellation itself.
    if (op.signal.aborted) await Promise.allSettled([ssm.send(new CancelCommandCommand({ CommandId }))]);
    throw error;
  }
}

async function finishedInvocation(
  { clients }: Context,
  CommandId: string,
  InstanceId: string,
  op: Op,
): Promise<GetCommandInvocationCommandOutput | undefined> {
  try {
    const answer = await clients.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }), {
      abortSignal: op.signal,
    });
    return PENDING.includes(answer.Status) ? undefined : answer;
  } catch (error) {
    if (hasCode(error, 'InvocationDoesNotExist')) return undefined;
    throw error;
  }
}

function outputOf(invocation: GetCommandInvocationCommandOutput, remote: RemoteScript): string {
  if (invocation.Status === 'Success') return invocation.StandardOutputContent ?? '';
  const stderr = redact(invocation.StandardErrorContent ?? '');
  const reason = REASON.exec(stderr)?.[1];
  if (reason) throw new UserError(reason);
  const lastLines = stderr.trim().split('\n').slice(-4).join(' · ');
  throw new UserError(
    `“${remote.name}” ended on the server with ${invocation.StatusDetails ?? 'an error'} (exit code ${invocation.ResponseCode}): ${lastLines || 'it said nothing'}.`,
  );
}

/** Takes the signature and credentials out of presigned URLs. */
export function redact(text: string): string {
  return text.replace(/(X-Amz-[A-Za-z-]+=)[^&\s"']+/g, '$1…');
}

/** The whole text that is sent: bash, the values as quoted assignments, then the script. */
export function scriptText({ script, values = {} }: Pick<RemoteScript, 'script' | 'values'>): string {
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`);
  return ['#!/bin/bash', ...assignments, script].join('\n');
}

/** Quotes any text for a POSIX shell, so that none of it is code. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('A shell word cannot hold a NUL character.');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
