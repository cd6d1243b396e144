import type { Op } from '../../op';
import type { Step } from '../../plan';
import type { Asset } from '../../release/manifest';
import type { StoredObject } from '../../resources/bucket/bucket';
import { MOST_COPIED_BYTES } from './copyAssets';
import type { FormerAsset } from './former';
import type { WantedAssets } from '../wanted';

/** Those of some paths whose bytes are still what the ledger tells, as far as a listing shows it, so that they can be kept. */
export function formerOf(
  paths: readonly string[],
  told: ReadonlyMap<string, Asset>,
  objects: ReadonlyMap<string, StoredObject> | undefined,
): FormerAsset[] {
  return paths.flatMap((path) => {
    const asset = told.get(path);
    // Larger ones cannot be copied, so that they are not kept.
    const isThere =
      asset && asset.sizeBytes <= MOST_COPIED_BYTES && (!objects || objects.get(path)?.etag === asset.etag);
    return isThere ? [{ path, asset }] : [];
  });
}

/** The step that stores assets: titled after the only one, or after all with an item for each; undefined when there is none. */
export function uploadStep(
  { changes, title }: WantedAssets,
  key: string,
  run: (op: Op) => Promise<void>,
): Step | undefined {
  const [first, ...others] = changes;
  if (!first) return undefined;
  const sizeBytes = changes.reduce((sum, change) => sum + change.sizeBytes, 0);
  if (others.length === 0) return { key, title: first.title, sizeBytes, run };
  return { key, title, items: changes.map((change) => change.title), sizeBytes, run };
}

/** Gives a function that reports how many of all are done, once for each percent more. */
export function percentReport(all: number, told: (done: number) => string, op: Op): (done: number) => void {
  let percent = 0;
  return (done) => {
    const now = Math.floor((done / all) * 100);
    if (now === percent) return;
    percent = now;
    op.report(told(done), done / all);
  };
}

/** A number of things in words, e.g. `1 path` or `3 paths`. */
export function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}
