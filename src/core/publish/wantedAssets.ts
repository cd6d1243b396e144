import type { Context } from '../context';
import { PUBLIC_PREFIX } from '../names';
import type { Op } from '../op';
import type { Asset } from '../release/manifest';
import { headersOf, type AssetUpload } from './compareAssets';
import type { LocalFile } from './localFiles';
import type { Sending, Sent } from './sendAssets';
import type { FileSums } from './sums';
import type { WantedAssets } from './wanted';

/** Stores files under their keys and tells each. */
export type Send = (context: Context, files: readonly Sending[], onSent: (sent: Sent) => void, op: Op) => Promise<void>;

/** The assets of a release that is made from the files of a folder; what was sent need not be read again, where `sums` are those of all its files. */
export function wantedAssets(
  context: Context,
  stored: ReadonlyMap<string, Asset>,
  uploads: readonly AssetUpload[],
  send: Send,
  sums?: FileSums,
): WantedAssets {
  return {
    stored,
    changes: uploads.map(({ asset: { path, sizeBytes }, reason }) => ({
      ...{ path, sizeBytes },
      title: `upload ${path} (${reason})`,
    })),
    title: `upload ${uploads.length} assets`,
    store: (op) => upload(context, uploads, send, sums, op),
  };
}

async function upload(
  context: Context,
  uploads: readonly AssetUpload[],
  send: Send,
  sums: FileSums | undefined,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const files = new Map(uploads.map(({ asset }): [string, LocalFile] => [PUBLIC_PREFIX + asset.path, asset]));
  const stored = new Map<string, Asset>();
  const sendings = uploads.map(({ asset, sha256 }) => {
    const { path, absolutePath, sizeBytes } = asset;
    return { key: PUBLIC_PREFIX + path, path, absolutePath, sizeBytes, sha256, ...headersOf(asset) };
  });
  const readMs = Date.now();
  let percent = 0;
  await send(
    context,
    sendings,
    ({ key, etag, sha256 }) => {
      const asset = files.get(key);
      if (!asset) return;
      sums?.rememberFile(asset, sha256, readMs);
      stored.set(asset.path, { sha256, etag, sizeBytes: asset.sizeBytes, ...headersOf(asset) });
      const now = Math.floor((stored.size / uploads.length) * 100);
      if (now === percent) return;
      percent = now;
      op.report(`Uploaded ${stored.size} of ${uploads.length} assets`, stored.size / uploads.length);
    },
    op,
  );
  return stored;
}
