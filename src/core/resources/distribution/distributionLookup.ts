import {
  ListDistributionsCommand,
  ListTagsForResourceCommand,
  type DistributionSummary,
  type Tag,
} from '@aws-sdk/client-cloudfront';
import { allMarked } from '../../aws/pages';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { bucketDomain, stackName } from '../../names';
import type { Op } from '../../op';
import { isOfSite } from '../../tags';

/** A distribution as a list shows it, with its tags. */
export interface TaggedDistribution extends DistributionSummary {
  readonly Tags: readonly Tag[];
}

/**
 * The site's distribution: one that carries the site's tag, looked for among those that show the site's mark in their comment or a bucket
 * of the site as an origin, which cost no call each. One that was adopted shows neither where somebody pointed it elsewhere.
 */
export async function findDistribution(context: Context, op: Op): Promise<TaggedDistribution | undefined> {
  const { site } = context;
  const all = await listDistributions(context.clients, op);
  const marked = all.filter(({ Comment }) => Comment?.startsWith('Sitelift: ') && Comment.endsWith(`(${site.id})`));
  const reading = all.filter(({ Origins }) =>
    Origins?.Items?.some(
      ({ DomainName }) => DomainName?.startsWith(`${stackName(site)}-`) || DomainName === bucketDomain(site),
    ),
  );
  const likely = new Set([...marked, ...reading]);
  const found = await firstTagged(context, likely, op);
  if (found || site.bucket.name === undefined) return found;
  return firstTagged(
    context,
    all.filter((one) => !likely.has(one)),
    op,
  );
}

/** The same by the tag alone, one call for each distribution of the account: for when another one is about to be made. */
export async function findDistributionByTag(context: Context, op: Op): Promise<TaggedDistribution | undefined> {
  return firstTagged(context, await listDistributions(context.clients, op), op);
}

/** All distributions of the account. */
export async function listDistributions(
  clients: Pick<Context['clients'], 'cloudfront'>,
  op: Op,
): Promise<readonly DistributionSummary[]> {
  return allMarked(async (Marker) => {
    const { DistributionList: list } = await clients.cloudfront.send(
      new ListDistributionsCommand(Marker ? { Marker } : {}),
      { abortSignal: op.signal },
    );
    return { items: list?.Items, next: list?.IsTruncated ? list.NextMarker : undefined };
  });
}

/** The tags of a distribution, by its ARN; undefined when it is gone. */
export async function tagsOfDistribution(
  { cloudfront }: Pick<Context['clients'], 'cloudfront'>,
  Resource: string | undefined,
  op: Op,
): Promise<readonly Tag[] | undefined> {
  const answer = await unlessMissing(
    () => cloudfront.send(new ListTagsForResourceCommand({ Resource }), { abortSignal: op.signal }),
    'NoSuchResource',
  );
  return answer && (answer.Tags?.Items ?? []);
}

async function firstTagged(
  { site, clients }: Context,
  candidates: Iterable<DistributionSummary>,
  op: Op,
): Promise<TaggedDistribution | undefined> {
  for (const summary of candidates) {
    const { Tags: { Items: Tags = [] } = {} } = await clients.cloudfront.send(
      new ListTagsForResourceCommand({ Resource: summary.ARN }),
      {
        abortSignal: op.signal,
      },
    );
    if (isOfSite({ Tags }, site)) return { ...summary, Tags };
  }
  return undefined;
}
