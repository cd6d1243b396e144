import { ListTagsForResourceCommand, TagResourceCommand } from '@aws-sdk/client-cloudfront';
import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { ADOPTED_TAG, tagsFor } from '../../names';
import { UserError, type Op } from '../../op';
import { isOfSite } from '../../tags';
import { carriesTag, readTags, tagAdoptedBucket } from '../bucket/bucketSettings';
import { findDistribution } from '../distribution/distributionLookup';
import { ownerProblem } from './adopted';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/**
 * Gives a distribution, if there is one, and then the bucket of the site file the site's tags. Throws `UserError` when one became another site's meanwhile. Cut short after the first, the site has no bucket yet, and
 * provisioning makes none.
 */
export async function tagEdge(context: Context, distributionArn: string | undefined, op: Op): Promise<void> {
  const bucketTags = await readTags(context, op);
  requireFree(context, bucketTags);
  if (distributionArn !== undefined) await tagDistribution(context, distributionArn, op);
  if (!carriesTag(bucketTags, context)) await tagAdoptedBucket(context, op);
}

async function tagDistribution(context: Context, Resource: string, op: Op): Promise<void> {
  const { clients, site } = context;
  const options = { abortSignal: op.signal };
  const { Tags } = await clients.cloudfront.send(new ListTagsForResourceCommand({ Resource }), options);
  requireFree(context, Tags?.Items);
  if (!isOfSite({ Tags: Tags?.Items }, site)) {
    const ours = tagsFor(site, 'distribution').filter(({ Key }) => Key !== 'Name');
    const Items = [...ours, { Key: ADOPTED_TAG, Value: 'yes' }];
    await clients.cloudfront.send(new TagResourceCommand({ Resource, Tags: { Items } }), options);
  }
  const isListed = async () => ((await findDistribution(context, op))?.ARN === Resource ? true : undefined);
  await waitFor('what was adopted to be listed', isListed, SETTLE, op);
}

function requireFree(context: Context, tags: Parameters<typeof ownerProblem>[1]): void {
  const problem = ownerProblem(context, tags);
  if (problem !== undefined) throw new UserError(`What fitted a moment ago does not any more: ${problem}.`);
}
