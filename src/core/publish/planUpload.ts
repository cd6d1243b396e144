import pLimit from 'p-limit';
import type { Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import type { BucketHave } from '../resources/bucket';
import type { DistributionHave } from '../resources/distribution';
import type { Context } from '../context';
import { invalidate, notePending, pendingInvalidation } from './invalidate';
import type { LocalFile } from './localFiles';
import { putAsset, uploadReason } from './store';

/** What bringing assets to the CDN would do; `publish` goes between the uploads and the invalidation. */
export interface Upload {
  readonly uploads: readonly LocalFile[];
  plan(publish?: Plan): Plan;
}

const READS_AT_ONCE = 16;

/** Plans the upload of new and changed assets and the invalidation of the changed ones. */
export async function planUpload(
  context: Context,
  bucket: BucketHave,
  distribution: DistributionHave | undefined,
  assets: readonly LocalFile[],
  op: Op,
): Promise<Upload> {
  const limit = pLimit(READS_AT_ONCE);
  const reasons = await Promise.all(
    assets.map((asset) => limit(() => uploadReason(asset, bucket.objects.get(asset.path)))),
  );
  const uploads = assets.flatMap((asset, index) => {
    const reason = reasons[index];
    return reason ? [{ asset, reason }] : [];
  });
  const changed = uploads.filter(({ reason }) => reason === 'changed').map(({ asset }) => asset.path);
  const pending = distribution ? await pendingInvalidation(context, op) : [];
  const stale = [...new Set([...pending, ...changed])].sort();
  const before: Step[] =
    distribution && changed.length > 0
      ? [
          {
            key: `note ${stale.join(' ')}`,
            title: `note ${count(stale)} to invalidate`,
            run: (stepOp) => notePending(context, stale, stepOp),
          },
        ]
      : [];
  const upload: Step[] = uploads.map(({ asset, reason }) => ({
    key: `upload ${asset.path}`,
    title: `upload ${asset.path} (${reason})`,
    sizeBytes: asset.sizeBytes,
    run: (stepOp) => putAsset(context, asset, stepOp),
  }));
  const after: Step[] =
    distribution && stale.length > 0
      ? [
          {
            key: `invalidate ${stale.join(' ')}`,
            title: `invalidate ${count(stale)} in the CDN (changed)`,
            run: (stepOp) => invalidate(context, distribution.id, stale, stepOp),
          },
        ]
      : [];
  return {
    uploads: uploads.map(({ asset }) => asset),
    plan: (publish = []) => sequence([before, upload], publish, [after]).filter((stage) => stage.length > 0),
  };
}

function count(paths: readonly string[]): string {
  return paths.length === 1 ? '1 path' : `${paths.length} paths`;
}
