import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  paginateDescribeInstanceInformation,
  SendCommandCommand,
  type GetCommandInvocationCommandOutput,
  type InstanceInformation,
} from '@aws-sdk/client-ssm';
import { hasCode } from '../aws/errors';
import { allItems } from '../aws/pages';
import { pause, retry, waitFor, type Pace } from '../aws/wait';
import { stackName } from '../names';
import { isUserError, UserError, type Op } from '../op';
import type { Context } from '../context';
import { plainText } from '../plainText';
import type { Site } from '../site';
import { reasonOf } from './reasons';

/** A script for the server; it runs as root under bash. `values` become its variables, never its code. */
export interface RemoteScript {
  readonly name: string;
  readonly script: string;
  readonly values?: Readonly<Record<string, string>>;
  /** How long it may run. */
  readonly timeoutSeconds: number;
  /** How long the agent may take to fetch it, 30 at least; agents that poll slowly or were just restarted take minutes. */
  readonly deliverySeconds?: number;
  /** How long it usually takes: it is not asked after before. */
  readonly usualSeconds?: number;
}

const DELIVERY_SECONDS = 600;
/** What AWS may take to tell of an end, beyond what it grants the command. */
const SLACK_SECONDS = 60;
const REGISTRATION = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };
const PENDING: readonly (string | undefined)[] = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/** True when the instance's SSM agent answers. */
export async function isOnline(context: Context, instanceId: string, op: Op): Promise<boolean> {
  return (await describeAgent(context, instanceId, op)).online;
}

/** Whether the instance’s SSM agent answers, and which of the systems of site files it tells it runs on; undefined for any other. */
export async function describeAgent(
  { clients }: Context,
  instanceId: string,
  op: Op,
): Promise<{ readonly online: boolean; readonly system: Site['server']['image'] | undefined }> {
  const Filters = [{ Key: 'InstanceIds', Values: [instanceId] }];
  const [found] = await allItems(
    paginateDescribeInstanceInformation({ client: clients.ssm }, { Filters }, { abortSignal: op.signal }),
    ({ InstanceInformationList }) => InstanceInformationList,
  );
  return { online: found?.PingStatus === 'Online', system: systemOf(found) };
}

function systemOf({ PlatformName = '', PlatformVersion = '' }: InstanceInformation = {}) {
  if (PlatformName === 'Amazon Linux' && PlatformVersion.startsWith('2023')) return 'amazon-linux-2023';
  return PlatformName === 'Ubuntu' && PlatformVersion.startsWith('24.04') ? 'ubuntu-24.04' : undefined;
}

/** Waits until the agent has registered, usually within a minute or two of boot; in vain, the error names what keeps agents silent. */
export function waitUntilOnline(context: Context, instanceId: string, op: Op): Promise<void> {
  return waitForAgent(context, instanceId, REGISTRATION, op);
}

/** `waitUntilOnline` at a pace of one's own. */
export async function waitForAgent(context: Context, instanceId: string, pace: Pace, op: Op): Promise<void> {
  const what = `the SSM agent of ${instanceId} to answer`;
  try {
    await waitFor(what, async () => ((await isOnline(context, instanceId, op)) ? true : undefined), pace, op);
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new UserError(
      `Waited ${Math.round(pace.limitSeconds / 60)} min for ${what}, in vain. Likely causes: the server has no way out to the internet (no public address, no route, or a security group without outgoing HTTPS); its instance profile was added after it had started, so the agent sleeps for up to 30 min (reboot it); or its image has no SSM agent. Nothing is lost: run the command again to go on.`,
      { cause: error },
    );
  }
}

/** Runs a script on the instance and gives its standard output (AWS keeps 24,000 characters of it). Cancelling cancels it there too. */
export async function runScript(context: Context, instanceId: string, remote: RemoteScript, op: Op): Promise<string> {
  const { ssm } = context.clients;
  const { deliverySeconds = DELIVERY_SECONDS } = remote;
  const { Command } = await retry(
    () =>
      ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: [instanceId],
          Comment: `${stackName(context.site)}: ${remote.name}`.slice(0, 100),
          TimeoutSeconds: deliverySeconds,
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
    if (remote.usualSeconds) await pause(remote.usualSeconds, op);
    const invocation = await waitFor(
      `“${remote.name}” on the server`,
      () => finishedInvocation(context, CommandId, instanceId, op),
      { firstSeconds: 0.5, slowestSeconds: 4, limitSeconds: deliverySeconds + remote.timeoutSeconds + SLACK_SECONDS },
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

/** How commands end when not by their script (Systems Manager documentation, “Understanding command statuses”). */
const ENDINGS: Readonly<Record<string, (remote: RemoteScript) => string>> = {
  DeliveryTimedOut: ({ name, deliverySeconds = DELIVERY_SECONDS }) =>
    `The server’s SSM agent did not take up “${name}” within ${Math.round(deliverySeconds / 60)} min, so nothing was changed. The server may hang or have lost its way out; reboot it and run the command again.`,
  ExecutionTimedOut: ({ name, timeoutSeconds }) =>
    `“${name}” took more than ${Math.round(timeoutSeconds / 60)} min on the server and was ended. Run the command again; it goes on where it stopped.`,
  Undeliverable: ({ name }) =>
    `“${name}” could not be delivered: the instance is gone or its SSM agent does not answer. Nothing was changed; refresh to see the server’s state.`,
  Terminated: ({ name }) =>
    `“${name}” was not run, because AWS ended the command before it reached the server. Nothing was changed; run the command again.`,
  Cancelled: ({ name }) =>
    `“${name}” was cancelled in AWS by somebody else. Run the command again; it goes on where it stopped.`,
  AccessDenied: ({ name }) =>
    `AWS did not let “${name}” run on the server: its role or your rights do not allow it. Nothing was changed.`,
};

function outputOf(invocation: GetCommandInvocationCommandOutput, remote: RemoteScript): string {
  if (invocation.Status === 'Success') return invocation.StandardOutputContent ?? '';
  const { StatusDetails = '', ResponseCode, StandardErrorContent = '' } = invocation;
  const ending = Object.hasOwn(ENDINGS, StatusDetails) ? ENDINGS[StatusDetails] : undefined;
  if (ending) throw new UserError(ending(remote));
  const stderr = redact(StandardErrorContent);
  const reason = reasonOf(stderr);
  if (reason) throw reason;
  const lastLines = plainText(stderr.trim().split('\n').slice(-4).join(' · '));
  throw new UserError(
    `“${remote.name}” ended on the server with ${StatusDetails || 'an error'} (exit code ${ResponseCode}): ${lastLines || 'it said nothing'}.`,
  );
}

/** Takes what is secret in presigned URLs out of a text, also where it stands encoded, in a header or in JSON. */
export function redact(text: string): string {
  return text.replace(
    /(X-Amz-[A-Za-z-]{1,40}|AWSAccessKeyId|(?<=[?&])Signature)((?:\\?["'])?\s{0,3}(?:[=:]|%(?:25)*3[AD])\s{0,3}(?:\\?["'])?)[^&\s"'\\<>]+/gi,
    '$1$2…',
  );
}

/** The whole text that is sent: bash, the values as quoted assignments, then the script without the lines that are comments and without indentation. */
export function scriptText({ script, values = {} }: Pick<RemoteScript, 'script' | 'values'>): string {
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`);
  return ['#!/bin/bash', ...assignments, script.replace(/^ *#.*\n/gm, '').replace(/^ +/gm, '')].join('\n');
}

/** Quotes any text for a POSIX shell, so that none of it is code. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('A shell word cannot hold a NUL character.');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
