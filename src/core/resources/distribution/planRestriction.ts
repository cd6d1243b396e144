import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Plan } from '../../plan';
import { changeConfig } from './distributionUpdate';
import {
  isSameRestriction,
  restrictionOf,
  restrictionsFor,
  restrictionText,
  shutsOut,
  type GeoRestriction,
} from './geoRestriction';
import { existingDistribution, propagation } from './propagation';

/** Plans to give the site’s distribution a geo restriction, all else of which stays, and to wait until the edges know; [] where they do. */
export async function planRestriction(context: Context, wanted: GeoRestriction, op: Op): Promise<Plan> {
  const { deployed, enabled, geoRestriction: found, id } = await existingDistribution(context, op);
  const isSet = isSameRestriction(found, wanted);
  if (isSet && deployed) return [];
  const text = restrictionText(wanted);
  const told = `the geo restriction of distribution ${id} is “${text}”`;
  const waiting = [propagation(context, id, told, (now) => isSameRestriction(now.geoRestriction, wanted))];
  if (isSet) return [waiting];
  return [
    [
      {
        key: 'geoRestriction',
        title: `set the geo restriction of distribution ${id} to “${text}” (now “${restrictionText(found)}”)`,
        ...(enabled && shutsOut(found, wanted) ? { loses: 'uptime' as const } : {}),
        run: (runOp) =>
          changeConfig(
            context,
            id,
            (config) =>
              isSameRestriction(restrictionOf(config), wanted)
                ? undefined
                : { ...config, Restrictions: restrictionsFor(wanted) },
            runOp,
          ),
      },
    ],
    waiting,
  ];
}
