import { SELECT_PROFILE } from '../../aws/errors';
import type { Context } from '../../context';
import { UserError } from '../../op';
import { sequence, together, type Plan, type Step } from '../../plan';
import { markDestroying } from '../bucket/bucketSettings';
import { detachStages } from '../volume/detachment';
import { known } from '../resource';
import type { ResourceName, SiteHave } from '../stack';
import { requireSameRegion } from '../whereabouts';
import { bucketStages } from './bucketRemoval';
import { disableStages, distributionStages } from './distributionRemoval';
import type { SiteParts } from './parts';
import { rightsStages, serverPartStages, terminateStages } from './serverRemoval';
import { volumeStages, type VolumeFate } from './volumeRemoval';

/**
 * The plan that takes a whole site away, or one resource of it with all that this one alone needed: first what takes longest, then what costs most, last what
 * tells whose the rest is. Throws `UserError` when something of it could not be read, or is not known to be this site's.
 */
export function planTeardown(
  what: ResourceName | 'all',
  context: Context,
  site: SiteHave,
  parts: SiteParts,
  fate: VolumeFate,
): Plan {
  requireSameRegion(context.site, site);
  requireRead(what, site, parts, fate);
  const seen = { ...site, parts };
  switch (what) {
    case 'server':
      return sequence(terminateStages(context, seen), serverPartStages(context, seen), rightsStages(context, parts));
    case 'volume':
      if (fate === 'keep') return [];
      return known(site.volume)?.isAdopted
        ? volumeStages(context, seen, fate)
        : sequence(detachStages(context, site), volumeStages(context, seen, fate));
    case 'bucket':
      return bucketStages(context, seen, true);
    case 'distribution':
      return sequence(disableStages(context, seen), distributionStages(context, seen));
    case 'all':
      return sequence(
        markStages(context, site, fate),
        together(disableStages(context, seen), terminateStages(context, seen)),
        together(serverPartStages(context, seen), volumeStages(context, seen, fate)),
        distributionStages(context, seen),
        bucketStages(context, seen, false),
        rightsStages(context, parts),
      );
  }
}

function markStages(context: Context, { bucket, distribution, server, volume }: SiteHave, fate: VolumeFate): Step[][] {
  const have = known(bucket);
  // What is alone goes at once; a snapshot takes time, and the mark tells which one is of this time.
  const isSnapped = fate === 'snapshot' && known(volume) !== undefined;
  const isAlone = !known(server) && !known(distribution) && !isSnapped;
  if (!have?.tagged || have.destroyingSince !== undefined || isAlone) return [];
  const title = 'mark the bucket, so that every window sees that the site is being destroyed';
  return [[{ key: 'mark', title, run: (op) => markDestroying(context, op) }]];
}

function requireRead(what: ResourceName | 'all', site: SiteHave, parts: SiteParts, fate: VolumeFate): void {
  // A server that stays must not keep a volume that is to be taken off it.
  const isVolumeLeft = what === 'all' && fate === 'keep' && !known(site.server)?.isAdopted;
  const names = neededFor(what).filter((name) => !(name === 'volume' && isVolumeLeft));
  const unread = names.flatMap((name) => {
    const seen = site[name];
    return seen.kind === 'unknown' ? [`${name}: ${seen.reason}`] : [];
  });
  const unseen = parts.problems.flatMap(({ of, sentence }) => (what === 'all' || what === of ? [sentence] : []));
  const problems = [...unread, ...new Set(unseen)];
  if (problems.length === 0) return;
  throw new UserError(
    `Not all of it could be read, so nothing is destroyed: what was left would go on costing unseen. ${problems.join(' ')}`,
    { remedy: SELECT_PROFILE },
  );
}

function neededFor(what: ResourceName | 'all'): readonly ResourceName[] {
  switch (what) {
    case 'server':
    case 'volume':
      return ['server', 'volume'];
    case 'bucket':
      // Who reads it may have been there before the site.
      return ['bucket', 'distribution'];
    case 'distribution':
      return ['distribution'];
    case 'all':
      return ['server', 'volume', 'bucket', 'distribution'];
  }
}
