import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import { valueOf, without, type Headers } from './edgeAnswer';

const COMPRESSIBLE =
  /^(text\/|application\/(javascript|x-javascript|json|[\w.-]+\+json|xml|[\w.-]+\+xml|wasm|vnd\.ms-fontobject|x-font-ttf|x-font-otf)|image\/svg\+xml|font\/(ttf|otf|eot|opentype))/i;
const SMALLEST_COMPRESSED_BYTES = 1000;
const LARGEST_COMPRESSED_BYTES = 10_000_000;

/** Whether CloudFront would compress a response, given that the viewer accepts it and the behavior says so. */
export function isCompressible(status: number, headers: Headers): boolean {
  const length = Number(valueOf(headers, 'content-length') ?? Number.NaN);
  return (
    [200, 403, 404].includes(status) &&
    valueOf(headers, 'content-encoding') === undefined &&
    COMPRESSIBLE.test(valueOf(headers, 'content-type') ?? '') &&
    length >= SMALLEST_COMPRESSED_BYTES &&
    length <= LARGEST_COMPRESSED_BYTES
  );
}

/** The headers of a response that is compressed on its way: no length yet, and a weak ETag. */
export function compressedHeaders(headers: Headers, coding: string): Headers {
  const kept = without(headers, 'content-length', 'accept-ranges', 'vary').map(([name, value]) =>
    name.toLowerCase() === 'etag' && !value.startsWith('W/')
      ? ([name, `W/${value}`] as const)
      : ([name, value] as const),
  );
  return [...kept, ['Content-Encoding', coding], ['Vary', 'Accept-Encoding']];
}

/** A body in a content coding. */
export function encoded(body: Readable, coding: string): Readable {
  const encoder =
    coding === 'br' ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) : createGzip();
  body.on('error', (error) => encoder.destroy(error));
  return body.pipe(encoder);
}

/** What the cache key and the origin are told of a request's codings, as CachingOptimized normalises Accept-Encoding. */
export function codingsFor(request: IncomingMessage): string {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .filter((item) => !/;\s*q=0(\.0*)?$/.test(item))
    .map((item) => item.replace(/;.*$/, ''));
  return ['br', 'gzip'].filter((coding) => accepted.includes(coding)).join(',');
}
