import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Op } from '../../../../src/core/op';
import {
  writeBundle,
  type Base,
  type PageBundle,
  type Press,
  type Rewrite,
} from '../../../../src/core/publish/pages/bundle';
import { scan, type LocalFile } from '../../../../src/core/publish/local/localFiles';
import { FileSums } from '../../../../src/core/publish/local/sums';
import { folderCache } from '../../../../src/core/release/localCache';
import { newOp } from '../../sandbox';

/** What a bundle is asked for; what is not named is what the folder holds, as it is. */
export interface Asked {
  readonly pages?: readonly LocalFile[];
  readonly base?: Base;
  readonly rewrite?: Rewrite;
  readonly form?: string;
  readonly sums?: FileSums;
  readonly op?: Op;
}

/** A folder with a root whose pages are bundled. */
export interface Bundling {
  readonly folder: string;
  readonly root: string;
  put(path: string, content: string | Buffer): Promise<void>;
  /** Puts a file that was written an hour ago, so that what is known of it counts. */
  putOld(path: string, content: string): Promise<void>;
  scan(): Promise<readonly LocalFile[]>;
  /** What this folder remembers. */
  sums(): Promise<FileSums>;
  press(asked?: Asked): Press;
  bundle(asked?: Asked): Promise<PageBundle>;
  remove(): Promise<void>;
}

/** Makes the folder, with nothing in it. */
export async function newBundling(): Promise<Bundling> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-bundle-'));
  const root = join(folder, 'root');
  await mkdir(root);
  const cache = folderCache(join(folder, 'cache'));
  const noSums = await FileSums.of('nothing', folderCache(join(folder, 'nothing')));
  const asTheyAre: Rewrite = (bytes) => Promise.resolve({ bytes });
  const site: Bundling = {
    ...{ folder, root },
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    async putOld(path, content) {
      await site.put(path, content);
      const hourAgo = Date.now() / 1000 - 3600;
      await utimes(join(root, path), hourAgo, hourAgo);
    },
    scan: async () => (await scan(folder, root, [], newOp())).pages,
    sums: () => FileSums.of(root, cache),
    press: ({ rewrite = asTheyAre, form = 'form', sums = noSums } = {}) => ({ rewrite, form, sums }),
    async bundle(asked = {}) {
      const pages = asked.pages ?? (await site.scan());
      const file = join(folder, 'bundle.tar.gz');
      return writeBundle(pages, site.press(asked), asked.base, file, asked.op ?? newOp());
    },
    remove: () => rm(folder, { recursive: true }),
  };
  return site;
}

/** The texts in a bundle, by their names. */
export async function entriesOf(file: string): Promise<Record<string, string>> {
  const archive = extract();
  archive.end(gunzipSync(await readFile(file)));
  const entries: Record<string, string> = {};
  for await (const entry of archive) entries[entry.header.name] = (await buffer(entry)).toString();
  return entries;
}

/** The SHA-256 of a text or bytes, in hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
