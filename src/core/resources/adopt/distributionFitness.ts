import type { DistributionSummary, Origin } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import { PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import { bucketReadBy, originsOf, prefixOf, websiteReadBy } from '../distribution/bucketRead';
import { pagesHost } from '../distribution/wholeSite';
import { nameProblem } from './bucketFitness';

/** What an account has of what the fitness of a distribution depends on. */
export interface Account {
  /** Names of the buckets that the account has in the site's region. */
  readonly buckets: ReadonlySet<string>;
  /** Id of the distribution that the site has. */
  readonly ownDistribution: string | undefined;
}

/** The bucket that a distribution brings along, and the origin that it is of it. */
export interface Source {
  readonly bucket: string;
  readonly prefix: string;
  readonly origin: Origin;
}

/** The bucket that the default behavior of a distribution reads, or why the distribution cannot become the site's, with what would help. */
export function sourceOf(
  { site }: Pick<Context, 'site'>,
  account: Account,
  summary: DistributionSummary,
): Source | string {
  const { ConnectionMode, DefaultCacheBehavior: behavior, Id, Origins, Staging } = summary;
  if (account.ownDistribution !== undefined && account.ownDistribution !== Id) {
    return `this site has the distribution ${account.ownDistribution} already`;
  }
  if (Staging) return 'it is a staging distribution, which tries out changes of another one';
  if (ConnectionMode === 'tenant-only') return 'it is a template for the distributions of tenants';
  if (behavior?.TrustedKeyGroups?.Enabled || behavior?.TrustedSigners?.Enabled) {
    return 'its default behavior asks for signed URLs, which the pages of a site do not have';
  }
  if (pagesHost(summary) !== undefined) return 'it serves the pages of another site';
  const origin = Origins?.Items?.find(({ Id: id }) => id === behavior?.TargetOriginId);
  if (!origin) return 'its default behavior reads a group of origins; let it read the bucket of that group alone first';
  return sourceAt(origin, summary, account, site.region);
}

function sourceAt(origin: Origin, summary: DistributionSummary, account: Account, region: string): Source | string {
  const website = websiteReadBy(origin);
  if (website !== undefined) {
    return `its default behavior reads the web site of the bucket ${website}, where S3 finds index pages and redirects, which it does not for a private bucket; choose the bucket itself as the origin first`;
  }
  const read = bucketReadBy(origin);
  if (!read) return `its default behavior reads ${origin.DomainName}, which is no bucket of S3`;
  const { bucket } = read;
  if (!account.buckets.has(bucket)) {
    return `its default behavior reads the bucket ${bucket}, which is none of this account in ${region}`;
  }
  const name = nameProblem(bucket);
  if (name !== undefined) return `its bucket ${bucket} does not fit: ${name}`;
  if (originsOf(summary, bucket).length > 1) {
    return `it reads the bucket ${bucket} as more than one origin, and Sitelift cares for one; let its behaviors share one first`;
  }
  const prefix = prefixOf(read.path);
  const plain = (summary.CacheBehaviors?.Items ?? []).find(
    ({ TargetOriginId, ViewerProtocolPolicy }) => TargetOriginId === origin.Id && ViewerProtocolPolicy === 'allow-all',
  );
  if (plain) {
    return `its behavior for ${plain.PathPattern} answers plain HTTP, by which the bucket is read no more; let it redirect HTTP to HTTPS first`;
  }
  const isInside = (prefix.startsWith(PUBLIC_PREFIX) && prefix !== PUBLIC_PREFIX) || prefix.startsWith(PRIVATE_PREFIX);
  if (isInside)
    return `its origin path ${read.path} is inside of what Sitelift keeps in a bucket; move the objects elsewhere first`;
  return { bucket, prefix, origin };
}
