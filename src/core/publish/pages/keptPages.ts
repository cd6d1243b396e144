import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Page } from '../../release/manifest';
import type { BundledPage } from './bundle';
import { pagesIn, sumOfPage } from './bundlePages';
import { placeOf } from '../../aws/store';

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
      if (left.get(page.path)?.sha256 !== (await sumOfPage(page))) continue;
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
