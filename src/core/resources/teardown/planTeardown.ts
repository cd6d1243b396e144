import { SELECT_PROFILE } from '../../aws/errors';
import type { Context } from '../../context';
import { UserError } from '../../op';
import { sequence, together, type Plan, type Step } from '../../plan';
import { markDestroying } from '../bucketSettings';
import { known } from '../resource';
import type { ResourceName, SiteHave } from '../stack';
import { requireSameRegion } from '../whereabouts';
import { bucketStages } from './bucketRemoval';
import { disableStages, distributionStages } from './distributionRemoval';
import type { SiteParts } from './parts';
import { rightsStages, serverPartStages, terminateStages } from './serverRemoval';
import { volumeStages, type VolumeFate } from './volumeRemoval';

/**
 * The plan that takes a whole site away: first what takes longest, then what costs most, last what tells whose the rest is. Throws `UserError` when something
 * of it could not be read, or is not known to be this site's.
 */
export function planTeardown(context: Context, site: SiteHave, parts: SiteParts, fate: VolumeFate): Plan {
  requireSameRegion(context.site, site);
  requireRead(site, parts, fate);
  const seen = { ...site, parts };
  return sequence(
    markStages(context, site),
    together(disableStages(context, seen), terminateStages(context, seen)),
    together(serverPartStages(context, seen), volumeStages(context, seen, fate)),
    distributionStages(context, seen),
    bucketStages(context, seen),
    rightsStages(context, parts),
  );
}

function markStages(context: Context, { bucket, ...others }: SiteHave): Step[][] {
  const have = known(bucket);
  // What is alone goes at once.
  const isAlone = !known(others.server) && !known(others.distribution);
  if (!have?.tagged || have.destroyingSince !== undefined || isAlone) return [];
  const title = 'mark the bucket, so that every window sees that the site is being destroyed';
  return [[{ key: 'mark', title, run: (op) => markDestroying(context, op) }]];
}

function requireRead(site: SiteHave, parts: SiteParts, fate: VolumeFate): void {
  const names = Object.keys(site) as ResourceName[];
  const unread = names.flatMap((name) => {
    const seen = site[name];
    // A volume that stays need not be known.
    return seen.kind === 'unknown' && !(name === 'volume' && fate === 'keep') ? [`${name}: ${seen.reason}`] : [];
  });
  const problems = [...unread, ...parts.problems];
  if (problems.length === 0) return;
  throw new UserError(
    `Not all of the site could be read, so nothing is destroyed: what was left would go on costing unseen. ${problems.join(' ')}`,
    { remedy: SELECT_PROFILE },
  );
}
