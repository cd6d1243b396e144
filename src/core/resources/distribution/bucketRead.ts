import type { DistributionConfig, Origin } from '@aws-sdk/client-cloudfront';

/** What a distribution reads of a bucket. */
export interface BucketRead {
  readonly bucket: string;
  /** Where its paths begin in the bucket, e.g. `/photos`; empty for the whole bucket. */
  readonly path: string;
}

/** A bucket's domain, with its region or without, as Amazon S3's documentation, “Virtual hosting of buckets”, has them. */
const BUCKET = /^(.+)\.s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/;
const WEBSITE = /^(.+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com$/;

/** The bucket that an origin is, and where in it; undefined for what is none, as is the web site of a bucket. */
export function bucketReadBy({ DomainName = '', OriginPath = '' }: Partial<Origin>): BucketRead | undefined {
  const [, bucket] = BUCKET.exec(DomainName) ?? [];
  return bucket === undefined ? undefined : { bucket, path: OriginPath };
}

/** The bucket whose web site an origin is, by which S3 finds index pages and redirects. */
export function websiteReadBy({ DomainName = '' }: Partial<Origin>): string | undefined {
  return WEBSITE.exec(DomainName)?.[1];
}

/** The prefix of the keys that a distribution reads from a path of a bucket on. */
export function prefixOf(path: string): string {
  return path === '' ? '' : `${path.slice(1)}/`;
}

/** The origins of a distribution that read a bucket, by its domain or its web site. */
export function originsOf({ Origins }: Pick<DistributionConfig, 'Origins'>, bucket: string): readonly Origin[] {
  return (Origins?.Items ?? []).filter(
    (origin) => bucketReadBy(origin)?.bucket === bucket || websiteReadBy(origin) === bucket,
  );
}
