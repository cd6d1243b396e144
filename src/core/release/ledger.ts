import { GetObjectCommand } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { hasCode, statusOf } from '../aws/errors';
import type { Context } from '../context';
import { bucketName, PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import { jsonValue } from '../json';
import { placeOf, putObject } from '../aws/store';
import { NO_CACHE, type LocalCache } from './localCache';
import { CHANGES_JSON } from './manifest';

const ORIGIN = {
  /** Name of the computer. */
  host: v.string(),
  /** Name of the site's folder there. */
  folder: v.string(),
  /** A random text that this folder on this computer keeps, by which it knows itself again. */
  place: v.string(),
  /** The git commit that was checked out there, if any. */
  commit: v.optional(v.pipe(v.string(), v.regex(/^[\da-f]{40,64}$/))),
  /** It was published as a file was saved. */
  onSave: v.optional(v.boolean()),
};

/** ISO 8601 in UTC, as JavaScript writes it. */
const MOMENT = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));

const RELEASE = v.object({
  ...ORIGIN,
  id: v.pipe(v.string(), v.regex(/^[\da-f]{40}$/)),
  /** ARN of whose credentials were used. */
  by: v.string(),
  /** When it was published, as ISO 8601 text by AWS's clock. */
  at: MOMENT,
  /** Id of the release that was the current one before; undefined for the first. */
  parent: v.optional(v.string()),
  /** When the release was published that this one brought back, if it was a rollback. */
  restores: v.optional(MOMENT),
  /** Of what an adopted server served before the first publication: the server's mark of it. */
  imported: v.optional(v.string()),
  /** How many files it added, changed and removed. */
  counts: v.object({ added: v.number(), changed: v.number(), removed: v.number() }),
  /** Key of a whole manifest, of which this one is `changes` away. */
  base: v.string(),
  changes: CHANGES_JSON,
});

const INTENT = v.object({
  ...ORIGIN,
  id: v.string(),
  by: v.string(),
  at: v.string(),
  processId: v.number(),
  /** How often it gave a sign of life. */
  renewals: v.number(),
  /** What the edges may hold old bytes of until it has ended, as CloudFront takes it. */
  forgets: v.array(v.string()),
  /** The server may list pages that were there before the site, which nobody is to delete who goes on. */
  stays: v.optional(v.boolean()),
  /** It ended before it was done. */
  isOver: v.optional(v.boolean()),
});

const LEDGER = v.object({
  format: v.literal(1),
  /** Another one with each change, by which a writer whose answer was lost knows its own. */
  revision: v.string(),
  current: v.optional(RELEASE),
  /** Where pages were put last, and of which release they were: one that changed assets alone is not told to the server. */
  target: v.optional(
    v.object({
      instanceId: v.string(),
      volumeId: v.string(),
      distributionId: v.string(),
      domain: v.string(),
      release: v.string(),
      /** Id of the web server's settings there. */
      settings: v.optional(v.string()),
      /** How long the command took there that put them in place. */
      seconds: v.optional(v.pipe(v.number(), v.minValue(0))),
    }),
  ),
  /** Earlier releases that can be brought back, the newest first. */
  former: v.array(RELEASE),
  /** Releases were dropped since what they alone needed was removed. */
  toSweep: v.optional(v.boolean()),
  /** What *Upload to CDN* put into the bucket, as it is there now; nothing of it is ever removed by a publication. */
  uploaded: CHANGES_JSON.entries.assets,
  /** How many paths publications and uploads asked the edges to forget in the month (`2026-11`, UTC) of the last one that did. */
  forgotten: v.optional(
    v.object({
      month: v.pipe(v.string(), v.regex(/^\d{4}-\d\d$/)),
      paths: v.pipe(v.number(), v.minValue(0)),
    }),
  ),
  /** The publication that goes on, or was cut short. */
  publishing: v.optional(INTENT),
});

/** What the bucket tells of a site's releases: one object, which only one of two writers can replace. */
export type Ledger = v.InferOutput<typeof LEDGER>;
/** A release that is kept. */
export type Release = v.InferOutput<typeof RELEASE>;
/** A publication that has begun. */
export type Intent = v.InferOutput<typeof INTENT>;
/** Where a publication comes from. */
export type Origin = Pick<Release, 'host' | 'folder' | 'place' | 'commit' | 'onSave'>;

/** The ledger as it was read. */
export interface LedgerRead {
  readonly ledger: Ledger;
  /** Undefined where there is none yet. */
  readonly etag: string | undefined;
  /** When it was written, as milliseconds since 1970 by AWS's clock. */
  readonly writtenMs: number;
  /** It was there, and is none that can be read. */
  readonly isUnreadable: boolean;
}

/** The ledger of a site that nothing was ever published to. */
export const NO_LEDGER: Ledger = { format: 1, revision: '', former: [], uploaded: [] };

const NOTHING_READ: LedgerRead = { ledger: NO_LEDGER, etag: undefined, writtenMs: 0, isUnreadable: false };

const KEY = `${PRIVATE_PREFIX}ledger.json`;
const CONFLICT_ATTEMPTS = 4;
const CONFLICT_MS = 250;
/** A ledger of more than this is none of ours. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Reads the ledger in one request, which is small when it is still the one that this computer read last. Throws what S3 answers, such as `NoSuchBucket`. */
export async function readLedger(context: Context, cache: LocalCache, op: Op): Promise<LedgerRead> {
  const name = `ledger of ${bucketName(context.site)}`;
  const cached = parseCached(await cache.get(name));
  try {
    const answer = await context.clients.s3.send(
      new GetObjectCommand({ ...placeOf(context, KEY), ...(cached ? { IfNoneMatch: cached.etag } : {}) }),
      { abortSignal: op.signal },
    );
    const isOurs = (answer.ContentLength ?? 0) <= MOST_BYTES;
    if (!isOurs) (answer.Body as Readable).destroy();
    const text = isOurs ? ((await answer.Body?.transformToString()) ?? '') : '';
    const etag = answer.ETag ?? '';
    const writtenMs = answer.LastModified?.getTime() ?? 0;
    await cache.put(name, Buffer.from(JSON.stringify({ etag, writtenMs, text })));
    return parsed(text, etag, writtenMs);
  } catch (error) {
    if (statusOf(error) === 304 && cached) return parsed(cached.text, cached.etag, cached.writtenMs);
    if (!hasCode(error, 'NoSuchKey')) throw error;
    return NOTHING_READ;
  }
}

/** The ledger; the empty one where there is no bucket yet. */
export async function readLedgerIfAny(context: Context, cache: LocalCache, op: Op): Promise<LedgerRead> {
  try {
    return await readLedger(context, cache, op);
  } catch (error) {
    if (!hasCode(error, 'NoSuchBucket')) throw error;
    return NOTHING_READ;
  }
}

/** What this computer read last, without asking: a hint of what AWS will tell. */
export async function ledgerHint({ site }: Context, cache: LocalCache): Promise<Ledger | undefined> {
  const cached = parseCached(await cache.get(`ledger of ${bucketName(site)}`));
  return cached && parsed(cached.text, cached.etag, cached.writtenMs).ledger;
}

/**
 * Replaces the ledger that was read with this ETag, or makes the first one, and gives the new ETag; undefined when somebody else was faster. Where only the
 * answer to an earlier attempt was lost, that counts as done.
 */
export async function swapLedger(
  context: Context,
  ledger: Ledger,
  etag: string | undefined,
  op: Op,
): Promise<string | undefined> {
  const revision = randomUUID();
  const bytes = Buffer.from(JSON.stringify({ ...ledger, revision } satisfies Ledger));
  const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putObject(context, KEY, bytes, { ContentType: 'application/json', ...condition }, op);
    } catch (error) {
      if (![404, 409, 412].includes(statusOf(error) ?? 0)) throw error;
      const now = await readLedger(context, NO_CACHE, op);
      if (now.ledger.revision === revision) return now.etag;
      // A write at the same time, perhaps our own whose connection broke, has not come to its end (Amazon S3, “Conditional writes”).
      if (statusOf(error) !== 409 || now.etag !== etag || attempt === CONFLICT_ATTEMPTS) return undefined;
      await delay(CONFLICT_MS * attempt, undefined, { signal: op.signal });
    }
  }
}

function parsed(text: string, etag: string, writtenMs: number): LedgerRead {
  const { success, output } = v.safeParse(LEDGER, jsonValue(text));
  return { ledger: success ? output : NO_LEDGER, etag, writtenMs, isUnreadable: !success };
}

const CACHED = v.object({ etag: v.string(), writtenMs: v.number(), text: v.string() });

function parseCached(bytes: Buffer | undefined): v.InferOutput<typeof CACHED> | undefined {
  const { success, output } = v.safeParse(CACHED, bytes && jsonValue(bytes.toString()));
  return success ? output : undefined;
}
