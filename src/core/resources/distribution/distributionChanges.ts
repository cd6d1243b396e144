import { CreateDistributionWithTagsCommand } from '@aws-sdk/client-cloudfront';
import { hasCode, isUnverified } from '../../aws/errors';
import { appearance, waitFor } from '../../aws/wait';
import { tagsFor } from '../../names';
import type { Op } from '../../op';
import { parkedError } from '../../plan';
import { pagesOrigin } from './pagesOrigin';
import { pagesHost, proofOf, type Described } from './wholeSite';
import { correctedConfig, driftOf, newConfig, targetOf } from './distributionConfig';
import { findDistribution, findDistributionByTag } from './distributionLookup';
import { changeConfig } from './distributionUpdate';
import { ensureAccessControl, listAccessControls, signsForS3 } from './originAccessControl';
import type { Context } from '../../context';
import { requireNoOtherBucket } from './otherBucket';

const APPEARANCE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const MAX_GENERATIONS = 20;

/** A new account may have to wait for days until AWS has verified it for CloudFront; all else of the site can be made meanwhile. */
export async function createUnlessUnverified(context: Context, op: Op): Promise<void> {
  try {
    await createDistribution(context, op);
  } catch (error) {
    if (!isUnverified(error)) throw error;
    throw parkedError(
      `CloudFront makes no distribution for account ${context.site.account} until AWS has verified it. All that does not need one was done. Ask AWS Support to verify the account (console, Support, “Account and billing”) and send along what it said: “${(error as Error).message}” Then provision again, which makes the distribution.`,
      error,
    );
  }
}

async function createDistribution(context: Context, op: Op): Promise<void> {
  const { site, clients } = context;
  for (let generation = 1; ; generation += 1) {
    const found = await findDistributionByTag(context, op);
    if (found?.Id) {
      await requireNoOtherBucket(context, op);
      await repairDistribution(context, found.Id, op);
      return;
    }
    const accessControlId = await ensureAccessControl(context, op);
    const pages = await pagesOrigin(context, op);
    try {
      await clients.cloudfront.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: newConfig(context, accessControlId, generation, pages),
            Tags: { Items: tagsFor(site, 'distribution') },
          },
        }),
        { abortSignal: op.signal },
      );
      await waitFor('the distribution to appear', () => findDistribution(context, op), APPEARANCE, op);
      return;
    } catch (error) {
      // The reference was used before: by us, with the answer lost or the list behind, or for one that is deleted since.
      if (!hasCode(error, 'DistributionAlreadyExists') || generation >= MAX_GENERATIONS) throw error;
      const late = await appearance(() => findDistributionByTag(context, op), op);
      if (late?.Id) {
        await repairDistribution(context, late.Id, op);
        return;
      }
    }
  }
}

/** Puts right what differs. Does nothing when nothing differs. */
export async function repairDistribution(context: Context, id: string, op: Op): Promise<void> {
  const pages = await pagesOrigin(context, op);
  const { site } = context;
  await changeConfig(
    context,
    id,
    async (config) => {
      if (driftOf(site, config).length === 0 && pagesHost(config) === pages?.host) return undefined;
      // The server asks for the proof that there is until it is published to.
      const shown = pages && { ...pages, proof: proofOf(config) ?? pages.proof };
      return correctedConfig(site, config, await accessControlOf(context, config, op), shown);
    },
    op,
  );
}

/** The access control by which a distribution reads its bucket, if that will do; otherwise the site’s own. */
async function accessControlOf(context: Context, config: Described, op: Op): Promise<string> {
  const present = targetOf(config)?.OriginAccessControlId;
  const all = present ? await listAccessControls(context.clients, op) : [];
  return all.some((one) => one.Id === present && signsForS3(one)) && present
    ? present
    : ensureAccessControl(context, op);
}
