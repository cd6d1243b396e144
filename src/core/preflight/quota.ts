import { paginateDescribeInstances, type Instance } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { allItems } from '../aws/pages';
import type { Context } from '../context';
import type { Op } from '../op';
import { wantedType } from '../resources/server/instanceTypes';
import type { PreflightFinding } from './finding';

/** vCPUs of running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances (Amazon EC2 User Guide, “Amazon EC2 instance type quotas”). */
const STANDARD = { ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' };
/** Types that count there; others, such as those with GPUs, have quotas of their own. */
const STANDARD_TYPE = /^(?:[acdhimrtz]|im|is)\d/;

/** Looks whether the account may run the vCPUs of one more server. */
export async function lookAtQuota(context: Context, op: Op): Promise<readonly PreflightFinding[]> {
  const { clients, site } = context;
  const { instanceType } = site.server;
  if (!STANDARD_TYPE.test(instanceType)) return [];
  const options = { abortSignal: op.signal };
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const [answer, type, running] = await Promise.all([
    clients.quotas.send(new GetServiceQuotaCommand(STANDARD), options),
    wantedType(context, op),
    allItems(paginateDescribeInstances({ client: clients.ec2 }, { Filters }, options), ({ Reservations }) =>
      Reservations?.flatMap(({ Instances }) => Instances ?? []),
    ),
  ]);
  const [limit, wanted] = [answer.Quota?.Value, type?.VCpuInfo?.DefaultVCpus];
  if (limit === undefined || wanted === undefined) return [];
  const used = running.filter(isCounted).reduce((sum, one) => sum + vcpusOf(one), 0);
  if (used + wanted <= limit) return [];
  const sentence = `A ${instanceType} has ${wanted} vCPUs, but of the ${limit} that the account may run in ${site.region}, ${used} are in use. Stop or terminate what nothing needs, or ask for more in the console under Service Quotas (EC2, “Running On-Demand Standard instances”).`;
  return [{ what: 'quota', severity: 'stops', sentence }];
}

/** Spot instances have a quota of their own, and those on a host of the account’s none. */
function isCounted({ InstanceLifecycle, InstanceType, Placement }: Instance): boolean {
  return STANDARD_TYPE.test(InstanceType ?? '') && InstanceLifecycle === undefined && Placement?.Tenancy !== 'host';
}

/** Where AWS does not tell, one: whoever is thought to have too little is kept from a launch that may go through. */
function vcpusOf({ CpuOptions }: Instance): number {
  return (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
}
