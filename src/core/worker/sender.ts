import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inTurn, meaningOf, newRequests, plainValue, type Reach, type Requests } from './requests';

/** A file to be stored under a key of the site's bucket. */
export interface Sending {
  /** The whole key, such as `site/images/a.png`. */
  readonly key: string;
  /** Path below the root, for messages. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  /** What the bytes must have, where it is known already. */
  readonly sha256: string | undefined;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
}

/** What was stored; the ETag without its quotation marks. */
export interface Sent {
  readonly key: string;
  readonly etag: string;
  readonly sha256: string;
}

/** Files with what is needed to store them. */
export interface Batch extends Reach {
  readonly files: readonly Sending[];
}

/**
 * Stores files, as many together as connections and memory allow, those of other batches included. Gives for each file what was stored, or undefined
 * for one that was not: after the first that cannot be, for whatever reason, no other one of the batch is started.
 */
export async function send({ files, ...reach }: Batch): Promise<(Sent | undefined)[]> {
  const requests = newRequests(reach);
  let failed = false;
  return Promise.all(
    files.map((file) =>
      inTurn(file.sizeBytes, async () => {
        if (failed) return undefined;
        const sent = await store(file, requests).catch(() => undefined);
        failed ||= sent === undefined;
        return sent;
      }),
    ),
  );
}

async function store(file: Sending, requests: Requests): Promise<Sent | undefined> {
  const body = read(file) ?? read(file);
  if (!body) return undefined;
  const sha256 = hash('sha256', body);
  if (file.sha256 !== undefined && file.sha256 !== sha256) return undefined;
  const headers = {
    'cache-control': file.cacheControl === undefined ? undefined : plainValue(file.cacheControl),
    'content-type': plainValue(file.contentType),
    ...{ 'x-amz-content-sha256': sha256, 'x-amz-meta-sha256': sha256 },
  };
  return requests.put(file.key, headers, body, (answer) => {
    const { etag, status } = answer;
    return status === 200 && etag !== '' ? { value: { key: file.key, etag, sha256 } } : meaningOf(answer);
  });
}

/** The bytes of a file; undefined when they are more or less than they were, or were written to meanwhile. Throws what the file system does. */
function read({ absolutePath, sizeBytes, sha256 }: Sending): Buffer | undefined {
  const fd = openSync(absolutePath, 'r');
  try {
    // Bytes with a known sum need no other proof.
    const before = sha256 === undefined ? fstatSync(fd) : undefined;
    const room = Buffer.allocUnsafe(sizeBytes + 1);
    if (readSync(fd, room, 0, room.length, 0) !== sizeBytes) return undefined;
    if (before && fstatSync(fd).mtimeMs !== before.mtimeMs) return undefined;
    return room.subarray(0, sizeBytes);
  } finally {
    closeSync(fd);
  }
}
