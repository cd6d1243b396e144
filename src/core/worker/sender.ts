import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createS3Signer, pathOf, type Keys, type S3Signer } from './s3Signer';
import { createWires, type Wires } from './wires';

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

/** Where the bucket is and how it is reached. */
export interface Target {
  readonly origin: string;
  /** What stands before a key in a path: `/`, with the bucket's name where that is no part of the host's. */
  readonly prefix: string;
  readonly region: string;
  readonly account: string;
  readonly proxyUrl: string | undefined;
}

/** Files with what is needed to store them. */
export interface Batch {
  readonly target: Target;
  readonly keys: Keys;
  /** How far AWS's clock is ahead of this computer's. */
  readonly clockOffsetMs: number;
  readonly files: readonly Sending[];
}

/** S3 answers after some tens of milliseconds: half as many would take nearly twice as long, and each costs a handshake. */
const CONNECTIONS = 128;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;

interface Job {
  readonly sizeBytes: number;
  run(): Promise<void>;
}

const waiting: Job[] = [];
let jobs = 0;
let bytes = 0;
let reached: { readonly name: string; readonly wires: Wires } | undefined;

/**
 * Stores files, as many together as connections and memory allow, those of other batches included. Gives for each file what was stored, or undefined
 * for one that was not: after the first that cannot be, for whatever reason, no other one of the batch is started.
 */
export async function send(batch: Batch): Promise<(Sent | undefined)[]> {
  const { target, keys, clockOffsetMs } = batch;
  const way: Way = {
    wires: wiresTo(target),
    signer: createS3Signer(keys, target.region),
    host: new URL(target.origin).host,
    clockOffsetMs,
  };
  let failed = false;
  return Promise.all(
    batch.files.map((file) =>
      inTurn(file.sizeBytes, async () => {
        if (failed) return undefined;
        const sent = await store(file, batch, way).catch(() => undefined);
        failed ||= sent === undefined;
        return sent;
      }),
    ),
  );
}

function inTurn<Value>(sizeBytes: number, work: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    waiting.push({ sizeBytes, run: () => work().then(resolve, reject) });
    startJobs();
  });
}

function startJobs(): void {
  for (;;) {
    const [next] = waiting;
    if (!next || jobs >= CONNECTIONS || (jobs > 0 && bytes + next.sizeBytes > BYTES_IN_FLIGHT)) return;
    waiting.shift();
    jobs += 1;
    bytes += next.sizeBytes;
    void next.run().finally(() => {
      jobs -= 1;
      bytes -= next.sizeBytes;
      startJobs();
    });
  }
}

interface Way {
  readonly wires: Wires;
  readonly signer: S3Signer;
  readonly host: string;
  readonly clockOffsetMs: number;
}

async function store(file: Sending, { target, keys }: Batch, way: Way): Promise<Sent | undefined> {
  const body = read(file) ?? read(file);
  if (!body) return undefined;
  const sha256 = hash('sha256', body);
  if (file.sha256 !== undefined && file.sha256 !== sha256) return undefined;
  const path = target.prefix + pathOf(file.key);
  for (let attempt = 1; ; attempt += 1) {
    // In alphabetical order, as they are signed.
    const headers: string[] = [];
    if (file.cacheControl !== undefined) headers.push('cache-control', plain(file.cacheControl));
    headers.push('content-type', plain(file.contentType), 'host', way.host);
    headers.push('x-amz-content-sha256', sha256, 'x-amz-date', dateText(Date.now() + way.clockOffsetMs));
    headers.push('x-amz-expected-bucket-owner', target.account, 'x-amz-meta-sha256', sha256);
    if (keys.sessionToken !== undefined) headers.push('x-amz-security-token', keys.sessionToken);
    headers.push('x-amz-server-side-encryption', 'AES256');
    const head = `PUT ${path} HTTP/1.1\r\n${lines(headers)}authorization: ${way.signer.sign(path, headers)}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const wire = await way.wires.take();
    const answer = await wire.send(head, body).catch(() => undefined);
    way.wires.giveBack(wire);
    if (answer?.status === 200 && answer.etag !== '') return { key: file.key, etag: answer.etag, sha256 };
    // What broke, and what S3 asks to send again; the rest is the SDK's to explain.
    const helps = answer === undefined || answer.status >= 500 || answer.status === 429;
    if (!helps || attempt === ATTEMPTS) return undefined;
    await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random())));
  }
}

function lines(headers: readonly string[]): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}

/** A value as it is signed: spaces count once. */
function plain(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

let lastSecond = { seconds: 0, text: '' };

/** A time in the basic format of ISO 8601. */
function dateText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (lastSecond.seconds !== seconds) {
    lastSecond = { seconds, text: new Date(ms).toISOString().replace(/\.\d+|[-:]/g, '') };
  }
  return lastSecond.text;
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

function wiresTo({ origin, proxyUrl }: Target): Wires {
  const name = `${origin} ${proxyUrl}`;
  if (reached?.name !== name) reached = { name, wires: createWires(origin, proxyUrl) };
  return reached.wires;
}
