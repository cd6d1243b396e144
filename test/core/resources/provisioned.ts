import {
  CreateVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  ReleaseAddressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { MiddlewareStack } from '@smithy/types';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { SITE_TAG, tagsFor } from '../../../src/core/names';
import type { Op } from '../../../src/core/op';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { bucket } from '../../../src/core/resources/bucket/bucket';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import type { Call } from '../../sandbox/controlPlane';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';

/** Keys of steps that need a machine; without one the instances of the sandbox are only names. */
export const INSIDE = ['webServer', 'mount', 'agent', 'growFileSystem'];

/** The plan without the steps that need a machine. */
export async function planned(context: Context, what: ResourceName | 'all'): Promise<Plan> {
  return outside(planProvision(what, context, await describeSite(context, newOp())));
}

/** A plan without the steps that need a machine. */
export function outside(plan: Plan): Plan {
  return plan.map((stage) => stage.filter(({ key }) => !INSIDE.includes(key)));
}

/** The keys of a plan's steps. */
export function keysOf(plan: Plan): string[] {
  return stepsOf(plan).map(({ key }) => key);
}

/** A new site with its bucket and nothing else. */
export async function newBucketContext(): Promise<Context> {
  const context = newContext();
  await run(bucket.plan(context, { bucket: { kind: 'absent' } }), newOp());
  return context;
}

/** Plans and runs; gives the keys of what was run. */
export async function provision(context: Context, what: ResourceName | 'all'): Promise<string[]> {
  const plan = await planned(context, what);
  await run(plan, newOp());
  return keysOf(plan);
}

/** How many living instances, and volumes that are to hold pages, carry the site's tag. */
export async function count({ site, clients }: Context): Promise<{ instances: number; dataVolumes: number }> {
  const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }];
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const instances = await clients.ec2.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] }));
  const volumes = await clients.ec2.send(new DescribeVolumesCommand({ Filters }));
  return {
    instances: instances.Reservations?.flatMap(({ Instances }) => Instances ?? []).length ?? 0,
    dataVolumes: volumes.Volumes?.filter(({ Tags }) => Tags?.some(({ Value }) => Value === 'volume')).length ?? 0,
  };
}

/** A blank volume of the site, as an earlier server left it. */
export async function leaveVolume({ site, clients }: Context, zone: string): Promise<string> {
  const { VolumeId } = await clients.ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: zone,
      Size: 1,
      VolumeType: 'gp3',
      TagSpecifications: [{ ResourceType: 'volume', Tags: tagsFor(site, 'volume') }],
    }),
  );
  return VolumeId ?? assert.fail('no volume');
}

/** Runs work and gives the AWS calls that it made. */
export async function callsOf(work: () => Promise<unknown>): Promise<readonly Call[]> {
  await controlPlane().send('DELETE', 'calls');
  await work();
  return controlPlane().calls();
}

/** The calls among them that change something. */
export function changesOf(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ action }) => !/^(Get|List|Head|Describe)/.test(action));
}

/** The parameters of the calls of one action. */
export function requests(calls: readonly Call[], action: string): readonly Readonly<Record<string, unknown>>[] {
  return calls.flatMap((call) => (call.action === action ? [call.parameters ?? {}] : []));
}

/** An `Op` that is cancelled as one of the client’s commands begins. */
export function cancelledAt<Input extends object, Output extends object>(
  { middlewareStack }: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  command: string,
): Op {
  const cancelled = new AbortController();
  middlewareStack.add(
    (next, { commandName }) =>
      (given) => {
        if (commandName === command) cancelled.abort();
        return next(given);
      },
    { step: 'initialize' },
  );
  return newOp(cancelled.signal);
}

/** Gives up what a test has allocated, since an account has few. */
export async function releaseAll({ clients: { ec2 } }: Context): Promise<void> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  for (const { AllocationId, InstanceId } of Addresses) {
    if (InstanceId) {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
      await instanceReaches(ec2, InstanceId, 'terminated');
    }
    await ec2.send(new ReleaseAddressCommand({ AllocationId }));
  }
}
