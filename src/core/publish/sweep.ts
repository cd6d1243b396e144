import type { Context } from '../context';
import { PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import { readManifest } from '../release/keptManifest';
import type { Ledger } from '../release/ledger';
import type { LocalCache } from '../release/localCache';
import { deleteKeys, FILES } from './former';
import { listObjects } from '../resources/listing';
import { awsTimeMs } from './store';

/** What is younger may belong to a publication that goes on, or was cut short and is taken up again. */
const YOUNG_MS = 24 * 3600 * 1000;

/** Removes what none of the kept releases needs: former bytes, bundles, whole manifests. Nothing goes while one of them cannot be read. */
export async function sweep(context: Context, ledger: Ledger, cache: LocalCache, op: Op): Promise<void> {
  const needed = new Set<string>();
  for (const release of [...(ledger.current ? [ledger.current] : []), ...ledger.former]) {
    const manifest = await readManifest(context, release, cache, op);
    if (!manifest) return;
    needed.add(release.base);
    for (const { bundle } of manifest.pages.values()) needed.add(bundle);
    for (const { sha256 } of manifest.assets.values()) needed.add(FILES + sha256);
  }
  const oldest = awsTimeMs(context) - YOUNG_MS;
  const swept: string[] = [];
  for (const folder of ['bundles/', 'files/', 'manifests/']) {
    for (const { key, writtenMs } of await listObjects(context, PRIVATE_PREFIX + folder, op)) {
      if (!needed.has(key) && writtenMs < oldest) swept.push(key);
    }
  }
  await deleteKeys(context, swept, op);
}
