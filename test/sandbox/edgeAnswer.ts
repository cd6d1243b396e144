import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Kept } from './edgeCache';
import { endToEnd } from './forward';

/** Header names and values in the order they are sent. */
export type Headers = readonly (readonly [string, string])[];

/** What CloudFront says of its cache in `X-Cache`. */
export type Verdict =
  | 'Miss'
  | 'Hit'
  | 'RefreshHit'
  | 'Error'
  | 'Redirect'
  | 'FunctionGeneratedResponse'
  | 'FunctionExecutionError'
  | 'FunctionValidationError';

/** The head of an answer; a `body` takes the place of the one that was to come. */
export interface Head {
  readonly status: number;
  readonly headers: Headers;
  readonly verdict: Verdict;
  readonly body?: Buffer;
}

/** A viewer's request that is being answered. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The id that CloudFront gives the request. */
  readonly requestId: string;
  /** What the behavior makes of the head of every answer: its headers policy, and its viewer-response function. */
  dress?(head: Head): Head;
}

const TITLE = 'The request could not be satisfied';
const NOT_FOR_VIEWERS = new Set(['x-amz-request-id', 'x-amz-id-2', 'x-amzn-requestid']);

/** The value of a header, whatever the case of its name. */
export function valueOf(headers: Headers, name: string): string | undefined {
  return headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

/** The origin's headers that reach viewers. */
export function originHeaders(answer: IncomingMessage): Headers {
  return endToEnd(answer.rawHeaders).filter(([name]) => !NOT_FOR_VIEWERS.has(name.toLowerCase()));
}

/** Headers without some of them. */
export function without(headers: Headers, ...names: string[]): Headers {
  return headers.filter(([name]) => !names.includes(name.toLowerCase()));
}

/** Starts a response with CloudFront's own headers added; returns the body that is to be sent instead, if there is one. */
export function writeHead(visit: Visit, status: number, headers: Headers, verdict: Verdict): Buffer | undefined {
  const head: Head = { status, headers, verdict };
  const dressed = visit.dress?.(head) ?? head;
  const own: Headers = [
    ['X-Cache', `${dressed.verdict} from cloudfront`],
    ['Via', `1.1 ${randomBytes(16).toString('hex')}.cloudfront.net (CloudFront)`],
    ['X-Amz-Cf-Pop', 'FRA56-P5'],
    ['X-Amz-Cf-Id', visit.requestId],
  ];
  const length = dressed.body?.length;
  const sent: Headers =
    length === undefined
      ? dressed.headers
      : [...without(dressed.headers, 'content-length'), ['Content-Length', String(length)]];
  visit.response.writeHead(dressed.status, [...sent, ...own].flat());
  return dressed.body;
}

/** Sends a whole answer; HEAD gets its head. */
export function send(visit: Visit, { status, headers, verdict, body }: Head): void {
  const instead = writeHead(visit, status, headers, verdict);
  visit.response.end(visit.request.method === 'HEAD' ? undefined : (instead ?? body));
}

/** Answers with what is kept: 304 when the viewer has it already, 206 or 416 for a range, all of it otherwise. */
export function serveKept(visit: Visit, kept: Kept, verdict: Verdict, ageSeconds?: number): void {
  const { request } = visit;
  const aged: Headers = ageSeconds === undefined ? kept.headers : [...kept.headers, ['Age', String(ageSeconds)]];
  const shown = kept.isError ? 'Error' : verdict;
  const isWhole = kept.status === 200 && !kept.isError;
  const isWithoutLength = valueOf(aged, 'content-length') === undefined && kept.body.length > 0;
  const headers: Headers = isWithoutLength ? [...aged, ['Content-Length', String(kept.body.length)]] : aged;
  const empty = Buffer.alloc(0);
  if (isWhole && viewerHas(request, headers)) {
    const short = without(headers, 'content-length', 'content-type', 'content-encoding');
    send(visit, { status: 304, headers: short, verdict: shown, body: empty });
    return;
  }
  const range = isWhole && request.method === 'GET' ? wantedRange(request, kept) : undefined;
  if (range === 'unsatisfiable') {
    const whole: Headers = [['Content-Range', `bytes */${kept.body.length}`]];
    const short: Headers = [...without(headers, 'content-length'), ['Content-Length', '0'], ...whole];
    send(visit, { status: 416, headers: short, verdict: 'Error', body: empty });
  } else if (range) {
    const part = kept.body.subarray(range.first, range.last + 1);
    const partial: Headers = [
      ['Content-Length', String(part.length)],
      ['Content-Range', `bytes ${range.first}-${range.last}/${kept.body.length}`],
    ];
    const all = [...without(headers, 'content-length'), ...partial];
    send(visit, { status: 206, headers: all, verdict: shown, body: part });
  } else {
    send(visit, { status: kept.status, headers, verdict: shown, body: kept.body });
  }
}

/** Whether the conditions of a request say that the viewer's copy is the current one. */
export function viewerHas(request: IncomingMessage, headers: Headers): boolean {
  const tags = request.headers['if-none-match'];
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  if (tags !== undefined) {
    const etag = valueOf(headers, 'etag');
    return tags.trim() === '*' || (etag !== undefined && tags.split(',').map(opaque).includes(opaque(etag)));
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return Date.parse(valueOf(headers, 'last-modified') ?? '') <= since;
}

/** The HTML page that CloudFront itself makes for an error. */
export function errorPage(
  status: number,
  reason: string,
  verdict: Verdict = 'Error',
): Head & { readonly body: Buffer } {
  const page = [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">',
    '<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=iso-8859-1">',
    `<TITLE>ERROR: ${TITLE}</TITLE>`,
    `</HEAD><BODY>\n<H1>${status} ERROR</H1>\n<H2>${TITLE}.</H2>\n<HR noshade size="1px">`,
    `${reason}\n<BR clear="all">\n<HR noshade size="1px">\n<PRE>Generated by cloudfront (CloudFront)</PRE>\n</BODY></HTML>`,
  ].join('\n');
  const headers: Headers = [
    ['Server', 'CloudFront'],
    ['Content-Type', 'text/html'],
    ['Content-Length', String(Buffer.byteLength(page))],
  ];
  return { status, headers, verdict, body: Buffer.from(page) };
}

function wantedRange(
  request: IncomingMessage,
  { headers, body }: Kept,
): { first: number; last: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  if (
    condition !== undefined &&
    condition !== valueOf(headers, 'etag') &&
    condition !== valueOf(headers, 'last-modified')
  ) {
    return undefined;
  }
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const start = Math.max(0, body.length - Number(last));
    return start < body.length ? { first: start, last: body.length - 1 } : 'unsatisfiable';
  }
  const end = last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1);
  if (Number(first) >= body.length) return 'unsatisfiable';
  return end < Number(first) ? undefined : { first: Number(first), last: end };
}
