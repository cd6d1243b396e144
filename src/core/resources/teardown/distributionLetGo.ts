import { UntagResourceCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront';
import { unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { isOfSite } from '../../tags';
import { isAdopted } from '../adopt/adopted';
import { distributionById, type DistributionHave } from '../distribution/distribution';
import { findDistribution, tagsOfDistribution } from '../distribution/distributionLookup';
import { changeConfig } from '../distribution/distributionUpdate';
import { imagesOriginId, withoutPages } from '../distribution/wholeSite';

/** CloudFront was seen to take more than half an hour to bring a change to its edges. */
const EDGES = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 2 * 3600 };
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
/** How the keys of all tags of ours begin. */
const TAGS = 'sitelift:';

/** What names a distribution. */
export interface NamedDistribution {
  readonly id: string;
  readonly arn: string;
}

/**
 * The step that lets a distribution which was there before the site read the images alone again, where it was given the pages as well: the name of a server
 * that is gone may come to be a stranger's. [] for one that does.
 */
export function pagesOffSteps(context: Context, { id, pagesHost: host }: DistributionHave): Step[] {
  if (host === undefined) return [];
  const run = (op: Op) => changeConfig(context, id, (config) => imagesAlone(context, config), op);
  const title = `let distribution ${id}, which was there before the site, read the images alone again, and no pages of ${host}`;
  return [{ key: 'imagesAlone', title, loses: 'uptime', run }];
}

/** The config without the pages, of which no behavior that somebody added may name an origin that goes with them; undefined for one without. */
function imagesAlone({ site }: Context, config: DistributionConfig): DistributionConfig | undefined {
  const bucketId = imagesOriginId(config);
  if (bucketId === undefined) return undefined;
  const rest = withoutPages(site, config, bucketId);
  const left = [...(rest.Origins?.Items ?? []), ...(rest.OriginGroups?.Items ?? [])].map(({ Id }) => Id);
  const behaviors = (rest.CacheBehaviors?.Items ?? []).map((one) =>
    left.includes(one.TargetOriginId) ? one : { ...one, TargetOriginId: bucketId },
  );
  // CloudFront takes no empty list.
  const Items = behaviors.length > 0 ? behaviors : undefined;
  return { ...rest, CacheBehaviors: { Quantity: behaviors.length, Items } };
}

/** The step that leaves a distribution that was there before the site as it is; `isAwaited` where something that it used goes next. */
export function letGoDistribution(context: Context, { arn, id }: NamedDistribution, isAwaited: boolean): Step {
  const when = isAwaited ? ' once all edges know that it reads no pages' : '';
  const title = `take this site’s tags off distribution ${id}, which was there before it${when} (it stays, goes on serving what it serves, and costing)`;
  return { key: 'letGoDistribution', title, run: (op) => letGo(context, { arn, id }, isAwaited, op) };
}

async function letGo(context: Context, { arn, id }: NamedDistribution, isAwaited: boolean, op: Op): Promise<void> {
  const tags = await tagsOfDistribution(context.clients, arn, op);
  if (!tags || !isOfSite({ Tags: tags }, context.site)) return;
  if (isAwaited) {
    const look = async () => ((await distributionById(context, id, op))?.deployed === false ? undefined : true);
    await waitFor('the edges to know that it reads no pages', look, EDGES, op);
  }
  const Items = tags.flatMap(({ Key }) => (Key?.startsWith(TAGS) ? [Key] : []));
  await unlessMissing(
    () =>
      context.clients.cloudfront.send(new UntagResourceCommand({ Resource: arn, TagKeys: { Items } }), {
        abortSignal: op.signal,
      }),
    'NoSuchResource',
  );
  await waitFor(
    `${id} to be listed as this site’s no more`,
    async () => ((await findDistribution(context, op))?.Id === id ? undefined : true),
    SETTLE,
    op,
  );
}

/** Throws `UserError` for a distribution that was adopted, or is not this site's any more, whoever asks; not for one that is gone. */
export async function requireMade(context: Context, { arn, id }: NamedDistribution, op: Op): Promise<void> {
  const tags = await tagsOfDistribution(context.clients, arn, op);
  if (!tags) return;
  if (!isOfSite({ Tags: tags }, context.site)) {
    throw new UserError(
      `The distribution ${id} does not carry this site’s tag any more, so it is left alone. It goes on costing.`,
    );
  }
  if (isAdopted(tags)) {
    throw new UserError(
      `The distribution ${id} was there before the site, so Sitelift neither disables nor deletes it. Run the command again.`,
    );
  }
}
