import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { REWRITTEN_LIMIT_MIB } from '../../html/limits';
import { leftAloneNote, type Rewritten } from '../../html/rewritten';
import { isUserError, type Op } from '../../op';
import { listRecord } from '../../release/manifest';
import type { LocalFile } from '../local/localFiles';
import { FileChangedError, hashOpen, readTwice, streamOf, withFile, type OpenFile } from '../local/readFile';
import type { FileSums, PageSum } from '../local/sums';

/** A gzipped tar of pages below `pages/`, with a list of what is to be removed, as written to a file. */
export interface Bundle {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The pages in it, by path. */
  readonly sent: ReadonlyMap<string, PageSum>;
  /** Sum of their sizes. */
  readonly unpackedBytes: number;
}

/** A bundle and all pages of its release, sent or not. */
export interface PageBundle extends Bundle {
  readonly pages: ReadonlyMap<string, PageSum>;
}

const REWRITTEN = /\.(html?|css)$/i;

/** True for a file whose published form is not the file as it lies in the folder, if it refers to assets. */
export function isRewritten({ path, sizeBytes }: Pick<LocalFile, 'path' | 'sizeBytes'>): boolean {
  return REWRITTEN.test(path) && sizeBytes <= REWRITTEN_LIMIT_MIB * 1024 * 1024;
}

/** Gives the published form of an HTML or CSS file from its bytes in the folder and its path below the root. */
export type Rewrite = (bytes: Uint8Array, path: string, op: Op) => Promise<Rewritten>;

/** How pages become those that are published. */
export interface Press {
  readonly rewrite: Rewrite;
  /** What else than a page's bytes decides about its published form, but for the hashed names of the assets that it refers to. */
  readonly form: string;
  /** Those of all assets. */
  readonly names?: ReadonlySet<string>;
  readonly sums: FileSums;
}

/** What a bundle applies to: the sums of the pages that are on the server, by path. */
export type Base = ReadonlyMap<string, Pick<PageSum, 'sha256'>>;

/** A page for a bundle, with its bytes or the file that holds them. */
export type BundledPage = { readonly path: string; readonly modifiedMs: number } & (
  { readonly bytes: Uint8Array } | { readonly file: string }
);

/**
 * Writes those pages to one file that are not in the base as they are, and what of the base is gone; without a base, all pages. Only pages that are not known
 * from before are read. Throws `UserError` naming a file that goes on changing.
 */
export function writeBundle(
  pages: readonly LocalFile[],
  press: Press,
  base: Base | undefined,
  file: string,
  op: Op,
): Promise<PageBundle> {
  return readTwice(async () => {
    const all = new Map<string, PageSum>();
    const isThere = (path: string, { sha256 }: PageSum) => base?.get(path)?.sha256 === sha256;
    const bundle = await writeTar(
      file,
      async (add) => {
        for (const page of pages) {
          op.signal.throwIfAborted();
          const known = press.sums.pageSum(page, formOf(page, press), press.names);
          all.set(page.path, known && isThere(page.path, known) ? known : await addPage(add, page, press, isThere, op));
        }
        return base ? goneFrom(base, all) : [];
      },
      op,
    );
    return { ...bundle, pages: all };
  });
}

/** Writes a bundle of pages whose published bytes are given. */
export function writePublished(
  pages: AsyncIterable<BundledPage>,
  gone: readonly string[],
  file: string,
  op: Op,
): Promise<Bundle> {
  return writeTar(
    file,
    async (add) => {
      for await (const page of pages) {
        const { path, modifiedMs } = page;
        if ('bytes' in page) await add.whole(path, modifiedMs, page.bytes);
        else await withFile({ path, absolutePath: page.file }, (opened) => add.open(path, { ...opened, modifiedMs }));
      }
      return gone;
    },
    op,
  );
}

/** The records of what is in a base and not among these pages. */
export function goneFrom(base: Base, pages: ReadonlyMap<string, unknown>): string[] {
  return Array.from(base)
    .filter(([path]) => !pages.has(path))
    .map(([path, { sha256 }]) => listRecord(path, sha256));
}

type TarHeader = Parameters<Pack['entry']>[0];

/** Adds published pages to an archive. */
interface Adding {
  whole(path: string, modifiedMs: number, bytes: Uint8Array): Promise<PageSum>;
  open(path: string, opened: OpenFile): Promise<PageSum>;
}

async function writeTar(file: string, fill: (add: Adding) => Promise<readonly string[]>, op: Op): Promise<Bundle> {
  const archive = pack();
  const whole = createHash('sha256');
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      whole.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  const sent = new Map<string, PageSum>();
  const written = pipeline(archive, createGzip(), meter, createWriteStream(file), { signal: op.signal });
  const filled = (async () => {
    const gone = await fill(addingTo(archive, sent));
    if (gone.length > 0) await addEntry(archive, { name: 'gone', mode: 0o600 }, Buffer.from(gone.join('')));
    archive.finalize();
  })();
  try {
    await Promise.all([filled, written]);
  } catch (error) {
    archive.destroy();
    const [outcome] = await Promise.allSettled([filled, written]);
    op.signal.throwIfAborted();
    // What is wrong with a page ends the archive, and that may be heard of first.
    const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    throw isUserError(reason) || reason instanceof FileChangedError ? reason : error;
  }
  const unpackedBytes = Array.from(sent.values()).reduce((sum, page) => sum + page.sizeBytes, 0);
  return { file, sha256: whole.digest('hex'), sizeBytes, sent, unpackedBytes };
}

/** The latest time that the header of a tar has room for as tar-stream writes it; it takes no time before 1970 either. */
const LATEST_MS = 0x7fff_ffff * 1000;

function addingTo(archive: Pack, sent: Map<string, PageSum>): Adding {
  const header = (path: string, modifiedMs: number) => ({
    name: `pages/${path}`,
    mode: 0o644,
    mtime: new Date(Math.min(Math.max(modifiedMs, 0), LATEST_MS)),
  });
  return {
    async whole(path, modifiedMs, bytes) {
      const page = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
      await addEntry(archive, header(path, modifiedMs), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      sent.set(path, page);
      return page;
    },
    async open(path, opened) {
      const hash = createHash('sha256');
      const entry = archive.entry({ ...header(path, opened.modifiedMs), size: opened.sizeBytes });
      await pipeline(hashed(opened, hash), entry);
      const page = { sha256: hash.digest('hex'), sizeBytes: opened.sizeBytes };
      sent.set(path, page);
      return page;
    },
  };
}

async function addEntry(archive: Pack, header: TarHeader, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const entry = archive.entry(header, bytes, (error) => (error ? reject(error) : resolve()));
    // The end of the archive is told to each of its entries, too; who waits for the archive hears of it.
    entry.on('error', () => undefined);
  });
}

/** Nothing else than its bytes decides about a file that is published as it is. */
function formOf({ path }: LocalFile, { form }: Press): string {
  return REWRITTEN.test(path) ? form : '';
}

/** Gives a page's published form, and adds it unless it is there already. */
async function addPage(
  add: Adding,
  page: LocalFile,
  press: Press,
  isThere: (path: string, sum: PageSum) => boolean,
  op: Op,
): Promise<PageSum> {
  const { path } = page;
  const { rewrite, sums } = press;
  const form = formOf(page, press);
  const readMs = Date.now();
  return withFile(page, async (opened) => {
    const remember = (sum: PageSum): PageSum => {
      const isAsListed = opened.sizeBytes === page.sizeBytes && opened.modifiedMs === page.modifiedMs;
      if (isAsListed) sums.rememberPage(page, form, sum, readMs);
      return sum;
    };
    if (isRewritten({ path, sizeBytes: opened.sizeBytes })) {
      const { bytes, ...told } = await rewrite(await opened.handle.readFile(), path, op);
      const sum = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length, ...told };
      if (!isThere(path, sum)) await add.whole(path, opened.modifiedMs, bytes);
      return remember(sum);
    }
    const note = REWRITTEN.test(path) ? { note: leftAloneNote(`it is larger than ${REWRITTEN_LIMIT_MIB} MiB`) } : {};
    const sha256 = await hashOpen(opened, 'sha256');
    const sum = { sha256, sizeBytes: opened.sizeBytes, ...note };
    if (!isThere(path, sum)) await add.open(path, opened);
    return remember(sum);
  });
}

async function* hashed(opened: OpenFile, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of streamOf(opened)) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
}
