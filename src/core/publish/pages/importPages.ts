import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { presignPut } from '../../aws/presign';
import { placeOf } from '../../aws/store';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { parseReport } from '../../remote/report';
import importScript from '../../remote/scripts/import.sh';
import { runScript } from '../../remote/ssm';
import { isPath, type Page } from '../../release/manifest';
import { BUNDLES } from './deployPages';

/** What a server served before the site, as it lies in the bucket. */
export interface Imported {
  /** By which the server knows it again. */
  readonly mark: string;
  readonly pages: ReadonlyMap<string, Page>;
  /** How many files no release can have: hidden ones, links, odd names; and some of their paths. */
  readonly left: number;
  readonly leftPaths: readonly string[];
}

const IMPORT_SECONDS = 3600;
/** The URL is used after the command was delivered, and all was packed. */
const PRESIGNED_SECONDS = 3600;
/** S3 takes 5 GiB in one PUT; of the rest the largest files stay where they are. */
const MOST_BYTES = 4 * 1024 ** 3;
/** A list of more than this is none of ours. */
const MOST_LIST_BYTES = 256 * 1024 ** 2;

/** Has a server send what it served before the site to the bucket, and gives what is there then; undefined where it was nothing. */
export async function importPages(context: Context, instanceId: string, op: Op): Promise<Imported | undefined> {
  const key = `${BUNDLES}${randomUUID()}.tar.gz`;
  const values = { URL: await presignPut(context, key, PRESIGNED_SECONDS), MOST_BYTES: String(MOST_BYTES) };
  const remote = { name: 'import', script: importScript, values, timeoutSeconds: IMPORT_SECONDS };
  const report = parseReport(await runScript(context, instanceId, remote, op));
  const count = Number(report.text('files')) || 0;
  if (count === 0) return undefined;
  const pages = parseList(await listIn(context, key, op), key);
  if (pages.size === 0) throw new Error('The list of what the server served has no file that a release can have.');
  const left = (Number(report.text('left')) || 0) + count - pages.size;
  return { mark: report.text('mark'), pages, left, leftPaths: report.all('left_path') };
}

/** The first entry of the bundle: of a large one not much more is read. */
async function listIn(context: Context, key: string, op: Op): Promise<Buffer> {
  const { Body } = await context.clients.s3.send(new GetObjectCommand(placeOf(context, key)), {
    abortSignal: op.signal,
  });
  const body = Body as Readable;
  const archive = extract();
  const read = pipeline(body, createGunzip(), archive, { signal: op.signal });
  // Whoever reads the entries hears of a failure first.
  read.catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { name, size = 0 } = entry.header;
      if (name === 'list' && size <= MOST_LIST_BYTES) return await buffer(entry);
      break;
    }
  } finally {
    body.destroy();
  }
  op.signal.throwIfAborted();
  throw new Error('What the server sent has no list of its files.');
}

/** Reads NUL-ended records `size sha256 path`; what no release can have is passed over. */
export function parseList(list: Buffer, bundle: string): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  for (let start = 0, end = list.indexOf(0); end >= 0; start = end + 1, end = list.indexOf(0, start)) {
    const record = list.subarray(start, end);
    const [, size, sha256 = '', path = ''] = /^(\d+) ([\da-f]{64}) ([^]+)$/.exec(record.toString()) ?? [];
    if (isUtf8(record) && isPath(path) && path !== '') pages.set(path, { sha256, sizeBytes: Number(size), bundle });
  }
  return pages;
}
