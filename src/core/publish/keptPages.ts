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
import { placeOf } from './store';

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
    for await (const page of pagesIn(file, op)) {
      const wanted = left.get(page.path);
      if (wanted?.bundle !== key || wanted.sha256 !== createHash('sha256').update(page.bytes).digest('hex')) continue;
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

async function* pagesIn(file: string, op: Op): AsyncGenerator<BundledPage> {
  const archive = extract();
  const read = pipeline(createReadStream(file), createGunzip(), archive, { signal: op.signal });
  // Whoever reads the entries hears of a failure first.
  read.catch(() => undefined);
  for await (const entry of archive) {
    const { name, mtime } = entry.header;
    const bytes = await buffer(entry);
    if (name.startsWith('pages/')) {
      yield { path: name.slice('pages/'.length), modifiedMs: mtime?.getTime() ?? 0, bytes };
    }
  }
  await read;
}
