import { SELECT_PROFILE } from '../aws/errors';
import { UserError, type Remedy } from '../op';
import { moment } from '../release/moment';
import type { BucketHave } from '../resources/bucket/bucket';
import { readerOf } from '../resources/bucket/bucketPolicy';
import type { DistributionHave } from '../resources/distribution/distribution';
import { START_SERVER } from '../resources/lookup';
import { offerOf } from '../resources/distribution/offer';
import { known, remediesOfUnknown } from '../resources/resource';
import type { ServerHave } from '../resources/server/server';
import type { ResourceName, SiteHave } from '../resources/stack';
import { isMounted } from '../resources/volume/mounted';
import { doubtOf } from '../resources/whereabouts';
import type { Inspection } from '../remote/inspect';
import type { Site } from '../site';

/** The parts of a site that can be published to. */
export interface Ready {
  readonly bucket: BucketHave;
  readonly distribution: DistributionHave;
  readonly instanceId: string;
  readonly host: string | undefined;
  readonly volumeId: string;
  /** The volume was there before the site. */
  readonly hasAdoptedVolume: boolean;
  readonly inspection: Inspection;
}

const NAMES: readonly ResourceName[] = ['server', 'volume', 'bucket', 'distribution'];

/** The parts of a site that is ready to be published to. Throws `UserError`: first what could not be read, then what is not there or not as it must be. */
export function requireReady(site: SiteHave, serves: Site['distribution']['serves']): Ready {
  const unreadable = NAMES.flatMap((name) => {
    const seen = site[name];
    return seen.kind === 'unknown' ? [`${name}: ${seen.reason}`] : [];
  });
  if (unreadable.length > 0) {
    throw new UserError(`The site could not be read, so nothing is published. ${unreadable.join(' ')}`, {
      remedy: remediesOfUnknown(NAMES.map((name) => site[name])),
    });
  }
  const bucket = known(site.bucket);
  requireKept(bucket);
  const distribution = known(site.distribution);
  const server = known(site.server);
  const volume = known(site.volume);
  if (!bucket || !distribution || !server || !volume) {
    const lacking = NAMES.filter((name) => site[name].kind === 'absent').map((name) => `a ${name}`);
    const sentence = `The site cannot be published yet: it lacks ${lacking.join(', ')}.`;
    // What would be refused is not offered.
    const doubt = doubtOf(site);
    if (doubt !== undefined) throw new UserError(`${sentence} ${doubt}`, { remedy: SELECT_PROFILE });
    throw new UserError(`${sentence} Provision it first.`, { remedy: provision('All') });
  }
  const inspection = requireInspection(server);
  if (!isMounted(volume, server)) {
    throw new UserError('The volume is not mounted on the server’s document root yet. Provision the volume first.', {
      remedy: provision('Volume'),
    });
  }
  if (!distribution.enabled) {
    throw new UserError(
      `The distribution is disabled, so readers would not get ${offerOf(distribution)}. Nothing is published; run “Enable Distribution…” first.`,
      { remedy: { title: 'Enable Distribution…', command: 'sitelift.enableDistribution' } },
    );
  }
  const trouble = !distribution.readsBucket
    ? 'The distribution does not read from this site’s bucket'
    : bucket.policy !== undefined && readerOf(bucket.policy) !== distribution.arn
      ? 'The bucket does not let the distribution read it'
      : undefined;
  if (trouble) {
    throw new UserError(`${trouble}, so images would not load. Provision the distribution first.`, {
      remedy: provision('Distribution'),
    });
  }
  const { host, instanceId } = server;
  if (!isServedAsWanted(serves, distribution, host)) {
    const is =
      serves === 'images'
        ? 'The distribution serves the pages as well, which sitelift.json does not want any more'
        : distribution.pagesHost === undefined
          ? 'The distribution does not serve the pages yet, as sitelift.json wants it'
          : 'The distribution reads the pages from another server, or from the former address of this one';
    throw new UserError(`${is}. Provision the distribution first.`, { remedy: provision('Distribution') });
  }
  const { isAdopted: hasAdoptedVolume = false, volumeId } = volume;
  return { bucket, distribution, instanceId, host, volumeId, hasAdoptedVolume, inspection };
}

/** Throws `UserError` for a site that somebody began to destroy: what is lacking, or disabled, is so because of that. */
function requireKept(bucket: BucketHave | undefined): void {
  const since = bucket?.destroyingSince;
  if (since === undefined) return;
  throw new UserError(
    `Somebody began to destroy the site on ${moment(since)}, so nothing is published. To keep it, run “Provision All…”, then publish again; “Destroy Site…” goes on where it stopped.`,
    { remedy: [provision('All'), { title: 'Destroy Site…', command: 'sitelift.destroySite' }] },
  );
}

/** True when a distribution serves the images alone, or the pages of this server as well, as it should. */
export function isServedAsWanted(
  serves: Site['distribution']['serves'],
  { pagesHost }: Pick<DistributionHave, 'pagesHost'>,
  host: string | undefined,
): boolean {
  return pagesHost === (serves === 'site' ? host : undefined);
}

function requireInspection(server: ServerHave): Inspection {
  if (server.inspection) return server.inspection;
  if (server.state !== 'running') {
    throw new UserError(`The server is ${server.state}. Run “Start Server…”, then publish again.`, {
      remedy: START_SERVER,
    });
  }
  if (server.inspectionProblem !== undefined) {
    throw new UserError(
      `What is on the server could not be read, so nothing is published. ${server.inspectionProblem}`,
    );
  }
  throw new UserError(
    server.online
      ? 'The server’s SSM agent answers, but what is on the server could not be read. Wait a minute and publish again.'
      : 'The server is running but its SSM agent does not answer yet. Wait a minute and publish again.',
    { remedy: provision('Server') },
  );
}

function provision(what: 'All' | 'Server' | 'Volume' | 'Distribution'): Remedy {
  return { title: `Provision ${what}…`, command: `sitelift.provision${what}` };
}
