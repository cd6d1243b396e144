import { explain } from '../aws/errors';
import { heeding, isUserError, remediesOf, type Op } from '../op';
import { bucket, type BucketHave } from './bucket/bucket';
import { distribution, type DistributionHave } from './distribution/distribution';
import type { Context } from '../context';
import { isInsideUnread, paired } from './pairing';
import { known, type Resource, type Seen } from './resource';
import { siteUrl } from '../names';
import { findInstance } from './lookup';
import { outsideOf, server, type ServerHave } from './server/server';
import { volume, type VolumeHave } from './volume/volume';

/** What AWS shows of a whole site, at one time. */
export interface SiteHave {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<VolumeHave>;
  readonly bucket: Seen<BucketHave>;
  readonly distribution: Seen<DistributionHave>;
}

/** The names of a site's resources, in the order in which they are shown. */
export type ResourceName = keyof SiteHave;

/**
 * The deep reading: reads all of a site from AWS. A resource that cannot be read is *unknown* with its reason; with a `before` it stays as it
 * was known then, marked as old, which is for showing and not for planning.
 */
export function describeSite(context: Context, op: Op, before?: SiteHave): Promise<SiteHave> {
  return eachOf(before, (resource, seen) => describe(resource, context, seen, op));
}

/**
 * The cheap reading: the states of what was seen `before`, at most six calls on a settled site and none of them a command on the server. What
 * is no longer what it was is read deeply; what cannot be read now stays as it was, marked as old; what is about another volume or distribution is left out.
 */
export function glanceAtSite(context: Context, before: SiteHave, op: Op): Promise<SiteHave> {
  return eachOf(before, (resource, seen) => {
    const glance = async () => (seen && (await resource.glance(context, seen, op))) ?? resource.describe(context, op);
    return readOrKeep(seen, glance, op);
  });
}

/** What is read of a site: all resources, cheaply or deeply, or some of them deeply. */
export type Scope = 'cheap' | 'deep' | readonly ResourceName[];

/** Reads a site as far as is asked for; what was never read is read deeply, or not at all where only some of it is asked for. */
export async function readAgain(
  context: Context,
  before: SiteHave | undefined,
  scope: Scope,
  op: Op,
): Promise<SiteHave | undefined> {
  if (scope === 'deep') return describeSite(context, op, before);
  if (scope === 'cheap') return before ? glanceAtSite(context, before, op) : describeSite(context, op);
  const reread: Look = async (resource, seen, name) =>
    seen && !scope.includes(name) ? seen : describe(resource, context, seen, op);
  return before && eachOf(before, reread);
}

type Look = <Have>(
  resource: Resource<Have, never>,
  before: Seen<Have> | undefined,
  name: ResourceName,
) => Promise<Seen<Have>>;

async function eachOf(before: SiteHave | undefined, look: Look): Promise<SiteHave> {
  const [serverSeen, volumeSeen, bucketSeen, distributionSeen] = await Promise.all([
    look(server, before?.server, 'server'),
    look(volume, before?.volume, 'volume'),
    look(bucket, before?.bucket, 'bucket'),
    look(distribution, before?.distribution, 'distribution'),
  ]);
  const now = { server: serverSeen, volume: volumeSeen, bucket: bucketSeen, distribution: distributionSeen };
  return paired(before, now);
}

function describe<Have>(
  resource: Resource<Have, never>,
  context: Context,
  before: Seen<Have> | undefined,
  op: Op,
): Promise<Seen<Have>> {
  return readOrKeep(before, () => resource.describe(context, op), op);
}

/** What `read` gives; where it fails, what was known before, marked as old, or *unknown*. */
async function readOrKeep<Have>(
  before: Seen<Have> | undefined,
  read: () => Promise<Seen<Have>>,
  op: Op,
): Promise<Seen<Have>> {
  try {
    return await heeding(op.signal, read);
  } catch (error) {
    // A deadline ends what was not read by then; a cancel ends all.
    if (!isUserError(op.signal.reason)) op.signal.throwIfAborted();
    const told = explain(op.signal.reason ?? error);
    const { message: reason } = told;
    if (before?.kind === 'known') return { ...before, old: reason };
    const remedies = remediesOf(told);
    return { kind: 'unknown', reason, ...(remedies.length > 0 ? { remedies } : {}) };
  }
}

/** True while something is on its way to another state by itself, so looking again soon is worth it. */
export function isPending(site: SiteHave): boolean {
  const { server: s, volume: v, distribution: d } = site;
  return (
    isInsideUnread(s) ||
    (s.kind === 'known' &&
      (['pending', 'stopping', 'shutting-down'].includes(s.have.state) ||
        (s.have.state === 'running' && !s.have.online && s.have.inspectionProblem === undefined))) ||
    (v.kind === 'known' &&
      (v.have.state === 'creating' || ['attaching', 'detaching', 'busy'].includes(v.have.attachment?.state ?? ''))) ||
    (d.kind === 'known' && !d.have.deployed)
  );
}

/** Where readers find the site, in two calls at most; undefined while nothing would answer there. */
export async function describeUrl(context: Context, op: Op): Promise<string | undefined> {
  const { site } = context;
  if (site.distribution.serves === 'site') {
    const have = known(await distribution.describe(context, op));
    return have?.enabled && have.pagesHost !== undefined ? siteUrl(site, { ...have, host: undefined }) : undefined;
  }
  const instance = await findInstance(context, op);
  const { host, state } = instance?.InstanceId ? outsideOf(instance, instance.InstanceId) : {};
  return state === 'running' && host !== undefined ? siteUrl(site, { host, alias: undefined, domain: '' }) : undefined;
}
