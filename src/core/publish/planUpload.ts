import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import type { BucketHave } from '../resources/bucket';
import type { DistributionHave } from '../resources/distribution';
import { known } from '../resources/resource';
import type { SiteHave } from '../resources/stack';
import type { Context } from '../context';
import { invalidate } from './invalidate';
import type { LocalFile } from './localFiles';
import { dropNotes, findPending, noteKey, notePending } from './pending';
import { newByteBudget, putAsset, uploadReason } from './store';
import { inTurn, type Origin } from './turn';

/** An asset that is to be uploaded, and why. */
export interface AssetUpload {
  readonly asset: LocalFile;
  readonly reason: 'new' | 'changed';
}

/** What bringing assets to the CDN would do. */
export interface Upload {
  readonly uploads: readonly AssetUpload[];
  /** Notes what is about to change, and uploads it. */
  readonly before: Plan;
  /** Makes the edges forget what has changed, and what runs that were cut short have changed. */
  readonly after: Plan;
}

/** What an upload is planned from. */
export interface UploadNeeds {
  readonly bucket: BucketHave;
  /** Undefined when the site has none, so that no edge holds anything. */
  readonly distribution: DistributionHave | undefined;
  readonly assets: readonly LocalFile[];
  /** Nothing was ever published, so that no edge holds anything of the new paths. */
  readonly isFirst: boolean;
}

/** What *Upload to CDN* would do. */
export interface AssetPublication {
  readonly plan: Plan;
  /** Domain of the distribution, if the site has one. */
  readonly domain: string | undefined;
}

const READS_AT_ONCE = 16;

/** Plans the upload of new and changed assets, and the invalidation of all that the edges may have seen under their paths. */
export async function planUpload(context: Context, needs: UploadNeeds, op: Op): Promise<Upload> {
  const { bucket, distribution, assets, isFirst } = needs;
  const limit = pLimit(READS_AT_ONCE);
  const [reasons, pending] = await Promise.all([
    Promise.all(
      assets.map((asset) =>
        limit(() => {
          op.signal.throwIfAborted();
          return uploadReason(context, asset, bucket.objects.get(asset.path), op);
        }),
      ),
    ),
    distribution ? findPending(context, op) : { paths: [], keys: [] },
  ]);
  const uploads = assets.flatMap((asset, index) => {
    const reason = reasons[index];
    return reason ? [{ asset, reason }] : [];
  });
  // What was removed in the console is new here and old at the edges, which keep it for a year.
  const stale = distribution && !isFirst ? uploads.map(({ asset }) => asset.path).sort() : [];
  const forgotten = [...new Set([...pending.paths, ...stale])].sort();
  const runId = randomUUID();
  const budget = newByteBudget();
  const note: Step = {
    key: `note ${stale.join(' ')}`,
    title: `note ${count(stale)} to invalidate`,
    run: (stepOp) => notePending(context, runId, stale, stepOp),
  };
  const steps = uploads.map(({ asset, reason }): Step => ({
    key: `upload ${asset.path}`,
    title: `upload ${asset.path} (${reason})`,
    sizeBytes: asset.sizeBytes,
    run: (stepOp) => putAsset(context, asset, budget, stepOp),
  }));
  const invalidation = (distributionId: string): Step => ({
    key: `invalidate ${forgotten.join(' ')}`,
    title: `invalidate ${count(forgotten)} in the CDN (${stale.length > 0 ? 'uploaded anew' : 'an earlier run was cut short'})`,
    run: async (stepOp) => {
      await invalidate(context, distributionId, runId, forgotten, stepOp);
      await dropNotes(context, [...pending.keys, ...(stale.length > 0 ? [noteKey(runId)] : [])], stepOp);
    },
  });
  return {
    uploads,
    before: [stale.length > 0 ? [note] : [], steps].filter((stage) => stage.length > 0),
    after: distribution && forgotten.length > 0 ? [[invalidation(distribution.id)]] : [],
  };
}

/** Plans *Upload to CDN* of single assets. Throws `UserError` when there is no bucket, or when something cannot be read. */
export async function planAssets(
  context: Context,
  site: Pick<SiteHave, 'bucket' | 'distribution'>,
  assets: readonly LocalFile[],
  origin: Origin,
  op: Op,
): Promise<AssetPublication> {
  const unreadable = (['bucket', 'distribution'] as const).flatMap((name) => {
    const seen = site[name];
    return seen.kind === 'unknown' ? [`The ${name} cannot be read, so nothing is uploaded: ${seen.reason}`] : [];
  });
  if (unreadable.length > 0) throw new UserError(unreadable.join(' '));
  const bucket = known(site.bucket);
  if (!bucket) {
    throw new UserError('There is no bucket to upload to yet. Provision the distribution with its bucket first.', {
      remedy: { title: 'Provision Distribution…', command: 'sitelift.provisionDistribution' },
    });
  }
  const distribution = known(site.distribution);
  const { before, after } = await planUpload(context, { bucket, distribution, assets, isFirst: false }, op);
  const beginning = { key: 'turn', title: ALONE, check: () => Promise.resolve() };
  const plan = sequence(before, after);
  return { plan: before.length > 0 ? inTurn(context, origin, beginning, plan) : plan, domain: distribution?.domain };
}

/** Title of the step that keeps others from publishing. */
export const ALONE = 'make sure that nobody else publishes meanwhile';

function count(paths: readonly string[]): string {
  return paths.length === 1 ? '1 path' : `${paths.length} paths`;
}
