import {
  CreateDistributionWithTagsCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  ListDistributionsCommand,
  ListTagsForResourceCommand,
  UpdateDistributionCommand,
  type DistributionConfig,
  type DistributionSummary,
} from '@aws-sdk/client-cloudfront';
import { hasCode } from '../aws/errors';
import { appears, isConflict, retry, unlessMissing, waitFor } from '../aws/wait';
import { bucketDomain, distributionComment, SITE_TAG, stackName, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import { bucket, type BucketNeeds } from './bucket';
import { grantReader, readerOf } from './bucketPolicy';
import { ensureAccessControl } from './originAccessControl';
import type { Context } from '../context';
import { known, type Resource, type Seen } from './resource';

/** The distribution as AWS shows it. */
export interface DistributionHave {
  readonly id: string;
  readonly arn: string;
  /** Host name, e.g. `d111111abcdef8.cloudfront.net`. */
  readonly domain: string;
  readonly enabled: boolean;
  /** False while CloudFront still brings a change to its edges. */
  readonly deployed: boolean;
  /** The origin is this site's bucket, below `site/`, through an origin access control. */
  readonly readsBucket: boolean;
}

/** What the distribution's plan depends on. */
export interface DistributionNeeds extends BucketNeeds {
  readonly distribution: Seen<DistributionHave>;
}

/** The managed cache policy *CachingOptimized* (CloudFront documentation, “Use managed cache policies”). */
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const ORIGIN_ID = 'bucket';
const APPEARANCE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const SETTLE = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 180 };

/** The CloudFront distribution in front of the bucket. */
export const distribution: Resource<DistributionHave, DistributionNeeds> = {
  async describe(context, op): Promise<Seen<DistributionHave>> {
    const summary = await findDistribution(context, op);
    return summary ? { kind: 'known', have: haveOf(context, summary) } : { kind: 'absent' };
  },

  async glance(context, before, op) {
    if (before.kind !== 'known') return before.kind === 'absent' ? distribution.describe(context, op) : undefined;
    const { clients } = context;
    const answer = await unlessMissing(
      () => clients.cloudfront.send(new GetDistributionCommand({ Id: before.have.id }), { abortSignal: op.signal }),
      'NoSuchDistribution',
    );
    const { Distribution: seen } = answer ?? {};
    return seen?.DistributionConfig
      ? { kind: 'known', have: haveOf(context, { ...seen, ...seen.DistributionConfig }) }
      : undefined;
  },

  plan(context, site): Plan {
    if (site.distribution.kind === 'unknown' || site.bucket.kind === 'unknown') return [];
    const have = known(site.distribution);
    const steps: Step[][] = [];
    if (!have) {
      steps.push([
        {
          key: 'distribution',
          title: 'create CloudFront distribution in front of the bucket',
          run: (op) => createDistribution(context, op),
        },
      ]);
    } else if (!have.enabled || !have.readsBucket) {
      const reason = have.enabled ? 'its origin changed' : 'it is disabled';
      steps.push([
        {
          key: 'distributionSettings',
          title: `put distribution ${have.id} in order (${reason})`,
          run: (op) => repairDistribution(context, op),
        },
      ]);
    }
    const policy = known(site.bucket)?.policy;
    if (!have || !policy || readerOf(policy) !== have.arn) {
      steps.push([
        {
          key: 'bucketPolicy',
          title: 'let this distribution alone read the bucket',
          run: async (op) => grantReader(context, (await requireDistribution(context, op)).arn, op),
        },
      ]);
    }
    return sequence(bucket.plan(context, site), steps);
  },
};

/** Waits until CloudFront has brought the distribution to its edges: minutes, at times more than half an hour. */
export async function waitUntilDeployed(context: Context, op: Op): Promise<DistributionHave> {
  return waitFor(
    'the distribution to be deployed',
    async () => {
      const have = await requireDistribution(context, op);
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

/** What the summary of a list and the answer about one distribution share. */
interface Described extends Partial<Pick<DistributionSummary, 'Id' | 'ARN' | 'DomainName' | 'Status'>> {
  readonly Enabled?: boolean | undefined;
  readonly Origins?: DistributionSummary['Origins'];
  readonly DefaultCacheBehavior?: { readonly TargetOriginId: string | undefined } | undefined;
}

function haveOf({ site }: Context, summary: Described): DistributionHave {
  const origin = summary.Origins?.Items?.find(({ Id }) => Id === summary.DefaultCacheBehavior?.TargetOriginId);
  return {
    id: summary.Id ?? '',
    arn: summary.ARN ?? '',
    domain: summary.DomainName ?? '',
    enabled: summary.Enabled ?? false,
    deployed: summary.Status === 'Deployed',
    readsBucket:
      origin?.DomainName === bucketDomain(site) &&
      origin.OriginPath === '/site' &&
      Boolean(origin.OriginAccessControlId),
  };
}

async function findDistribution({ site, clients }: Context, op: Op): Promise<DistributionSummary | undefined> {
  const options = { abortSignal: op.signal };
  const mark = `(${site.id})`;
  let marker: string | undefined;
  do {
    const { DistributionList: list } = await clients.cloudfront.send(
      new ListDistributionsCommand(marker ? { Marker: marker } : {}),
      options,
    );
    for (const summary of list?.Items ?? []) {
      if (!summary.Comment?.startsWith('Sitelift: ') || !summary.Comment.endsWith(mark)) continue;
      const { Tags } = await clients.cloudfront.send(
        new ListTagsForResourceCommand({ Resource: summary.ARN }),
        options,
      );
      if (Tags?.Items?.some(({ Key, Value }) => Key === SITE_TAG && Value === site.id)) return summary;
    }
    marker = list?.IsTruncated ? list.NextMarker : undefined;
  } while (marker);
  return undefined;
}

async function createDistribution(context: Context, op: Op): Promise<void> {
  const accessControlId = await ensureAccessControl(context, op);
  const { site, clients } = context;
  for (let generation = 1; ; generation += 1) {
    if (await findDistribution(context, op)) return;
    try {
      await clients.cloudfront.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: newConfig(context, accessControlId, generation),
            Tags: { Items: tagsFor(site, 'distribution') },
          },
        }),
        { abortSignal: op.signal },
      );
      await waitFor('the distribution to appear', () => findDistribution(context, op), APPEARANCE, op);
      return;
    } catch (error) {
      // The reference was used before: by us, with the answer lost or the list behind, or for one that is deleted since.
      if (!hasCode(error, 'DistributionAlreadyExists') || generation >= 20) throw error;
      if (await appears(() => findDistribution(context, op), op)) return;
    }
  }
}

function newConfig({ site }: Context, accessControlId: string, generation: number): DistributionConfig {
  return {
    CallerReference: `${stackName(site)}-${generation}`,
    Comment: distributionComment(site),
    Enabled: true,
    HttpVersion: 'http2and3',
    IsIPV6Enabled: true,
    PriceClass: site.distribution.priceClass,
    Origins: { Quantity: 1, Items: [originOf(site, accessControlId)] },
    DefaultCacheBehavior: {
      TargetOriginId: ORIGIN_ID,
      ViewerProtocolPolicy: 'redirect-to-https',
      Compress: true,
      CachePolicyId: CACHING_OPTIMIZED,
      AllowedMethods: {
        Quantity: 2,
        Items: ['GET', 'HEAD'],
        CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] },
      },
    },
  };
}

function originOf(site: Context['site'], accessControlId: string) {
  return {
    Id: ORIGIN_ID,
    DomainName: bucketDomain(site),
    OriginPath: '/site',
    OriginAccessControlId: accessControlId,
    S3OriginConfig: { OriginAccessIdentity: '' },
  };
}

/** Enables the distribution and points its origin at the bucket; an update carries the whole config and a fresh ETag. */
async function repairDistribution(context: Context, op: Op): Promise<void> {
  const accessControlId = await ensureAccessControl(context, op);
  const { site, clients } = context;
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      const { id } = await requireDistribution(context, op);
      const { DistributionConfig: config, ETag } = await clients.cloudfront.send(
        new GetDistributionConfigCommand({ Id: id }),
        options,
      );
      if (!config?.DefaultCacheBehavior) throw new Error(`CloudFront answered without the config of ${id}.`);
      const target = config.DefaultCacheBehavior.TargetOriginId;
      const origins = config.Origins?.Items?.map((origin) =>
        origin.Id === target ? { ...origin, ...originOf(site, accessControlId), Id: origin.Id } : origin,
      );
      await clients.cloudfront.send(
        new UpdateDistributionCommand({
          Id: id,
          IfMatch: ETag,
          DistributionConfig: {
            ...config,
            Enabled: true,
            Origins: { Quantity: origins?.length ?? 0, Items: origins ?? [] },
          },
        }),
        options,
      );
    },
    isConflict,
    SETTLE,
    op,
  );
}
