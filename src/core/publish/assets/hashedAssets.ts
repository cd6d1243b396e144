import type { Context } from '../../context';
import { PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import { HASHED_CACHING } from '../../release/hashedName';
import type { Asset } from '../../release/manifest';
import { count, percentReport } from './assetSteps';
import { MOST_COPIED_BYTES, type Copy, type Copying } from './copyAssets';
import type { LocalFile } from '../local/localFiles';
import type { Sending } from './sendAssets';
import { partStored, type SiteState, type WantedAsset } from '../siteState';
import type { WantedAssets } from '../wanted';
import type { Send } from './wantedAssets';

/** An asset that is to be stored under its hashed name too. */
interface Named extends WantedAsset {
  readonly file: LocalFile;
}

/** The hashed names of assets, and the sums of their bytes, each by path. */
export interface HashedNames {
  readonly names: ReadonlyMap<string, string>;
  readonly sums: ReadonlyMap<string, string>;
}

/** How objects come into the bucket. */
interface Ways {
  readonly copy: Copy;
  readonly send: Send;
}

/** Smaller files are sent once more: that costs less than to ask for a copy in the bucket. */
const COPIED_FROM_BYTES = 32 * 1024;

/** The assets of a release, and beside each of these files an object with its hashed name. */
export function withHashedNames(
  context: Context,
  assets: WantedAssets,
  files: readonly LocalFile[],
  { names, sums }: HashedNames,
  state: Pick<SiteState, 'told' | 'target'>,
  { copy, send }: Ways,
): WantedAssets {
  const wanted = files.flatMap((file): Named[] => {
    const { contentType, path, sizeBytes } = file;
    const name = names.get(path);
    const asset = { sha256: sums.get(path) ?? '', sizeBytes, contentType, cacheControl: HASHED_CACHING };
    return name === undefined ? [] : [{ file, path: name, asset }];
  });
  const { lacking, stored: there } = partStored(state, wanted);
  const stored = new Map([...assets.stored, ...there]);
  if (lacking.length === 0) return { ...assets, stored };
  const changes = lacking.map(({ file: { sizeBytes }, path }) => ({
    ...{ path, title: `store ${path} (hashed name)`, sizeBytes: sizeBytes < COPIED_FROM_BYTES ? sizeBytes : 0 },
    // What was there already, other hands have changed.
    isLasting: !state.told.has(path),
  }));
  const uploads = assets.changes.length;
  const titles = [
    ...(uploads > 0 ? [`upload ${count(uploads, 'asset')}`] : []),
    `store ${count(lacking.length, 'hashed name')}`,
  ];
  return {
    stored,
    changes: [...assets.changes, ...changes],
    title: titles.join(' and '),
    async store(op) {
      const sent = await assets.store(op);
      const own = (path: string) => sent.get(path) ?? assets.stored.get(path);
      return new Map([...sent, ...(await storeNamed(context, lacking, own, { copy, send }, op))]);
    },
  };
}

/** Stores files under their hashed names: large ones as copies of what is stored under their own by now. */
async function storeNamed(
  context: Context,
  lacking: readonly Named[],
  own: (path: string) => Asset | undefined,
  { copy, send }: Ways,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const stored = new Map<string, Asset>();
  const told = (done: number) => `Stored ${done} of ${count(lacking.length, 'hashed name')}`;
  const report = percentReport(lacking.length, told, op);
  const note = ({ asset, path }: Named, etag: string): void => {
    stored.set(path, { ...asset, etag });
    report(stored.size);
  };
  const fit = lacking.flatMap((one) => {
    const source = own(one.file.path);
    const isFit = one.file.sizeBytes >= COPIED_FROM_BYTES && one.file.sizeBytes <= MOST_COPIED_BYTES;
    return isFit && source?.sha256 === one.asset.sha256 ? [{ one, etag: source.etag }] : [];
  });
  const copies = fit.map(({ etag, one: { asset, file, path } }): Copying => {
    const { cacheControl, contentType, sha256 } = asset;
    return { from: PUBLIC_PREFIX + file.path, etag, key: PUBLIC_PREFIX + path, cacheControl, contentType, sha256 };
  });
  const etags = await copy(context, copies, op);
  for (const [index, { one }] of fit.entries()) {
    const etag = etags[index];
    if (etag !== undefined) note(one, etag);
  }
  const left = lacking.filter(({ path }) => !stored.has(path));
  if (left.length === 0) return stored;
  const byKey = new Map(left.map((one) => [PUBLIC_PREFIX + one.path, one]));
  const sendings = Array.from(
    byKey,
    ([
      key,
      {
        asset,
        file: { absolutePath, path },
      },
    ]): Sending => {
      return { key, path, absolutePath, ...asset };
    },
  );
  await send(
    context,
    sendings,
    ({ key, etag }) => {
      const one = byKey.get(key);
      if (one) note(one, etag);
    },
    op,
  );
  return stored;
}
