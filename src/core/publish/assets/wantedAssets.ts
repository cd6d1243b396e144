import type { Context } from '../../context';
import { PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import type { Asset } from '../../release/manifest';
import { percentReport } from './assetSteps';
import { headersOf, type AssetUpload } from './compareAssets';
import type { Copy } from './copyAssets';
import { changeHeaders } from './former';
import type { LocalFile } from '../local/localFiles';
import type { Sending, Sent } from './sendAssets';
import type { FileSums } from '../local/sums';
import type { WantedAssets } from '../wanted';

/** Stores files under their keys and tells each. */
export type Send = (context: Context, files: readonly Sending[], onSent: (sent: Sent) => void, op: Op) => Promise<void>;

/** What stores assets, and what copies those that are stored. */
interface By {
  readonly copy: Copy;
  readonly send: Send;
}

/** The assets of a release that is made from the files of a folder; what was sent need not be read again, where `sums` are those of all its files. */
export function wantedAssets(
  context: Context,
  stored: ReadonlyMap<string, Asset>,
  uploads: readonly AssetUpload[],
  by: By,
  sums?: FileSums,
): WantedAssets {
  return {
    stored,
    changes: uploads.map(({ asset: { path, sizeBytes }, reason }) => ({
      ...{ path, sizeBytes: reason === 'headers' ? 0 : sizeBytes },
      title: reason === 'headers' ? `serve ${path} under other headers` : `upload ${path} (${reason})`,
    })),
    title: uploads.every(({ reason }) => reason === 'headers')
      ? `serve ${uploads.length} assets under other headers`
      : `upload ${uploads.length} assets`,
    store: (op) => upload(context, uploads, by, sums, op),
  };
}

async function upload(
  context: Context,
  uploads: readonly AssetUpload[],
  { copy, send }: By,
  sums: FileSums | undefined,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const { caching } = context.site.publish;
  const files = new Map(uploads.map(({ asset }): [string, LocalFile] => [asset.path, asset]));
  const others = uploads.flatMap(({ asset: { path }, stored: asset }) => (asset ? [{ path, asset }] : []));
  const headersFor = (path: string) => headersOf({ contentType: '', ...files.get(path), path }, caching);
  const stored = new Map(await changeHeaders(context, others, headersFor, copy, op));
  // What could not be changed where it lies is sent.
  const sendings = uploads
    .filter(({ asset: { path } }) => !stored.has(path))
    .map(({ asset: { path, absolutePath, sizeBytes }, sha256 }) => {
      return { key: PUBLIC_PREFIX + path, path, absolutePath, sizeBytes, sha256, ...headersFor(path) };
    });
  if (sendings.length === 0) return stored;
  const readMs = Date.now();
  const report = percentReport(uploads.length, (done) => `Uploaded ${done} of ${uploads.length} assets`, op);
  await send(
    context,
    sendings,
    ({ key, etag, sha256 }) => {
      const asset = files.get(key.slice(PUBLIC_PREFIX.length));
      if (!asset) return;
      sums?.rememberFile(asset, sha256, readMs);
      stored.set(asset.path, { sha256, etag, sizeBytes: asset.sizeBytes, ...headersFor(asset.path) });
      report(stored.size);
    },
    op,
  );
  return stored;
}
