import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Behavior, Distribution, DistributionConfig } from './controlPlane';
import {
  errorPage,
  originHeaders,
  send,
  serveKept,
  valueOf,
  viewerHas,
  without,
  writeHead,
  type Headers,
  type Visit,
} from './edgeAnswer';
import { behaviorFor } from './edgeBehavior';
import {
  errorTtlSeconds,
  LARGEST_KEPT_BYTES,
  timeToLiveSeconds,
  type CacheKey,
  type EdgeCache,
  type Kept,
} from './edgeCache';
import { compressedHeaders, encoded, isCompressible } from './edgeCompression';
import { askOrigins, OriginUnreachable, type OriginWorld } from './edgeOrigin';

/** What one viewer wants of one distribution, and under which key that is kept. */
export interface Errand {
  readonly distribution: Distribution;
  readonly config: DistributionConfig;
  readonly behavior: Behavior;
  readonly visit: Visit;
  readonly secure: boolean;
  readonly key: CacheKey;
  /** The invalidations that were complete before. */
  readonly settled: ReadonlySet<string>;
}

/** Where errands are run: the cache, the origins, and the clock in milliseconds. */
export interface Shop {
  readonly cache: EdgeCache;
  readonly world: () => OriginWorld;
  now(): number;
}

interface Whole {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Answers an errand from the cache or from the origins. */
export async function runErrand(shop: Shop, errand: Errand): Promise<void> {
  const { key, visit } = errand;
  const { cache, now } = shop;
  const whole = key.method === 'HEAD' ? cache.find({ ...key, method: 'GET' }) : undefined;
  const kept = whole ?? cache.find(key);
  const ageSeconds = (one: Kept): number => Math.floor((now() - one.storedMs) / 1000);
  if (kept && kept.freshUntilMs > now()) {
    serveKept(visit, kept, 'Hit', ageSeconds(kept));
    return;
  }
  const stale = kept && !kept.isError ? kept : undefined;
  const answer = await ask(shop, errand, stale ? validators(stale) : {});
  const status = answer instanceof OriginUnreachable ? answer.status : (answer.statusCode ?? 502);
  if (stale && status === 304 && !(answer instanceof OriginUnreachable)) {
    answer.resume();
    const renewed = originHeaders(answer).filter(([name]) => /^(cache-control|expires|date)$/i.test(name));
    const headers = [...without(stale.headers, ...renewed.map(([name]) => name.toLowerCase())), ...renewed];
    serveKept(visit, keep(shop, errand, { ...stale, headers }), 'RefreshHit');
  } else if (stale && status >= 500) {
    if (!(answer instanceof OriginUnreachable)) answer.destroy();
    // "For the duration of the error caching minimum TTL, CloudFront continues to … [serve] the object from the edge cache."
    const ttlSeconds = errorTtlSeconds(status, () => undefined, now(), customFor(errand.config, status)?.minTtlSeconds);
    cache.keep(stale === whole ? { ...key, method: 'GET' } : key, {
      ...stale,
      freshUntilMs: now() + ttlSeconds * 1000,
    });
    serveKept(visit, stale, 'Hit', ageSeconds(stale));
  } else if (answer instanceof OriginUnreachable) {
    await serveError(shop, errand, errorPage(answer.status, "CloudFront wasn't able to connect to the origin."));
  } else if (status >= 400) {
    await serveError(shop, errand, await read(errand.behavior, key, answer));
  } else {
    await pass(shop, errand, answer);
  }
}

/** Answers an error, or the page that the distribution has for it, and keeps that in the object's place. */
export async function serveError(shop: Shop, errand: Errand, error: Whole): Promise<void> {
  const custom = customFor(errand.config, error.status);
  const header = (name: string): string | undefined => valueOf(error.headers, name);
  const ttlSeconds = errorTtlSeconds(error.status, header, shop.now(), custom?.minTtlSeconds);
  const shown = custom?.responsePagePath ? await customPage(shop, errand, custom.responsePagePath) : error;
  const status = shown !== error && shown.status < 400 ? (custom?.responseCode ?? shown.status) : shown.status;
  const kept = { ...keptOf(shop, errand, { ...shown, status }, ttlSeconds), isError: true };
  if (ttlSeconds > 0 && errand.key.method !== 'OPTIONS') shop.cache.keep(errand.key, kept);
  serveKept(errand.visit, kept, 'Error');
}

/**
 * A custom error page, through the behavior that its own path matches. When it cannot be had, its error is the answer: "CloudFront
 * returns to the viewer the status code that CloudFront received from the origin that contains the custom error pages".
 */
async function customPage(shop: Shop, errand: Errand, path: string): Promise<Whole> {
  const behavior = behaviorFor(errand.config, path);
  const key = { ...errand.key, path, method: 'GET' };
  const kept = shop.cache.find(key);
  if (kept && kept.freshUntilMs > shop.now()) return kept;
  const pageErrand = { ...errand, behavior, key };
  const answer = await ask(shop, pageErrand, {});
  if (answer instanceof OriginUnreachable) {
    return errorPage(answer.status, "CloudFront wasn't able to connect to the origin.");
  }
  const page = await read(behavior, key, answer);
  if (page.status === 200) keep(shop, pageErrand, page);
  return page;
}

function customFor(config: DistributionConfig, status: number) {
  return config.customErrorResponses?.find(({ errorCode }) => errorCode === status);
}

async function ask(
  { world }: Shop,
  { distribution, config, behavior, secure, key, visit }: Errand,
  headers: Record<string, string>,
): Promise<IncomingMessage | OriginUnreachable> {
  const codings: Record<string, string> = key.codings === '' ? {} : { 'Accept-Encoding': key.codings };
  const viewerIp = visit.request.socket.remoteAddress ?? '127.0.0.1';
  const question = { method: key.method, path: key.path, headers: { ...codings, ...headers }, secure, viewerIp };
  try {
    return await askOrigins(world(), distribution, config, behavior, question);
  } catch (error) {
    if (error instanceof OriginUnreachable) return error;
    throw error;
  }
}

/** Streams the origin's answer to the viewer and keeps a copy of it. */
async function pass(shop: Shop, errand: Errand, answer: IncomingMessage): Promise<void> {
  const { behavior, key, visit } = errand;
  const { request } = visit;
  const status = answer.statusCode ?? 502;
  const received = originHeaders(answer);
  const isTooBig = Number(valueOf(received, 'content-length')) > LARGEST_KEPT_BYTES;
  if (request.headers.range && status === 200 && isTooBig) {
    answer.destroy();
    const part = await ask(shop, errand, { Range: request.headers.range });
    if (!(part instanceof OriginUnreachable)) {
      await stream(part, visit, part.statusCode ?? 502, originHeaders(part));
    } else send(visit, errorPage(part.status, "CloudFront wasn't able to connect to the origin."));
    return;
  }
  const { headers, body } = coded(behavior, key, answer);
  if (status === 200 && (request.headers.range || viewerHas(request, headers)) && !isTooBig) {
    const whole = { status, headers, body: Buffer.concat(await body.toArray()) };
    serveKept(visit, keep(shop, errand, whole), 'Miss');
    return;
  }
  const whole = await stream(body, visit, status, headers);
  if (whole) keep(shop, errand, { status, headers, body: whole });
}

function coded(behavior: Behavior, { method, codings }: CacheKey, answer: IncomingMessage) {
  const headers = originHeaders(answer);
  const coding = codings.split(',')[0] ?? '';
  const isCoded = behavior.compress && method === 'GET' && coding !== '';
  return isCoded && isCompressible(answer.statusCode ?? 502, headers)
    ? { headers: compressedHeaders(headers, coding), body: encoded(answer, coding) }
    : { headers, body: answer };
}

async function read(behavior: Behavior, key: CacheKey, answer: IncomingMessage): Promise<Whole> {
  const { headers, body } = coded(behavior, key, answer);
  return { status: answer.statusCode ?? 502, headers, body: Buffer.concat(await body.toArray()) };
}

function keep(shop: Shop, errand: Errand, { status, headers, body }: Whole): Kept {
  const ttlSeconds = timeToLiveSeconds((name) => valueOf(headers, name), shop.now());
  const kept = keptOf(shop, errand, { status, headers, body }, ttlSeconds);
  if (errand.key.method !== 'OPTIONS') shop.cache.keep(errand.key, kept);
  return kept;
}

function keptOf({ now }: Shop, { key, settled }: Errand, { status, headers, body }: Whole, ttlSeconds: number): Kept {
  const storedMs = now();
  return {
    status,
    isError: false,
    headers: key.method === 'HEAD' && body.length === 0 ? headers : without(headers, 'content-length'),
    body,
    storedMs,
    freshUntilMs: storedMs + ttlSeconds * 1000,
    settled,
  };
}

/** Sends a body on as it comes and returns all of it, or undefined when it is too big to keep. */
async function stream(body: Readable, visit: Visit, status: number, headers: Headers): Promise<Buffer | undefined> {
  const instead = writeHead(visit, status, headers, status >= 400 ? 'Error' : 'Miss');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  await pipeline(
    body,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes <= LARGEST_KEPT_BYTES) chunks.push(chunk);
        else chunks.length = 0;
        if (!instead) yield chunk;
      }
      if (instead && visit.request.method !== 'HEAD') yield instead;
    },
    visit.response,
  );
  return sizeBytes <= LARGEST_KEPT_BYTES ? Buffer.concat(chunks) : undefined;
}

function validators({ headers }: Kept): Record<string, string> {
  const etag = valueOf(headers, 'etag');
  const lastModified = valueOf(headers, 'last-modified');
  return {
    ...(etag === undefined ? {} : { 'If-None-Match': etag.replace(/^W\//, '') }),
    ...(lastModified === undefined ? {} : { 'If-Modified-Since': lastModified }),
  };
}
