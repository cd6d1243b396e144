import type { DistributionSummary, FunctionAssociations } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { listDistributions } from '../distribution/distributionLookup';
import { pagesHost } from '../distribution/wholeSite';

/** A distribution of the account, and what it uses of what a site may have made: ids of origin access controls and names of functions. */
export interface EdgeUse {
  readonly id: string;
  readonly arn: string;
  readonly uses: readonly string[];
  /** What it uses only as long as it serves a site’s pages as well. */
  readonly usesForPages: readonly string[];
}

/** What each distribution of the account uses, whosever it is. */
export async function readEdgeUses({ clients }: Context, op: Op): Promise<readonly EdgeUse[]> {
  return (await listDistributions(clients, op)).map(useOf);
}

/** True for what a distribution uses that is not the one which goes; of an adopted one, which serves pages no more, what it uses then. */
export function isHeld(
  name: string,
  all: readonly EdgeUse[],
  own: { readonly id: string; readonly isAdopted?: boolean } | undefined,
): boolean {
  return all.some(({ id, uses, usesForPages }) => {
    if (id !== own?.id) return uses.includes(name) || usesForPages.includes(name);
    return own.isAdopted === true && uses.includes(name);
  });
}

function useOf(summary: DistributionSummary): EdgeUse {
  const { ARN: arn = '', CacheBehaviors, DefaultCacheBehavior, Id: id = '', Origins } = summary;
  const controls = Origins?.Items?.flatMap(({ OriginAccessControlId: used }) => used || []) ?? [];
  const ofDefault = functionsOf(DefaultCacheBehavior?.FunctionAssociations);
  const ofOthers = CacheBehaviors?.Items?.flatMap((one) => functionsOf(one.FunctionAssociations)) ?? [];
  return pagesHost(summary) === undefined
    ? { id, arn, uses: [...controls, ...ofOthers, ...ofDefault], usesForPages: [] }
    : { id, arn, uses: [...controls, ...ofOthers], usesForPages: ofDefault };
}

function functionsOf(associations: FunctionAssociations | undefined): string[] {
  return associations?.Items?.flatMap(({ FunctionARN }) => FunctionARN?.split('/').pop() ?? []) ?? [];
}
