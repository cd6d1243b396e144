import { createHash } from 'node:crypto';
import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { unlessMissing, waitFor } from '../../aws/wait';
import { bucketName, bucketRegionOf, PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import { sequence, type Plan, type Step } from '../../plan';
import { bucket, type BucketNeeds } from '../bucket/bucket';
import { pagesHost, proofOf, type Described } from './wholeSite';
import { bucketArn, grantReader, grantsReader, readerOf } from '../bucket/bucketPolicy';
import { aliasOf, driftOf, readsBucket, targetOf } from './distributionConfig';
import { driftText, type Drift } from '../driftText';
import { findDistribution, type TaggedDistribution } from './distributionLookup';
import { isAdopted } from '../adopt/adopted';
import { adoptedOrder } from './adoptedOrder';
import { bucketReadBy, prefixOf } from './bucketRead';
import { otherBucketOf } from './otherBucket';
import { restrictionOf, shutsOut, type GeoRestriction } from './geoRestriction';
import type { Context } from '../../context';
import { known, type Resource, type Seen } from '../resource';
import { createUnlessUnverified, repairDistribution } from './distributionChanges';

/** The distribution as AWS shows it. */
export interface DistributionHave {
  readonly id: string;
  readonly arn: string;
  /** Host name, e.g. `d111111abcdef8.cloudfront.net`. */
  readonly domain: string;
  /** The shortest of the names that others gave it (CNAMEs) and that stand for no others; undefined for none. */
  readonly alias: string | undefined;
  /** It was there before the site. */
  readonly isAdopted?: boolean;
  readonly enabled: boolean;
  /** The countries whose readers it answers. */
  readonly geoRestriction: GeoRestriction;
  /** False while CloudFront still brings a change to its edges. */
  readonly deployed: boolean;
  /** The origin is this site's bucket, below `site/`, through an origin access control. */
  readonly readsBucket: boolean;
  /** DNS name of the server that it reads pages from; undefined when it serves the images alone. */
  readonly pagesHost: string | undefined;
  /** SHA-1, in hexadecimal digits, of what it shows the server so that this answers nobody else; undefined for nothing. */
  readonly proofSha1: string | undefined;
  /** What differs from what the site needs, but for the name of its server. */
  readonly drift: readonly Drift[];
  /** Region of this site's bucket that it reads, where that is not the region of the site file. */
  readonly otherRegion?: string;
  /** Path below which it reads this site's bucket, where that is not the site's; empty for the whole bucket. */
  readonly otherPath?: string;
  /** Another bucket of this site that it reads than the one of the site file. */
  readonly otherBucket?: string;
}

/** What the distribution's plan depends on. */
export interface DistributionNeeds extends BucketNeeds {
  readonly distribution: Seen<DistributionHave>;
  readonly server: Seen<{ readonly host: string | undefined }>;
}

/** What the step does that gives the distribution its right, by whose the bucket was. */
const GRANTS = {
  own: 'let this distribution alone read the bucket',
  adopted: 'let this distribution read site/ in the bucket, by HTTPS alone, and keep what is private for the account',
} as const;

/** The CloudFront distribution in front of the bucket, and of the server where it serves the whole site. */
export const distribution: Resource<DistributionHave, DistributionNeeds> = {
  async describe(context, op): Promise<Seen<DistributionHave>> {
    const summary = await findDistribution(context, op);
    if (!summary) return { kind: 'absent' };
    const have = haveOf(context, summary);
    const otherBucket = await otherBucketOf(context, summary, have.isAdopted ?? false, op);
    return { kind: 'known', have: otherBucket === undefined ? have : { ...have, otherBucket } };
  },

  async glance(context, before, op) {
    if (before.kind !== 'known') return before.kind === 'absent' ? distribution.describe(context, op) : undefined;
    const have = await distributionById(context, before.have.id, op);
    if (!have) return undefined;
    const { isAdopted: wasAdopted, otherBucket } = before.have;
    // A distribution by its id comes without its tags.
    const adopted = wasAdopted ? { isAdopted: true } : {};
    const other = otherBucket !== undefined && !have.readsBucket ? { otherBucket } : {};
    return { kind: 'known', have: { ...have, ...adopted, ...other } };
  },

  plan(context, site): Plan {
    if (site.distribution.kind === 'unknown' || site.bucket.kind === 'unknown') return [];
    const have = known(site.distribution);
    const drift = have ? driftWith(context, have, site) : [];
    const changes: Step[][] = [];
    const grants: Step[][] = [];
    if (!have) {
      const isWhole = context.site.distribution.serves === 'site';
      const behind = isWhole ? 'server and bucket (the whole site, by HTTPS)' : 'the bucket';
      changes.push([
        {
          key: 'distribution',
          title: `create CloudFront distribution in front of ${behind}`,
          run: (op) => createUnlessUnverified(context, op),
        },
      ]);
    } else if (drift.length > 0) {
      const isMissed = have.pagesHost !== undefined && context.site.distribution.serves === 'images';
      const { enabled, geoRestriction = have.geoRestriction } = context.site.distribution;
      const isEnded = !enabled || shutsOut(have.geoRestriction, geoRestriction);
      // What it reads elsewhere in the bucket is copied before.
      const isElsewhere = !have.readsBucket && !(have.isAdopted && have.otherPath !== undefined);
      changes.push([
        {
          key: 'distributionSettings',
          title: `put distribution ${have.id} in order (${drift.map(driftText).join('; ')})`,
          // Whoever reads images of the other origin, or pages here, now gets those of the bucket, or none.
          ...(have.enabled && (isElsewhere || isMissed || isEnded) ? { loses: 'uptime' as const } : {}),
          run: (op) => repairDistribution(context, have.id, op),
        },
      ]);
    }
    const bucketHave = known(site.bucket);
    // A policy that could not be read is not taken for one that lacks something.
    const isUnreadable = have && bucketHave && !bucketHave.policy;
    const origin = bucketHave?.isAdopted ? 'adopted' : 'own';
    const isGranted =
      have && bucketHave?.policy && grantsReader(bucketHave.policy, bucketArn(context.site), have.arn, origin);
    if (!isUnreadable && !isGranted) {
      const reader = readerOf(bucketHave?.policy);
      const isTaken = reader !== undefined && reader !== have?.arn;
      grants.push([
        {
          key: 'bucketPolicy',
          title: `${GRANTS[origin]}${isTaken ? ` (instead of ${reader})` : ''}`,
          ...(isTaken ? { loses: 'uptime' as const } : {}),
          follows: 'distribution',
          run: async (op) => grantReader(context, (await requireDistribution(context, op)).arn, origin, op),
        },
      ]);
    }
    if (!have?.isAdopted && !bucketHave?.isAdopted) return sequence(bucket.plan(context, site), changes, grants);
    const wait = (op: Op) => waitUntilDeployed(context, op);
    return adoptedOrder(context, { bucket: site.bucket, bucketHave, distribution: have, changes, grants, wait });
  },
};

/** What differs, also from what the rest of the site is: a server that was stopped has another name once it is started. */
function driftWith({ site }: Context, have: DistributionHave, { server }: DistributionNeeds): readonly Drift[] {
  const isRead = site.distribution.serves === 'site' && have.pagesHost !== undefined && server.kind !== 'unknown';
  if (!isRead || known(server)?.host === have.pagesHost) return have.drift;
  const host = known(server)?.host ?? 'the name that it has once it runs';
  return [...have.drift, ...hostDrift(have, { host })];
}

/** The server that a distribution asks for pages where the site’s has another name, as one has after it was stopped. */
export function hostDrift(
  { pagesHost }: { readonly pagesHost: string | undefined },
  server: { readonly host: string | undefined } | undefined,
): Drift[] {
  if (pagesHost === undefined || server?.host === undefined || server.host === pagesHost) return [];
  return [{ what: 'the server that it asks for pages', is: pagesHost, wanted: server.host }];
}

/** A distribution by its id, in one call; undefined when it is gone. */
export async function distributionById(context: Context, id: string, op: Op): Promise<DistributionHave | undefined> {
  const { clients } = context;
  const answer = await unlessMissing(
    () => clients.cloudfront.send(new GetDistributionCommand({ Id: id }), { abortSignal: op.signal }),
    'NoSuchDistribution',
  );
  const { Distribution: seen } = answer ?? {};
  return seen?.DistributionConfig && haveOf(context, { ...seen, ...seen.DistributionConfig });
}

/** Waits until CloudFront has brought the distribution to its edges: minutes, at times more than half an hour. A list may show for a while what was before the last change, so it is asked for by its id. */
export async function waitUntilDeployed(context: Context, op: Op): Promise<DistributionHave> {
  const { id } = await requireDistribution(context, op);
  return waitFor(
    'the distribution to be deployed',
    async () => {
      const have = (await distributionById(context, id, op)) ?? (await requireDistribution(context, op));
      return have.deployed ? have : undefined;
    },
    { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 3600 },
    op,
  );
}

async function requireDistribution(context: Context, op: Op): Promise<DistributionHave> {
  const summary = await findDistribution(context, op);
  if (!summary) throw new UserError('This site has no distribution yet. Run “Provision Distribution…” first.');
  return haveOf(context, summary);
}

function haveOf(
  { site }: Context,
  summary: Described & Partial<Pick<TaggedDistribution, 'Id' | 'ARN' | 'DomainName' | 'Status' | 'Tags'>>,
): DistributionHave {
  const proof = proofOf(summary);
  const target = targetOf(summary);
  const region = bucketRegionOf(site, target?.DomainName ?? '');
  const read = bucketReadBy(target ?? {});
  return {
    id: summary.Id ?? '',
    arn: summary.ARN ?? '',
    domain: summary.DomainName ?? '',
    alias: aliasOf(summary),
    ...(isAdopted(summary.Tags) ? { isAdopted: true } : {}),
    enabled: summary.Enabled ?? false,
    geoRestriction: restrictionOf(summary),
    deployed: summary.Status === 'Deployed',
    readsBucket: readsBucket(site, summary),
    pagesHost: pagesHost(summary),
    proofSha1: proof && createHash('sha1').update(proof).digest('hex'),
    drift: driftOf(site, summary),
    ...(region === undefined || region === site.region ? {} : { otherRegion: region }),
    ...(read?.bucket === bucketName(site) && prefixOf(read.path) !== PUBLIC_PREFIX ? { otherPath: read.path } : {}),
  };
}
