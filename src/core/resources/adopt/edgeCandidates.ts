import { ListTagsForResourceCommand, type DistributionSummary } from '@aws-sdk/client-cloudfront';
import { paginateListBuckets } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { isOfSite } from '../../tags';
import { bucketReadBy } from '../distribution/bucketRead';
import { aliasOf, targetOf } from '../distribution/distributionConfig';
import { listDistributions, type TaggedDistribution } from '../distribution/distributionLookup';
import { ownerProblem } from './adopted';
import { nameProblem } from './bucketFitness';
import { sourceOf, type Account } from './distributionFitness';

const ASKED_AT_ONCE = 8;

/** What an account has that can be adopted as a bucket, or as a distribution with its bucket. */
export interface Edge extends Account {
  readonly distributions: readonly TaggedDistribution[];
}

/** Reads which buckets of the region, and which distributions with their tags, the account has. */
export async function readEdge({ clients, site }: Context, op: Op): Promise<Edge> {
  const wanted = { BucketRegion: site.region };
  const [buckets, summaries] = await Promise.all([
    allItems(paginateListBuckets({ client: clients.s3 }, wanted, { abortSignal: op.signal }), ({ Buckets }) => Buckets),
    listDistributions(clients, op),
  ]);
  const limit = pLimit(ASKED_AT_ONCE);
  const tagged = async (summary: DistributionSummary): Promise<TaggedDistribution> => {
    const command = new ListTagsForResourceCommand({ Resource: summary.ARN });
    const { Tags } = await clients.cloudfront.send(command, { abortSignal: op.signal });
    return { ...summary, Tags: Tags?.Items ?? [] };
  };
  const distributions = await Promise.all(summaries.map((one) => limit(tagged, one)));
  return {
    buckets: new Set(buckets.flatMap(({ Name }) => Name ?? [])),
    distributions,
    ownDistribution: distributions.find((one) => isOfSite(one, site))?.Id,
  };
}

/** The buckets of the region; the settings of one are read when it is chosen. */
export async function listBuckets(context: Context, op: Op) {
  const { buckets, distributions } = await readEdge(context, op);
  return [...buckets].map((id) => {
    const readers = distributions.filter((one) => bucketReadBy(targetOf(one) ?? {})?.bucket === id);
    const names = readers.map(({ Id }) => Id).join(', ');
    const about = names === '' ? 'no distribution reads it' : `read by the distribution ${names}`;
    return { id, name: '', about, unfit: nameProblem(id) };
  });
}

/** The distributions of the account. */
export async function listEdges(context: Context, op: Op) {
  const edge = await readEdge(context, op);
  return edge.distributions.map((one) => {
    const { Comment = '', DomainName, Enabled, Id: id = '', Tags } = one;
    const target = targetOf(one);
    const facts = [
      aliasOf(one),
      DomainName,
      target && `reads ${target.DomainName}${target.OriginPath ?? ''}`,
      Enabled ? '' : 'disabled',
    ];
    const source = sourceOf(context, edge, one);
    const unfit = ownerProblem(context, Tags) ?? (typeof source === 'string' ? source : undefined);
    return { id, name: Comment, about: facts.filter(Boolean).join(', '), unfit };
  });
}
