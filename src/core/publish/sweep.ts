import type { Context } from '../context';
import { PRIVATE_PREFIX, PUBLIC_PREFIX } from '../names';
import type { Op } from '../op';
import { readManifest } from '../release/keptManifest';
import type { Ledger } from '../release/ledger';
import type { LocalCache } from '../release/localCache';
import { deleteKeys, FILES } from './assets/former';
import { ownHashedKeys } from './assets/hashedNames';
import { listObjects, type ListedObject } from '../resources/bucket/listing';
import { awsTimeMs } from '../aws/store';

/** What is younger may belong to a publication that goes on, or was cut short and is taken up again. */
const YOUNG_MS = 24 * 3600 * 1000;

/** Removes what none of the kept releases needs: former bytes, bundles, whole manifests, objects with hashed names. Nothing goes while one of them cannot be read. */
export async function sweep(context: Context, ledger: Ledger, cache: LocalCache, op: Op): Promise<void> {
  const needed = new Set<string>();
  for (const release of [...(ledger.current ? [ledger.current] : []), ...ledger.former]) {
    const manifest = await readManifest(context, release, cache, op);
    if (!manifest) return;
    needed.add(release.base);
    for (const { bundle } of manifest.pages.values()) needed.add(bundle);
    for (const [path, { sha256 }] of manifest.assets) needed.add(FILES + sha256).add(PUBLIC_PREFIX + path);
  }
  for (const [path] of ledger.uploaded) needed.add(PUBLIC_PREFIX + path);
  const oldest = awsTimeMs(context) - YOUNG_MS;
  const isLeft = ({ key, writtenMs }: ListedObject): boolean => !needed.has(key) && writtenMs < oldest;
  const named = (await listObjects(context, PUBLIC_PREFIX, op)).filter(isLeft);
  const swept = await ownHashedKeys(
    context,
    named.map(({ key }) => key),
    op,
  );
  for (const folder of ['bundles/', 'files/', 'manifests/']) {
    const left = (await listObjects(context, PRIVATE_PREFIX + folder, op)).filter(isLeft);
    swept.push(...left.map(({ key }) => key));
  }
  await deleteKeys(context, swept, op);
}
