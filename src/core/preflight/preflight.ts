import type { Context } from '../context';
import type { Op } from '../op';
import { stepsOf, type Plan } from '../plan';
import type { SiteHave } from '../resources/stack';
import { lookAt, type PreflightFinding } from './finding';
import { known } from '../resources/resource';
import { dryRunsFor, lookAtDryRun } from './dryRuns';
import { lookAtPlace, lookAtVolume } from './place';
import { lookAtQuota } from './quota';
import { lookAtRegion } from './region';
import { simulate } from './simulation';

/**
 * Looks before the first change at what would keep a plan from ending well: region, network, instance type, quota and permissions. Where nothing is to be made
 * or changed in EC2 it looks at nothing. Changes nothing in AWS.
 */
export async function preflight(
  context: Context,
  site: SiteHave,
  plan: Plan,
  op: Op,
): Promise<readonly PreflightFinding[]> {
  const steps = new Set(stepsOf(plan).map(({ key }) => key));
  // Putting the bucket in order has the same key as making it.
  if (site.bucket.kind !== 'absent') steps.delete('bucket');
  const [makesServer, makesVolume] = [steps.has('instance'), steps.has('volume')];
  const zone = known(site.server)?.zone;
  const dryRuns = dryRunsFor(context, site, steps);
  const isMade = ['instance', 'volume', 'bucket', 'distribution'].some((key) => steps.has(key));
  if (!isMade && dryRuns.length === 0) return [];
  op.report('Checking network, quota and permissions');
  const found = await Promise.all([
    lookAt('region', () => lookAtRegion(context, op), op),
    makesServer ? lookAtPlace(context, makesVolume, op) : [],
    makesVolume && zone !== undefined ? lookAtVolume(context, zone, op) : [],
    makesServer ? lookAt('quota', () => lookAtQuota(context, op), op) : [],
    ...dryRuns.map((one) => lookAtDryRun(one, op)),
    lookAt('permissions', () => simulate(context, steps, new Set(dryRuns.map(({ action }) => action)), op), op),
  ]);
  return found.flat();
}
