import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Op } from '../../op';
import type { BundledPage } from './bundle';
import { hashFile } from '../local/readFile';

/** Larger pages are not held in memory. */
const WHOLE_BYTES = 8 * 1024 * 1024;

/** Those pages of a bundle that are wanted; a large one lies in a file until the next one is asked for. */
export async function* pagesIn(
  bundle: string,
  isWanted: (path: string, sizeBytes: number) => boolean,
  file: string,
  op: Op,
): AsyncGenerator<BundledPage> {
  const archive = extract();
  const read = pipeline(createReadStream(bundle), createGunzip(), archive, { signal: op.signal });
  // Whoever reads the entries hears of a failure first.
  read.catch(() => undefined);
  for await (const entry of archive) {
    const { name, mtime, size = 0 } = entry.header;
    const path = name.slice('pages/'.length);
    if (!name.startsWith('pages/') || !isWanted(path, size)) {
      entry.resume();
      continue;
    }
    const page = { path, modifiedMs: mtime?.getTime() ?? 0 };
    if (size <= WHOLE_BYTES) {
      yield { ...page, bytes: await buffer(entry) };
    } else {
      await pipeline(entry, createWriteStream(file), { signal: op.signal });
      yield { ...page, file };
    }
  }
  await read;
}

/** The SHA-256 of a page's bytes, in hexadecimal digits. */
export function sumOfPage(page: BundledPage): Promise<string> | string {
  if ('bytes' in page) return createHash('sha256').update(page.bytes).digest('hex');
  return hashFile({ path: page.path, absolutePath: page.file }, 'sha256');
}
