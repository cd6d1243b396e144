import {
  DescribeInstanceCreditSpecificationsCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceCreditSpecificationCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { launchCharges, startCharges } from '../../cost/serverCharges';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { agentStep, startStep, stopStep, type InstanceShown } from './instanceState';
import { isBurstable } from './instanceTypes';
import { launch } from './launch';
import { findInstance } from '../lookup';
import { readDetail, type Detail } from '../resource';

/** What of a server decides about the steps that launch, change and start it. */
export interface InstanceSeen extends InstanceShown {
  /** It would start with credits that are billed when they are used up. */
  readonly hasUnlimitedCredits?: boolean;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** The stages that launch a server, in the volume’s zone if there is one, give it the type that the site file asks for, and start it. */
export function instanceStages(context: Context, zone: string | undefined, have: InstanceSeen | undefined): Step[][] {
  const { address, image, instanceType } = context.site.server;
  if (!have) {
    const title = `launch ${instanceType} server (${image}${zone ? `, in the volume’s zone ${zone}` : ''})`;
    return [[{ key: 'instance', title, charges: launchCharges(context.site), run: (op) => launch(context, op) }]];
  }
  const isOff = have.state === 'stopped' || have.state === 'stopping';
  const change = typeStep(context, have);
  const started = startCharges(context.site, { ...have, instanceType });
  const keepsAddress = have.address === 'elastic' || (isOff && address === 'elastic');
  if (isOff) {
    const credits = change || !have.hasUnlimitedCredits ? [] : [creditStep(context, have)];
    const changes = change ? [change] : credits;
    return [...changes.map((step) => [step]), [startStep(context, have, keepsAddress, started)]];
  }
  if (!change) return [];
  const lost = keepsAddress ? '' : '; its address will be another one';
  return [
    [stopStep(context, have, ` to change its type${lost}`)],
    [change],
    [startStep(context, have, keepsAddress, started)],
    [agentStep(context)],
  ];
}

/** The step that changes the type of a stopped server; undefined where it has the type that the site file asks for. */
export function typeStep(
  context: Context,
  { instanceId, instanceType }: Pick<InstanceSeen, 'instanceId' | 'instanceType'>,
): Step | undefined {
  const wanted = context.site.server.instanceType;
  if (instanceType === wanted) return undefined;
  const title = `change the type of server ${instanceId} from ${instanceType} to ${wanted}`;
  return { key: 'instanceType', title, run: (op) => changeType(context, op) };
}

/** Whether a stopped server would start with unlimited credits; of one that runs they are what its user wants, who may have changed them. */
export async function readCredits(
  context: Context,
  { InstanceId = '', InstanceType, State }: Instance,
  op: Op,
): Promise<Detail<boolean> | undefined> {
  if (State?.Name !== 'stopped' || !isBurstable(InstanceType ?? '')) return undefined;
  return readDetail('the server’s CPU credits', () => hasUnlimitedCredits(context, InstanceId, op), op);
}

/** With unlimited credits, those that a flood of requests takes are billed. */
async function hasUnlimitedCredits({ clients }: Context, instanceId: string, op: Op): Promise<boolean> {
  const { InstanceCreditSpecifications } = await clients.ec2.send(
    new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [instanceId] }),
    { abortSignal: op.signal },
  );
  return InstanceCreditSpecifications?.[0]?.CpuCredits === 'unlimited';
}

function creditStep(context: Context, { instanceId }: InstanceShown): Step {
  return {
    key: 'credits',
    title: `give server ${instanceId} standard CPU credits (with unlimited ones a flood of requests is billed)`,
    run: (op) => useStandardCredits(context, instanceId, op),
  };
}

async function changeType(context: Context, op: Op): Promise<void> {
  const { clients, site } = context;
  const wanted = site.server.instanceType;
  const found = await findInstance(context, op);
  if (!found?.InstanceId) throw new UserError('This site has no server any more. Run “Provision Server…” again.');
  const { InstanceId } = found;
  if (found.InstanceType !== wanted) {
    await clients.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, InstanceType: { Value: wanted } }), {
      abortSignal: op.signal,
    });
  }
  await waitFor(
    'the server to be shown with its new type',
    async () => ((await findInstance(context, op))?.InstanceType === wanted ? true : undefined),
    SETTLE,
    op,
  );
  // One that was not burstable before gets the account’s default, which is unlimited unless somebody changed it.
  if (isBurstable(wanted)) await useStandardCredits(context, InstanceId, op);
}

async function useStandardCredits(context: Context, instanceId: string, op: Op): Promise<void> {
  if (!(await hasUnlimitedCredits(context, instanceId, op))) return;
  const change = { InstanceId: instanceId, CpuCredits: 'standard' };
  const { UnsuccessfulInstanceCreditSpecifications: failed } = await context.clients.ec2.send(
    new ModifyInstanceCreditSpecificationCommand({ InstanceCreditSpecifications: [change] }),
    { abortSignal: op.signal },
  );
  const [problem] = failed ?? [];
  if (problem) throw new Error(problem.Error?.Message ?? `AWS did not change the credits of ${instanceId}.`);
}
