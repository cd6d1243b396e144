import type { Invalidation } from './controlPlane';

/** A complete response as the edge keeps it; `method` tells a HEAD answer, which has no body to serve a GET with. */
export interface Kept {
  readonly status: number;
  /** Whether the origin answered an error, under whatever status viewers see it. */
  readonly isError: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly storedMs: number;
  readonly freshUntilMs: number;
  /** The invalidations that were complete before the response was asked for: they do not concern it. */
  readonly settled: ReadonlySet<string>;
}

/** What a response is kept under. */
export interface CacheKey {
  readonly distributionId: string;
  readonly path: string;
  readonly method: string;
  /** The content codings that the viewer takes. */
  readonly codings: string;
}

/** The policy CachingOptimized: seconds that a response without any word on caching stays, and the bounds for the others. */
const DEFAULT_TTL_SECONDS = 86_400;
const MIN_TTL_SECONDS = 1;
const MAX_TTL_SECONDS = 31_536_000;
/** CloudFront's default for custom error responses. */
const ERROR_TTL_SECONDS = 10;
const CACHED_ERRORS = new Set([400, 403, 404, 405, 414, 500, 501, 502, 503, 504]);

/** Bytes of one object that the edge keeps; bigger ones only stream through. */
export const LARGEST_KEPT_BYTES = 50 * 1024 * 1024;
const CAPACITY_BYTES = 256 * 1024 * 1024;

/** The objects that an edge location has; the least recently used ones go first when it is full. */
export class EdgeCache {
  readonly #entries = new Map<string, { key: CacheKey; kept: Kept }>();
  #bytes = 0;

  find(key: CacheKey): Kept | undefined {
    const name = nameOf(key);
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.kept;
  }

  keep(key: CacheKey, kept: Kept): void {
    this.#forget(nameOf(key));
    this.#entries.set(nameOf(key), { key, kept });
    this.#bytes += kept.body.length;
    for (const name of this.#entries.keys()) {
      if (this.#bytes <= CAPACITY_BYTES) break;
      this.#forget(name);
    }
  }

  /** Drops what completed invalidations of a distribution name; safe to call again with the same ones. */
  invalidate(distributionId: string, completed: readonly Invalidation[]): void {
    for (const [name, { key, kept }] of this.#entries) {
      if (key.distributionId !== distributionId) continue;
      const concerned = completed.some(
        ({ id, paths }) => !kept.settled.has(id) && paths.some((p) => covers(p, key.path)),
      );
      if (concerned) this.#forget(name);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #forget(name: string): void {
    this.#bytes -= this.#entries.get(name)?.kept.body.length ?? 0;
    this.#entries.delete(name);
  }
}

type HeaderReader = (name: string) => string | undefined;

/** Seconds that CloudFront keeps a response under the policy CachingOptimized; 0 is not at all. */
export function timeToLiveSeconds(header: HeaderReader, nowMs: number): number {
  const bounded = (seconds: number): number => Math.min(Math.max(seconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS);
  // With a minimum TTL above 0 these three mean the minimum: "CloudFront uses the value of the minimum TTL".
  const directives = (header('cache-control') ?? '').toLowerCase();
  if (/(^|[\s,])(no-cache|no-store|private)($|[\s,=])/.test(directives)) return MIN_TTL_SECONDS;
  const seconds = toldSeconds(header, nowMs);
  return seconds === undefined ? DEFAULT_TTL_SECONDS : bounded(seconds);
}

/**
 * Seconds that an error is kept: "the greater of the value in the header or the Error Caching Minimum TTL" ("Control how long
 * CloudFront caches errors").
 */
export function errorTtlSeconds(
  status: number,
  header: HeaderReader,
  nowMs: number,
  minTtlSeconds = ERROR_TTL_SECONDS,
): number {
  if (!CACHED_ERRORS.has(status)) return 0;
  return Math.min(Math.max(toldSeconds(header, nowMs) ?? 0, minTtlSeconds), MAX_TTL_SECONDS);
}

function toldSeconds(header: HeaderReader, nowMs: number): number | undefined {
  const directives = (header('cache-control') ?? '').toLowerCase();
  const seconds =
    /(?:^|[\s,])s-maxage\s*=\s*"?(\d+)/.exec(directives)?.[1] ??
    /(?:^|[\s,])max-age\s*=\s*"?(\d+)/.exec(directives)?.[1];
  if (seconds !== undefined) return Number(seconds);
  const expires = header('expires');
  return expires === undefined ? undefined : (Date.parse(expires) - nowMs) / 1000 || 0;
}

/**
 * Whether an invalidation path (`*` only at its end means "anything from here") covers a request path. An encoded `~`
 * covers nothing, as at CloudFront, which refuses a plain one (aws/aws-sdk-js-v3#4042).
 */
export function covers(pattern: string, path: string): boolean {
  if (/%7e/i.test(pattern)) return false;
  const wanted = decoded(pattern.startsWith('/') ? pattern : `/${pattern}`);
  const actual = decoded(path);
  return wanted.endsWith('*') ? actual.startsWith(wanted.slice(0, -1)) : actual === wanted;
}

function decoded(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}

function nameOf({ distributionId, path, method, codings }: CacheKey): string {
  return [distributionId, method, codings, path].join(' ');
}
