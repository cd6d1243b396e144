import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Behavior, ControlPlane, Distribution, DistributionConfig } from './controlPlane';
import { EdgeCache, LARGEST_KEPT_BYTES, timeToLiveSeconds, type CacheKey, type Kept } from './edgeCache';
import {
  originHeaders,
  serveErrorPage,
  serveKept,
  valueOf,
  viewerHas,
  without,
  writeHead,
  type Headers,
} from './edgeAnswer';
import { codingFor, compressedHeaders, encoded, isCompressible } from './edgeCompression';
import { askOrigins, OriginUnreachable } from './edgeOrigin';
import { reset } from './forward';

/** CloudFront as one edge location shows it to viewers. */
export interface Edge {
  /** The country, as an ISO 3166 code, that all viewers seem to be in. */
  viewerCountry: string;
  /** Whether a distribution with this domain name was ever deployed. */
  resolves(host: string): Promise<boolean>;
  answer(request: IncomingMessage, response: ServerResponse, viewer: Viewed): Promise<void>;
  /** Forgets everything that is cached. */
  clear(): void;
}

/** The address that a viewer asked for. */
export interface Viewed {
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
}

/** Where the edge finds distributions and S3, and the clock (milliseconds) that freshness goes by. */
export interface EdgeOptions {
  controlPlane(): ControlPlane;
  now?(): number;
}

/** The managed policy that lets pages of every origin read what they embed. */
const SIMPLE_CORS = '60669652-455b-4ae9-85a4-c4c02393f86c';

interface Errand {
  readonly distribution: Distribution;
  readonly config: DistributionConfig;
  readonly behavior: Behavior;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly secure: boolean;
  readonly key: CacheKey;
  readonly settled: ReadonlySet<string>;
}

/** Makes an edge with an empty cache. */
export function createEdge({ controlPlane, now = Date.now }: EdgeOptions): Edge {
  const cache = new EdgeCache();

  async function find(host: string): Promise<{ distribution: Distribution; config: DistributionConfig } | undefined> {
    const distributions = await controlPlane().distributions();
    const distribution = distributions.find(({ domainName }) => domainName.toLowerCase() === host);
    return distribution?.config ? { distribution, config: distribution.config } : undefined;
  }

  async function serve(errand: Errand): Promise<void> {
    const { key, request, response } = errand;
    const whole = key.method === 'HEAD' ? cache.find({ ...key, method: 'GET' }) : undefined;
    const kept = whole ?? cache.find(key);
    if (kept && kept.freshUntilMs > now()) {
      serveKept(request, response, kept, 'Hit', Math.floor((now() - kept.storedMs) / 1000));
      return;
    }
    const stale = kept && kept.status < 400 ? kept : undefined;
    const answer = await ask(errand, stale ? validators(stale) : {});
    if (stale && answer?.statusCode === 304) {
      answer.resume();
      const renewed = originHeaders(answer).filter(([name]) => /^(cache-control|expires|date)$/i.test(name));
      const headers = [...without(stale.headers, ...renewed.map(([name]) => name.toLowerCase())), ...renewed];
      serveKept(request, response, keep(errand, stale.status, headers, stale.body), 'RefreshHit');
    } else if (stale && (!answer || (answer.statusCode ?? 0) >= 500)) {
      answer?.destroy();
      serveKept(request, response, stale, 'Hit', Math.floor((now() - stale.storedMs) / 1000));
    } else if (answer) {
      await pass(errand, answer);
    } else {
      serveErrorPage(response, 502, "CloudFront wasn't able to connect to the origin.");
    }
  }

  async function ask(errand: Errand, headers: Record<string, string>): Promise<IncomingMessage | undefined> {
    const { distribution, config, behavior, secure, key } = errand;
    try {
      const question = { method: key.method, path: key.path, headers, secure };
      return await askOrigins(controlPlane(), distribution, config, behavior, question);
    } catch (error) {
      if (error instanceof OriginUnreachable) return undefined;
      throw error;
    }
  }

  /** Streams the origin's answer to the viewer and keeps a copy of it. */
  async function pass(errand: Errand, answer: IncomingMessage): Promise<void> {
    const { behavior, request, response, key } = errand;
    const status = answer.statusCode ?? 502;
    const received = originHeaders(answer);
    const isTooBig = Number(valueOf(received, 'content-length')) > LARGEST_KEPT_BYTES;
    if (request.headers.range && status === 200 && isTooBig) {
      answer.destroy();
      const part = await ask(errand, { Range: request.headers.range });
      if (part) await stream(part, response, part.statusCode ?? 502, originHeaders(part));
      else serveErrorPage(response, 502, "CloudFront wasn't able to connect to the origin.");
      return;
    }
    const compressed =
      behavior.compress && key.method === 'GET' && key.coding !== '' && isCompressible(status, received);
    const headers = compressed ? compressedHeaders(received, key.coding) : received;
    const body = compressed ? encoded(answer, key.coding) : answer;
    if (status === 200 && (request.headers.range || viewerHas(request, headers)) && !isTooBig) {
      serveKept(request, response, keep(errand, status, headers, Buffer.concat(await body.toArray())), 'Miss');
      return;
    }
    const whole = await stream(body, response, status, headers);
    if (whole) keep(errand, status, headers, whole);
  }

  function keep({ key, settled }: Errand, status: number, headers: Headers, body: Buffer): Kept {
    const storedMs = now();
    const ttlSeconds = timeToLiveSeconds(status, (name) => valueOf(headers, name), storedMs);
    const kept: Kept = {
      status,
      headers: key.method === 'HEAD' ? headers : without(headers, 'content-length'),
      body,
      storedMs,
      freshUntilMs: storedMs + ttlSeconds * 1000,
      settled,
    };
    if (ttlSeconds > 0 && key.method !== 'OPTIONS') cache.keep(key, kept);
    return kept;
  }

  return {
    viewerCountry: 'DE',
    resolves: async (host) => (await find(host)) !== undefined,
    clear: () => cache.clear(),
    async answer(request, response, { host, path, secure }) {
      const found = await find(host);
      if (!found) return reset(request.socket);
      const { distribution, config } = found;
      const completed = distribution.invalidations.filter(({ status }) => status === 'Completed');
      cache.invalidate(distribution.id, completed);
      const asked = path.replace(/[?#].*$/s, '');
      const objectPath = asked === '/' && config.defaultRootObject ? `/${config.defaultRootObject}` : asked;
      const behavior = config.cacheBehaviors.find(({ pathPattern }) => matches(pathPattern, objectPath)) ?? config;
      const method = request.method ?? 'GET';
      if (!config.enabled) return serveErrorPage(response, 403, 'The distribution is disabled.');
      if (!secure && behavior.viewerProtocolPolicy === 'https-only') {
        return serveErrorPage(response, 403, 'Bad request. This distribution is for HTTPS requests only.');
      }
      if (!secure && behavior.viewerProtocolPolicy === 'redirect-to-https') {
        writeHead(
          response,
          301,
          [
            ['Location', `https://${host}${path}`],
            ['Content-Length', '0'],
          ],
          'Redirect',
        );
        response.end();
        return;
      }
      if (isBlocked(config, this.viewerCountry)) {
        return serveErrorPage(response, 403, 'The distribution is configured to block access from your country.');
      }
      if (!(behavior.allowedMethods ?? ['GET', 'HEAD']).includes(method)) {
        return serveErrorPage(response, 403, 'This distribution is not configured to allow the HTTP request method.');
      }
      const key = { distributionId: distribution.id, path: objectPath, method, coding: codingFor(request) };
      const settled = new Set(completed.map(({ id }) => id));
      if (behavior.responseHeadersPolicyId === SIMPLE_CORS && request.headers.origin !== undefined) {
        // The policy does not override: a header of the origin's own takes this one's place when the answer is written.
        response.setHeader('Access-Control-Allow-Origin', '*');
      }
      await serve({ distribution, config, behavior, request, response, secure, key, settled });
    },
  };
}

/** Sends a body on as it comes and returns all of it, or undefined when it is too big to keep. */
async function stream(
  body: Readable,
  response: ServerResponse,
  status: number,
  headers: Headers,
): Promise<Buffer | undefined> {
  writeHead(response, status, headers, status >= 400 ? 'Error' : 'Miss');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  await pipeline(
    body,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes <= LARGEST_KEPT_BYTES) chunks.push(chunk);
        else chunks.length = 0;
        yield chunk;
      }
    },
    response,
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

function isBlocked({ geoRestriction: { type, locations } }: DistributionConfig, country: string): boolean {
  return type !== 'none' && locations.includes(country) === (type === 'blacklist');
}

function matches(pattern: string, path: string): boolean {
  const expression = pattern
    .replace(/^\//, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^/${expression}$`, 's').test(path);
}
