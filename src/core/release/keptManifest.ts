import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as v from 'valibot';
import { unlessMissing } from '../aws/wait';
import type { Context } from '../context';
import { bucketName, PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import { jsonValue } from '../json';
import { placeOf, putObject } from '../aws/store';
import type { Release } from './ledger';
import type { LocalCache } from './localCache';
import {
  applied,
  CHANGES_JSON,
  changesBetween,
  EMPTY,
  fromJson,
  toJson,
  type Changes,
  type Manifest,
} from './manifest';

/** Where whole manifests lie, each under the hash of its bytes. */
export const MANIFESTS = `${PRIVATE_PREFIX}manifests/`;
/** So many paths may differ from a whole manifest before another one is stored: the ledger stays small, and so does what one changed page sends. */
const MOST_CHANGES = 200;
/** A whole manifest of more than this is none of ours. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_PACKED_BYTES = 64 * 1024 * 1024;

/** How a manifest is told in the ledger. */
export type Told = Pick<Release, 'base' | 'changes'>;

/** The manifest of a release; undefined when what it builds on is not in the bucket any more. The whole manifest that was read last is kept on this computer. */
export async function readManifest(
  context: Context,
  { base, changes }: Told,
  cache: LocalCache,
  op: Op,
): Promise<Manifest | undefined> {
  const whole = base === '' ? EMPTY : await readBase(context, base, cache, op);
  return whole && applied(whole, fromJson(changes));
}

/**
 * Tells a manifest by what differs from the whole one that an earlier release builds on, or stores it whole where that is too much. It is stored
 * before anything names it.
 */
export async function tellManifest(
  context: Context,
  manifest: Manifest,
  earlier: Told | undefined,
  cache: LocalCache,
  op: Op,
): Promise<Told> {
  if (earlier) {
    const base = await readManifest(context, { base: earlier.base, changes: NOTHING }, cache, op);
    const changes = base && changesBetween(base, manifest);
    if (changes && sizeOf(changes) <= MOST_CHANGES) return { base: earlier.base, changes: toJson(changes) };
  }
  const changes = changesBetween(EMPTY, manifest);
  if (sizeOf(changes) <= MOST_CHANGES) return { base: '', changes: toJson(changes) };
  const bytes = await promisify(gzip)(JSON.stringify(toJson(changes)));
  const key = keyOf(bytes);
  await putObject(context, key, bytes, { ContentType: 'application/gzip' }, op);
  await cache.put(placeIn(context), bytes);
  return { base: key, changes: NOTHING };
}

const NOTHING = { pages: [], assets: [] };

/** The whole manifest that was read last with a cache: it is asked for before and after each publication. */
const lastRead = new WeakMap<LocalCache, { readonly key: string; readonly manifest: Manifest }>();

async function readBase(context: Context, key: string, cache: LocalCache, op: Op): Promise<Manifest | undefined> {
  const last = lastRead.get(cache);
  if (last?.key === key) return last.manifest;
  const manifest = await fetchBase(context, key, cache, op);
  if (manifest) lastRead.set(cache, { key, manifest });
  return manifest;
}

async function fetchBase(context: Context, key: string, cache: LocalCache, op: Op): Promise<Manifest | undefined> {
  const cached = await cache.get(placeIn(context));
  const isCached = cached !== undefined && keyOf(cached) === key;
  const bytes = isCached ? cached : await fetchBytes(context, key, op);
  if (!bytes) return undefined;
  if (!isCached) await cache.put(placeIn(context), bytes);
  const { success, output } = v.safeParse(CHANGES_JSON, jsonValue(await unpacked(bytes)));
  return success ? applied(EMPTY, fromJson(output)) : undefined;
}

/** The text in bytes that people can write too; empty when they are no gzip of a size of ours. */
async function unpacked(bytes: Buffer): Promise<string> {
  try {
    return (await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES })).toString();
  } catch (error) {
    if (/^(Z_|ERR_BUFFER_TOO_LARGE)/.test((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/** The bytes of an object of ours that is named after their hash; undefined when it is gone, or is not what its name says. */
async function fetchBytes(context: Context, key: string, op: Op): Promise<Buffer | undefined> {
  const answer = await unlessMissing(
    () => context.clients.s3.send(new GetObjectCommand(placeOf(context, key)), { abortSignal: op.signal }),
    'NoSuchKey',
  );
  if ((answer?.ContentLength ?? 0) > MOST_PACKED_BYTES) {
    (answer?.Body as Readable).destroy();
    return undefined;
  }
  const bytes = answer?.Body && Buffer.from(await answer.Body.transformToByteArray());
  return bytes && key === keyOf(bytes) ? bytes : undefined;
}

/** Where this computer keeps one whole manifest of a site: most releases build on the same one. */
function placeIn({ site }: Context): string {
  return `manifest of ${bucketName(site)}`;
}

function keyOf(bytes: Uint8Array): string {
  return `${MANIFESTS}${createHash('sha256').update(bytes).digest('hex')}.json.gz`;
}

function sizeOf({ pages, assets }: Changes): number {
  return pages.size + assets.size;
}
