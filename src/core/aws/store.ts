import { HeadObjectCommand, PutObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Semaphore } from 'async-mutex';
import { createHash } from 'node:crypto';
import { unlessMissing } from './wait';
import { bucketName } from '../names';
import type { Op } from '../op';
import type { Context } from '../context';
import type { Asset } from '../release/manifest';
import type { StoredObject } from '../resources/bucket/bucket';
import type { LocalFile } from '../publish/local/localFiles';
import {
  FileChangedError,
  hashOpen,
  readTwice,
  streamOf,
  withFile,
  type FileName,
  type OpenFile,
} from '../publish/local/readFile';

const MIB = 1024 * 1024;
/** Files up to this size are sent in one piece, larger ones in parts: each piece is one that the SDK can send again. */
export const PART_BYTES = 8 * MIB;
/** S3 takes at most this many parts (Amazon S3 documentation, “Multipart upload limits”). */
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 2;
const BUDGET_MIB = 64;
/** Browsers ask again after minutes; the edges keep an object until it is invalidated. */
export const ASSET_CACHING = 'public, max-age=300, s-maxage=31536000';

/** The bytes of files that may be in memory at one time, however many are sent together. */
export type ByteBudget = Semaphore;

/** A budget for the uploads of one plan. */
export function newByteBudget(): ByteBudget {
  // In MiB, since a release of the semaphore takes as many turns of a loop as there are units free.
  return new Semaphore(BUDGET_MIB);
}

/** What the bucket holds under a key: the ETag without its quotation marks, and the SHA-256 of the bytes. */
export interface Stored {
  readonly etag: string;
  readonly sha256: string;
}

/** A file to store; where its SHA-256 is known already, it must have that. */
export type FileToPut = FileName &
  Pick<LocalFile, 'sizeBytes' | 'contentType'> & { readonly sha256?: string | undefined };

/**
 * Puts a file of this computer into the bucket under a key, with its SHA-256 beside it. Throws `UserError` for one that goes on changing, or has
 * other bytes than it should.
 */
export async function putFile(
  context: Context,
  key: string,
  file: FileToPut,
  cacheControl: string | undefined,
  budget: ByteBudget,
  op: Op,
): Promise<Stored> {
  const headers = { ContentType: file.contentType, ...(cacheControl ? { CacheControl: cacheControl } : {}) };
  const [, release] = await budget.acquire(weightOf(file.sizeBytes));
  try {
    return await readTwice(() =>
      withFile(file, async (opened) => {
        op.signal.throwIfAborted();
        const isLarge = opened.sizeBytes > PART_BYTES;
        const bytes = isLarge ? undefined : await opened.handle.readFile();
        const sha256 = bytes ? sumOf(bytes) : await hashOpen(opened, 'sha256');
        if (file.sha256 !== undefined && file.sha256 !== sha256) throw new FileChangedError(file.path);
        op.signal.throwIfAborted();
        const etag = bytes
          ? await putBytes(context, key, bytes, sha256, headers, op)
          : await putParts(context, key, opened, sha256, headers, op);
        return { etag: etag?.replaceAll('"', '') ?? '', sha256 };
      }),
    );
  } finally {
    release();
  }
}

interface Headers {
  readonly ContentType: string;
  readonly CacheControl?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** Puts bytes into the bucket under a key and gives the object's ETag. */
export function putObject(
  context: Context,
  key: string,
  bytes: Uint8Array,
  headers: Headers,
  op: Op,
): Promise<string | undefined> {
  return putBytes(context, key, bytes, sumOf(bytes), headers, op);
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function putBytes(
  context: Context,
  key: string,
  bytes: Uint8Array,
  sha256: string,
  headers: Headers,
  op: Op,
): Promise<string | undefined> {
  const { ETag } = await context.clients.s3.send(
    new PutObjectCommand({ ...placeOf(context, key), ...ownKey(sha256), ...headers, Body: bytes }),
    { abortSignal: op.signal },
  );
  return ETag;
}

async function putParts(
  context: Context,
  key: string,
  opened: OpenFile,
  sha256: string,
  headers: Headers,
  op: Op,
): Promise<string | undefined> {
  const { sizeBytes } = opened;
  const abortController = new AbortController();
  const abort = () => abortController.abort();
  op.signal.addEventListener('abort', abort);
  try {
    const { ETag } = await new Upload({
      client: context.clients.s3,
      params: {
        ...placeOf(context, key),
        ...ownKey(sha256),
        ...headers,
        Body: streamOf(opened),
        ContentLength: sizeBytes,
      },
      partSize: partBytes(sizeBytes),
      queueSize: PARTS_AT_ONCE,
      abortController,
    }).done();
    return ETag;
  } finally {
    op.signal.removeEventListener('abort', abort);
  }
}

function partBytes(sizeBytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS));
}

/** What sending a file holds in memory, in MiB: all of it, or the parts in flight and the one being read. */
function weightOf(sizeBytes: number): number {
  const held = sizeBytes > PART_BYTES ? (PARTS_AT_ONCE + 1) * partBytes(sizeBytes) : sizeBytes;
  return Math.min(Math.max(Math.ceil(held / MIB), 1), BUDGET_MIB);
}

/** Where an object of this site lies. */
export function placeOf({ site }: Pick<Context, 'site'>, key: string) {
  return { Bucket: bucketName(site), ExpectedBucketOwner: site.account, Key: key };
}

/** Encrypted with S3's own key: what a rule of the account encrypts with KMS the distribution may not read, and its ETag is no MD5. */
function ownKey(sha256: string) {
  return { ServerSideEncryption: 'AES256', Metadata: { sha256 } } as const;
}

/** The time by AWS's clock, as the SDK learned of it from refusals, in milliseconds since 1970; right to five minutes. */
export function awsTimeMs({ clients }: Pick<Context, 'clients'>): number {
  return Date.now() + clients.s3.config.systemClockOffset;
}

/** True for an object whose ETag is the MD5 of its bytes: not for one that was sent in parts, nor for one encrypted with KMS. */
export function isStoredMd5({ etag }: StoredObject): boolean {
  return /^[\da-f]{32}$/.test(etag);
}

/** An object by what lies beside its bytes. */
export interface ObjectSeen {
  /** Without its quotation marks. */
  readonly etag: string;
  /** Of the bytes, as whoever stored them told; undefined where nobody did. */
  readonly sha256: string | undefined;
  /** True when readers get it with these headers, and with no others that change what browsers make of it. */
  isServed(headers: Pick<Asset, 'contentType' | 'cacheControl'>): boolean;
}

/** What lies beside an object's bytes; undefined where none is that the distribution may read, as it may not what is encrypted with KMS. */
export async function describeObject(context: Context, key: string, op: Op): Promise<ObjectSeen | undefined> {
  const head = await headObject(context, key, op);
  if (!head || (head.ServerSideEncryption ?? 'AES256') !== 'AES256' || isArchived(head.StorageClass)) return undefined;
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, ETag = '', Metadata } = head;
  const hasOthers = [ContentDisposition, ContentEncoding, ContentLanguage].some((value) => Boolean(value));
  return {
    etag: ETag.replaceAll('"', ''),
    sha256: Metadata?.['sha256'],
    isServed: (wanted) => !hasOthers && ContentType === wanted.contentType && CacheControl === wanted.cacheControl,
  };
}

/** What a lifecycle rule has put away is told like any other object, but not given (Amazon S3 documentation, “Working with archived objects”). */
export function isArchived(storageClass: string | undefined): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

/** What lies beside an object's bytes; undefined when there is no such object. */
export function headObject(context: Context, key: string, op: Op): Promise<HeadObjectCommandOutput | undefined> {
  return unlessMissing(
    () => context.clients.s3.send(new HeadObjectCommand(placeOf(context, key)), { abortSignal: op.signal }),
    'NotFound',
    'NoSuchKey',
  );
}
