import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Plan } from '../../plan';
import { changeConfig } from './distributionUpdate';
import { offerOf } from './offer';
import { existingDistribution, propagation } from './propagation';

/** Plans to enable or to disable the site’s distribution, all else of which stays, and to wait until the edges know; [] where they do. */
export async function planSwitch(context: Context, enabled: boolean, op: Op): Promise<Plan> {
  const { id, ...have } = await existingDistribution(context, op);
  const isSwitched = have.enabled === enabled;
  if (isSwitched && have.deployed) return [];
  const told = `distribution ${id} is ${enabled ? 'enabled' : 'disabled'}`;
  const waiting = [propagation(context, id, told, (now) => now.enabled === enabled)];
  if (isSwitched) return [waiting];
  const run = (runOp: Op) =>
    changeConfig(
      context,
      id,
      (config) => (config.Enabled === enabled ? undefined : { ...config, Enabled: enabled }),
      runOp,
    );
  if (enabled) return [[{ key: 'enableDistribution', title: `enable distribution ${id}`, run }], waiting];
  const title = `disable distribution ${id}: readers lose ${offerOf(have)} until it is enabled again`;
  return [[{ key: 'disableDistribution', title, loses: 'uptime', run }], waiting];
}
