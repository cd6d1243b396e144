import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { REWRITTEN_LIMIT_MIB } from '../html/limits';
import { leftAloneNote, type Rewritten } from '../html/rewritten';
import { isUserError, type Op } from '../op';
import type { LocalFile } from './localFiles';
import { FileChangedError, readTwice, streamOf, withFile, type OpenFile } from './readFile';

/** A page as it goes to the server. */
export interface ReleasedPage {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Why its references were left as they are. */
  readonly note?: string;
}

/** A gzipped tar of all pages, as written to a file. */
export interface Bundle {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Sum of the pages' sizes. */
  readonly unpackedBytes: number;
  readonly pages: readonly ReleasedPage[];
  /** Hash of the pages and of what else decides how they are served; the same content has the same id. */
  readonly release: string;
}

/** Gives the published form of an HTML or CSS file from its bytes in the folder and its path below the root. */
export type Rewrite = (bytes: Uint8Array, path: string, op: Op) => Promise<Rewritten>;

/** Writes the pages, rewritten, to one file; `salt` is what else belongs to the release. Throws `UserError` naming a file that goes on changing. */
export function writeBundle(
  pages: readonly LocalFile[],
  rewrite: Rewrite,
  file: string,
  salt: string,
  op: Op,
): Promise<Bundle> {
  return readTwice(() => writeOnce(pages, rewrite, file, salt, op));
}

async function writeOnce(
  pages: readonly LocalFile[],
  rewrite: Rewrite,
  file: string,
  salt: string,
  op: Op,
): Promise<Bundle> {
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
  const written = pipeline(archive, createGzip(), meter, createWriteStream(file), { signal: op.signal });
  const released: ReleasedPage[] = [];
  const filled = (async () => {
    for (const page of pages) {
      op.signal.throwIfAborted();
      released.push(await addPage(archive, page, rewrite, op));
    }
    archive.finalize();
  })();
  try {
    await Promise.all([filled, written]);
  } catch (error) {
    archive.destroy();
    const [outcome] = await Promise.allSettled([filled, written]);
    // What is wrong with a page ends the archive, and that may be heard of first.
    const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    throw isUserError(reason) || reason instanceof FileChangedError ? reason : error;
  }
  const manifest = createHash('sha256').update(salt);
  for (const { path, sha256 } of released) manifest.update(`\0${path}\0${sha256}`);
  return {
    file,
    sha256: whole.digest('hex'),
    sizeBytes,
    unpackedBytes: released.reduce((sum, page) => sum + page.sizeBytes, 0),
    pages: released,
    release: manifest.digest('hex').slice(0, 40),
  };
}

const REWRITTEN = /\.(html?|css)$/i;
/** The latest time that the header of a tar has room for as tar-stream writes it; it takes no time before 1970 either. */
const LATEST_MS = 0x7fff_ffff * 1000;

async function addPage(archive: Pack, page: LocalFile, rewrite: Rewrite, op: Op): Promise<ReleasedPage> {
  const { path } = page;
  const hash = createHash('sha256');
  return withFile(page, async (opened) => {
    const mtime = new Date(Math.min(Math.max(opened.modifiedMs, 0), LATEST_MS));
    const header = { name: path, mode: 0o644, mtime };
    const isTooLarge = opened.sizeBytes > REWRITTEN_LIMIT_MIB * 1024 * 1024;
    if (REWRITTEN.test(path) && !isTooLarge) {
      const { bytes: rewritten, ...told } = await rewrite(await opened.handle.readFile(), path, op);
      const bytes = Buffer.from(rewritten.buffer, rewritten.byteOffset, rewritten.byteLength);
      await new Promise<void>((resolve, reject) => {
        archive.entry(header, bytes, (error) => (error ? reject(error) : resolve()));
      });
      return { path, sha256: hash.update(bytes).digest('hex'), sizeBytes: bytes.length, ...told };
    }
    const entry = archive.entry({ ...header, size: opened.sizeBytes });
    await pipeline(hashed(opened, hash), entry);
    const note = leftAloneNote(`it is larger than ${REWRITTEN_LIMIT_MIB} MiB`);
    return {
      ...{ path, sha256: hash.digest('hex'), sizeBytes: opened.sizeBytes },
      ...(REWRITTEN.test(path) ? { note } : {}),
    };
  });
}

async function* hashed(opened: OpenFile, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of streamOf(opened)) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
}
