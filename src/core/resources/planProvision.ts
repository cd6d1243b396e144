import { sequence, stepsOf, together, type Plan } from '../plan';
import { SELECT_PROFILE } from '../aws/errors';
import { UserError } from '../op';
import { moment } from '../release/moment';
import { bucket } from './bucket/bucket';
import { unmarkDestroying } from './bucket/bucketSettings';
import { requireNamed } from './bucket/namedBucket';
import { distribution } from './distribution/distribution';
import { requireSameBucket } from './distribution/otherBucket';
import { driftText } from './driftText';
import type { Context } from '../context';
import { passesAddressOn } from './server/address';
import { othersBeside } from './server/othersBeside';
import { otherStages } from './server/otherServers';
import { SWITCH_SERVER } from './succession';
import { doubtOf, requireSameRegion } from './whereabouts';
import { known, remediesOfUnknown } from './resource';
import { groupStep, isNarrowing } from './network/securityGroup';
import { server } from './server/server';
import { shrinkRefusal } from './volume/growth';
import { mountOf } from './volume/mounted';
import { volume } from './volume/volume';
import type { ResourceName, SiteHave } from './stack';

/** The plan for one resource with the prerequisites that are missing, or for the whole site. */
export function planProvision(what: ResourceName | 'all', context: Context, site: SiteHave): Plan {
  requireSameRegion(context.site, site);
  requireSameBucket(known(site.distribution));
  const isWhole = context.site.distribution.serves === 'site';
  const isAdopted = known(site.bucket)?.isAdopted ?? false;
  const needs = needed(what, isWhole, isAdopted);
  if (needs.includes('bucket')) requireNamed(context.site, site.bucket);
  const unreadable = needs.flatMap((name) => {
    const seen = site[name];
    return seen.kind === 'unknown' ? [`${name}: ${seen.reason}`] : [];
  });
  if (unreadable.length > 0) {
    throw new UserError(`AWS could not be read, so nothing is planned. ${unreadable.join(' ')}`, {
      remedy: remediesOfUnknown(needs.map((name) => site[name])),
    });
  }
  const doubt = doubtOf(site);
  if (needs.includes('server') && doubt !== undefined) {
    const rest = what === 'all' ? ' The bucket and the distribution can be provisioned alone.' : '';
    throw new UserError(`${doubt}${rest} Nothing was changed.`, { remedy: SELECT_PROFILE });
  }
  if (needs.includes('server')) requirePossible(site);
  if (what === 'volume' || what === 'all') requireNoShrinking(context, site);
  const plan = sequence(keeping(context, site), planOf(what, context, site));
  // Whoever is shut out is so after all else, and what is not needed any more ends.
  return needs.includes('server')
    ? sequence(plan, narrowing(context, site), otherStages(context, othersBeside(site.server)))
    : plan;
}

/** Who provisions a site that somebody began to destroy wants to keep it. */
function keeping(context: Context, { bucket: seen }: SiteHave): Plan {
  const since = known(seen)?.destroyingSince;
  if (since === undefined) return [];
  const title = `keep the site, which somebody began to destroy on ${moment(since)} (take the mark off its bucket)`;
  return [[{ key: 'unmark', title, run: (op) => unmarkDestroying(context, op) }]];
}

const REPLACE = { title: 'Replace Server…', command: 'sitelift.replaceServer' };

/** Throws `UserError` where the server cannot become what the site file asks for. */
function requirePossible(site: SiteHave): void {
  const lasting = known(site.server)?.drift.filter(({ stops }) => stops) ?? [];
  if (lasting.length > 0) {
    const told = lasting.map((one) => `Of the server, ${driftText(one)}. ${one.refusal ?? ''}`);
    throw new UserError(`${told.join(' ')} Nothing was changed.`, { remedy: REPLACE });
  }
  const refusal = known(site.server)?.typeRefusal;
  if (refusal === undefined) return;
  throw new UserError(
    `${refusal} Put “server.instanceType” in sitelift.json back to ${known(site.server)?.instanceType}, or choose another one. Nothing was changed.`,
    { remedy: { title: 'Change Instance Type…', command: 'sitelift.changeInstanceType' } },
  );
}

/** Throws `UserError` where the site file asks for a smaller volume than there is. */
function requireNoShrinking({ site: { volume: wanted } }: Context, site: SiteHave): void {
  const have = known(site.volume);
  if (have?.state === 'error') return;
  const refusal = have && shrinkRefusal(wanted, have, mountOf(have, known(site.server)));
  if (refusal !== undefined) throw new UserError(`${refusal} Nothing was changed.`);
}

function planOf(what: ResourceName | 'all', context: Context, site: SiteHave): Plan {
  const isWhole = context.site.distribution.serves === 'site';
  switch (what) {
    case 'server':
      return withReader(server.plan(context, site), context, site);
    case 'volume':
      return withReader(volume.plan(context, site), context, site);
    case 'bucket':
      // One that was read before the site is closed only when the distribution reads it.
      return known(site.bucket)?.isAdopted && known(site.distribution)
        ? distribution.plan(context, site)
        : bucket.plan(context, site);
    case 'distribution':
      return isWhole ? readerAfter(server.plan(context, site), context, site) : distribution.plan(context, site);
    case 'all': {
      const plan = volume.plan(context, site);
      // Pages are read from the server, whose name is known once it runs.
      return isWhole ? readerAfter(plan, context, site) : together(plan, distribution.plan(context, site));
    }
  }
}

/** Steps after which the server has another name. */
const RENAMING = ['instance', 'startInstance', 'address', 'releaseAddress', SWITCH_SERVER];

/** A plan and then the distribution’s, which asks the server by the name that the plan gives it. */
function readerAfter(plan: Plan, context: Context, site: SiteHave): Plan {
  const have = known(site.server);
  const keys = stepsOf(plan).map(({ key }) => key);
  const isReplaced = keys.includes(SWITCH_SERVER);
  const isKept = (key: string) =>
    isReplaced
      ? have !== undefined && passesAddressOn(context.site, { server: have, addresses: have.addresses })
      : key === 'startInstance' && have?.address === 'elastic';
  const isRenamed = have && keys.some((key) => RENAMING.includes(key) && !isKept(key));
  const then: SiteHave = isRenamed ? { ...site, server: { kind: 'known', have: { ...have, host: undefined } } } : site;
  return sequence(plan, distribution.plan(context, then));
}

/** A plan for the server, with the distribution’s where that reads pages from it: a server that is started has another name, which the edges would not know. */
export function withReader(plan: Plan, context: Context, site: SiteHave): Plan {
  const isRead = context.site.distribution.serves === 'site' && known(site.distribution) && known(site.bucket);
  return isRead ? readerAfter(plan, context, site) : plan;
}

function narrowing(context: Context, site: SiteHave): Plan {
  const reach = known(site.server)?.reach;
  return isNarrowing(context, reach) ? [[groupStep(context, reach)]] : [];
}

function needed(what: ResourceName | 'all', isWhole: boolean, isAdopted: boolean): readonly ResourceName[] {
  switch (what) {
    case 'server':
    case 'volume':
      return ['server', 'volume'];
    case 'bucket':
      return isAdopted ? ['bucket', 'distribution'] : ['bucket'];
    case 'distribution':
      return isWhole ? ['server', 'volume', 'bucket', 'distribution'] : ['bucket', 'distribution'];
    case 'all':
      return ['server', 'volume', 'bucket', 'distribution'];
  }
}
