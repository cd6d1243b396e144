import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { isOfSite } from '../../tags';
import { isAdopted } from '../adopt/adopted';
import { readerOf, type BucketPolicy } from '../bucket/bucketPolicy';
import { tagsOfDistribution } from '../distribution/distributionLookup';
import { known, type Seen } from '../resource';
import type { EdgeUse } from './edgeUses';

/** What tells whether the reader that a bucket’s policy names stays when the site goes. */
export interface ReaderNeeds {
  readonly distribution: Seen<{ readonly arn: string; readonly isAdopted?: boolean }>;
  readonly parts: { readonly edgeUses: readonly EdgeUse[] | undefined };
}

/** The distribution, as its ARN, that reads the bucket and stays when the site goes: one that was there before it, or that is not its own; undefined for none. */
export function stayingReader(
  { site }: Pick<Context, 'site'>,
  policy: BucketPolicy | undefined,
  { distribution, parts: { edgeUses = [] } }: ReaderNeeds,
): string | undefined {
  const reader = readerOf(policy);
  const own = known(distribution);
  if (reader === undefined || (reader === own?.arn && !own.isAdopted)) return undefined;
  const isThere = reader === own?.arn || edgeUses.some(({ arn }) => arn === reader);
  return isThere || isForeign(site, reader) ? reader : undefined;
}

/** The same as AWS shows it now, whatever lists show. */
export async function stayingReaderNow(
  { clients, site }: Context,
  policy: BucketPolicy,
  op: Op,
): Promise<string | undefined> {
  const reader = readerOf(policy);
  if (reader === undefined || isForeign(site, reader)) return reader;
  const options = { abortSignal: op.signal };
  const Id = reader.split('/').pop();
  const found = await unlessMissing(
    () => clients.cloudfront.send(new GetDistributionCommand({ Id }), options),
    'NoSuchDistribution',
  );
  if (!found) return undefined;
  const Tags = await tagsOfDistribution(clients, reader, op);
  if (!Tags) return undefined;
  return isOfSite({ Tags }, site) && !isAdopted(Tags) ? undefined : reader;
}

/** True for a distribution of another account, of which these credentials see nothing. */
function isForeign({ account }: Context['site'], arn: string): boolean {
  return arn.split(':')[4] !== account;
}
