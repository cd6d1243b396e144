import { GetBucketTaggingCommand, paginateListBuckets, type Bucket } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { s3In, type Clients } from '../../aws/clients';
import { isDenied } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { unlessMissing } from '../../aws/wait';
import { SITE_TAG } from '../../names';
import type { Op } from '../../op';
import { someOf } from '../../someOf';
import { tagOf, type Tagged } from '../../tags';
import { isAdopted } from '../adopt/adopted';
import { listDistributions, tagsOfDistribution } from '../distribution/distributionLookup';
import { readDetail, type Detail } from '../resource';
import { OLDER, type Leftover, type Search } from './leftover';

/** How the names of what belongs to a site begin; see `stackName`. */
const NAMED = /^sitelift-([a-z][a-z0-9]{7})-/;
/** How a bucket's name goes on, whose region it tells; see `bucketName`. */
const BUCKET = /^sitelift-[a-z0-9]{8}-\d{12}-(.+)$/;
/** How the comment of a distribution ends; see `distributionComment`. */
const COMMENTED = /^Sitelift: .*\(([a-z][a-z0-9]{7})\)$/;
const ASKED_AT_ONCE = 8;
const MOST_NAMED = 5;

/** The id of the site that a name tells; empty for a name that tells none. */
export function siteOf(name: string): string {
  return NAMED.exec(name)?.[1] ?? '';
}

/** The distributions of sites: by comment or bucket those that were made, and by its tags, one call for each of the rest, one that was adopted. */
export async function taggedDistributions(clients: Clients, search: Search, op: Op): Promise<readonly Leftover[]> {
  const limit = pLimit(ASKED_AT_ONCE);
  const all = (await listDistributions(clients, op)).map((summary) =>
    limit(async () => {
      const { Comment = '', DomainName = '', Enabled, Id = '', Origins } = summary;
      const told =
        COMMENTED.exec(Comment)?.[1] ??
        Origins?.Items?.map((origin) => siteOf(origin.DomainName ?? '')).find(Boolean) ??
        '';
      // An adopted one may say of itself what it likes.
      const tags = isAsked(search, told) ? { Tags: await tagsOfDistribution(clients, summary.ARN, op) } : {};
      const older = isAdopted(tags.Tags) ? OLDER : '';
      return {
        ...{ kind: 'distribution', id: Id, region: undefined, siteId: tagOf(tags, SITE_TAG) ?? told },
        about: `${DomainName}${Enabled ? '' : ', disabled'}${older}`,
        costs: Enabled ? 'use' : 'nothing',
      } as const;
    }),
  );
  return Promise.all(all);
}

/** The buckets of sites: by name those that were made, and by its tags, one call for each of the rest, one that was adopted; last what could not be read. */
export async function taggedBuckets(
  clients: Clients,
  search: Search,
  op: Op,
): Promise<readonly Detail<readonly Leftover[]>[]> {
  const options = { abortSignal: op.signal };
  // With a number, S3 tells the regions as well.
  const pages = paginateListBuckets({ client: clients.s3 }, { MaxBuckets: 1000 }, options);
  const buckets = await readDetail('the buckets', () => allItems(pages, (page) => page.Buckets), op);
  if (!buckets.value) return [buckets];
  const limit = pLimit(ASKED_AT_ONCE);
  const silent: string[] = [];
  const details = await Promise.all(
    buckets.value.map((bucket) => limit(() => leftBucket(clients, search, bucket, silent, op))),
  );
  if (silent.length === 0) return details;
  const problem = `Whether ${someOf(silent, silent.length, MOST_NAMED)} ${silent.length === 1 ? 'is' : 'are'} of a site could not be read, as these credentials may not read the tags (s3:GetBucketTagging).`;
  return [...details, { problem }];
}

/** A bucket if it is a site's; one whose tags may not be read is put among the silent. */
async function leftBucket(
  clients: Clients,
  { bucket, siteId }: Search,
  { BucketRegion, Name = '' }: Bucket,
  silent: string[],
  op: Op,
): Promise<Detail<readonly Leftover[]>> {
  const told = BUCKET.exec(Name)?.[1];
  const costs = { kind: 'bucket', id: Name, costs: 'use' } as const;
  if (told !== undefined) return { value: [{ ...costs, siteId: siteOf(Name), region: told, about: '' }] };
  if (siteId !== undefined && Name !== bucket) return { value: [] };
  const region = BucketRegion ?? clients.region;
  const tags = await readDetail(`the tags of the bucket ${Name}`, () => tagsOfBucket(clients, region, Name, op), op);
  if (!tags.value) return tags;
  if (tags.value === 'denied') {
    silent.push(Name);
    return { value: [] };
  }
  const site = tagOf(tags.value, SITE_TAG);
  const about = isAdopted(tags.value.Tags) ? OLDER.replace(/^, /, '') : '';
  return { value: site === undefined ? [] : [{ ...costs, siteId: site, region, about }] };
}

async function tagsOfBucket(clients: Clients, region: string, Bucket: string, op: Op): Promise<Tagged | 'denied'> {
  const s3 = region === clients.region ? clients.s3 : s3In(clients, region);
  try {
    const answer = await unlessMissing(
      () => s3.send(new GetBucketTaggingCommand({ Bucket }), { abortSignal: op.signal }),
      'NoSuchTagSet',
      'NoSuchBucket',
    );
    return { Tags: answer?.TagSet };
  } catch (error) {
    if (isDenied(error)) return 'denied';
    throw error;
  }
}

/** True for what may be of those that are looked for; of one site, which names no bucket that was there before, no distribution was, either. */
function isAsked({ bucket, siteId }: Search, told: string): boolean {
  return siteId === undefined || told === siteId || (told === '' && bucket !== undefined);
}
