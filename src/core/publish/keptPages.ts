import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Context } from '../context';
import { UserError, type Op } from '../op';
import type { Page } from '../release/manifest';
import type { BundledPage } from './bundle';
import { hashFile } from './readFile';
import { placeOf } from './store';

/** Larger pages are not held in memory. */
const WHOLE_BYTES = 8 * 1024 * 1024;

/** Published pages, from the bundles of the bucket that hold them, one bundle after the other. Throws `UserError` for a page that is in none. */
export async function* keptPages(
  context: Context,
  pages: ReadonlyMap<string, Page>,
  folder: string,
  op: Op,
): AsyncGenerator<BundledPage> {
  const left = new Map(pages);
  for (const key of new Set(Array.from(pages.values(), ({ bundle }) => bundle))) {
    op.signal.throwIfAborted();
    const file = join(folder, 'kept.tar.gz');
    const { Body } = await context.clients.s3.send(new GetObjectCommand(placeOf(context, key)), {
      abortSignal: op.signal,
    });
    await pipeline(Body as Readable, createWriteStream(file), { signal: op.signal });
    const isWanted = (path: string, sizeBytes: number) => {
      const page = left.get(path);
      return page?.bundle === key && page.sizeBytes === sizeBytes;
    };
    for await (const page of pagesIn(file, isWanted, join(folder, 'page'), op)) {
      if (left.get(page.path)?.sha256 !== (await sumOf(page))) continue;
      left.delete(page.path);
      yield page;
    }
    await rm(file);
  }
  const [lost] = left.keys();
  if (lost === undefined) return;
  throw new UserError(
    `The bytes that “${lost}” had then are not in the bucket any more, so that release cannot be brought back whole. Nothing was changed. Choose another release.`,
  );
}

/** Those pages of a bundle that are wanted; a large one lies in a file until the next one is asked for. */
async function* pagesIn(
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

function sumOf(page: BundledPage): Promise<string> | string {
  if ('bytes' in page) return createHash('sha256').update(page.bytes).digest('hex');
  return hashFile({ path: page.path, absolutePath: page.file }, 'sha256');
}
