import pLimit from 'p-limit';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { hashedFrom, hashedName, isHashed } from '../../release/hashedName';
import { readManifest } from '../../release/keptManifest';
import type { Ledger } from '../../release/ledger';
import type { LocalCache } from '../../release/localCache';
import { unfitForBucket } from '../local/assetTypes';
import type { LocalFile } from '../local/localFiles';
import { headObject } from '../../aws/store';

const HEADS_AT_ONCE = 48;

/** The hashed names of assets, by their paths; one whose name would be too long for S3 has none. `sums` are SHA-256 by path. */
export function hashedNames(
  assets: readonly LocalFile[],
  sums: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { path } of assets) {
    const sum = sums.get(path);
    const name = sum === undefined ? undefined : hashedName(path, sum);
    if (name !== undefined && unfitForBucket(name) === undefined) names.set(path, name);
  }
  return names;
}

/** The hashed names that kept releases refer to, as far as these can be read. */
async function keptHashedNames(
  context: Context,
  { current, former }: Ledger,
  cache: LocalCache,
  op: Op,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const release of [...(current ? [current] : []), ...former]) {
    const manifest = await readManifest(context, release, cache, op);
    for (const [path, asset] of manifest?.assets ?? []) if (isHashed(path, asset)) names.add(path);
  }
  return names;
}

/**
 * Throws `UserError` for an asset whose own path is a hashed name that pages use, of these `names` or of a kept release: in its place others would be
 * loaded, and browsers would not ask again for a year.
 */
export async function requireFreeNames(
  context: Context,
  assets: readonly LocalFile[],
  names: ReadonlyMap<string, string> | undefined,
  ledger: Ledger,
  cache: LocalCache,
  op: Op,
): Promise<void> {
  const suspects = assets.filter(({ path }) => hashedFrom(path) !== undefined);
  if (suspects.length === 0) return;
  const taken = new Set([...(names?.values() ?? []), ...(await keptHashedNames(context, ledger, cache, op))]);
  const found = suspects.find(({ path }) => taken.has(path));
  if (!found) return;
  throw new UserError(
    `“${found.path}” is the name under which published pages load “${hashedFrom(found.path)}”, so no other file can have it. Give that file another name, or remove it, and try again.`,
  );
}

/** Those of some keys that publications stored under hashed names, as what lies beside their bytes tells; not files that are called so. */
export async function ownHashedKeys(context: Context, keys: readonly string[], op: Op): Promise<string[]> {
  const limit = pLimit(HEADS_AT_ONCE);
  const isOwn = async (key: string): Promise<boolean> => {
    op.signal.throwIfAborted();
    const head = await headObject(context, key, op);
    const { CacheControl: cacheControl = '', Metadata } = head ?? {};
    return isHashed(key, { cacheControl, sha256: Metadata?.['sha256'] ?? '' });
  };
  const suspects = keys.filter((key) => hashedFrom(key) !== undefined);
  const areOwn = await Promise.all(suspects.map((key) => limit(() => isOwn(key))));
  return suspects.filter((_key, index) => areOwn[index]);
}
