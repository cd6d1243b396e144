import type { IncomingMessage } from 'node:http';
import type { Distribution } from './controlPlane';
import type { Headers } from './edgeAnswer';

/** A value of a header, query parameter or cookie as CloudFront Functions see it; several of one name are a `multiValue`. */
export interface EventValue {
  readonly value: string;
  readonly attributes?: string;
  readonly multiValue?: readonly EventValue[];
}

/** Values by name; names of headers are in lower case. */
export type EventValues = Readonly<Record<string, EventValue>>;

/** What a CloudFront Function is given ("CloudFront Functions event structure" in the developer guide). */
export interface FunctionEvent {
  readonly version: '1.0';
  readonly context: {
    readonly distributionDomainName: string;
    readonly distributionId: string;
    readonly eventType: 'viewer-request' | 'viewer-response';
    readonly requestId: string;
  };
  readonly viewer: { readonly ip: string };
  readonly request: EventRequest;
  readonly response?: EventResponse;
}

/** A viewer's request. */
export interface EventRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: EventValues;
  readonly headers: EventValues;
  readonly cookies: EventValues;
}

/** An answer: `body` is only in what a function returns. */
export interface EventResponse {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly headers?: EventValues;
  readonly cookies?: EventValues;
  readonly body?: string | { readonly encoding: 'text' | 'base64'; readonly data: string };
}

const HIDDEN = new Set(
  (
    'connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection trailer upgrade x-accel-buffering' +
    ' x-accel-charset x-accel-limit-rate x-accel-redirect x-amzn-auth x-amzn-cf-billing x-amzn-cf-id x-amzn-cf-xff' +
    ' x-amzn-errortype x-amzn-fle-profile x-amzn-header-count x-amzn-header-order x-amzn-lambda-integration-tag' +
    ' x-amzn-requestid x-cache x-forwarded-proto x-real-ip'
  ).split(' '),
);

/** Whether functions neither see a header nor may add it ("Restrictions on all edge functions"). */
export function isHidden(name: string): boolean {
  return HIDDEN.has(name) || /^x-(amz-cf|edge)-/.test(name);
}

/** The part of an event that both kinds have; `uri` is the path without its query. */
export function eventOf(
  { domainName, id }: Distribution,
  eventType: 'viewer-request' | 'viewer-response',
  { request, uri, query, requestId }: { request: IncomingMessage; uri: string; query: string; requestId: string },
): FunctionEvent {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    pairs.push([(request.rawHeaders[at] ?? '').toLowerCase(), request.rawHeaders[at + 1] ?? '']);
  }
  const shown = pairs.filter(([name]) => name !== 'cookie' && !isHidden(name) && !name.startsWith('x-sandbox-'));
  const cookies = pairs
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(/;\s*/))
    .filter((cookie) => cookie !== '')
    .map((cookie) => split(cookie, '='));
  const parameters = query === '' ? [] : query.split('&').map((parameter) => split(parameter, '='));
  return {
    version: '1.0',
    context: { distributionDomainName: domainName, distributionId: id, eventType, requestId },
    viewer: { ip: request.socket.remoteAddress ?? '127.0.0.1' },
    request: {
      method: request.method ?? 'GET',
      uri,
      querystring: collected(parameters.map(([name, value]) => [name, { value }])),
      headers: collected(shown.map(([name, value]) => [name, { value }])),
      cookies: collected(cookies.map(([name, value]) => [name, { value }])),
    },
  };
}

/** An answer as a viewer-response function sees it: cookies apart from headers, and no body. */
export function responseOf(statusCode: number, statusDescription: string, headers: Headers): EventResponse {
  const all = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    statusCode,
    statusDescription,
    headers: collected(
      all.filter(([name]) => name !== 'set-cookie' && !isHidden(name)).map(([name, value]) => [name, { value }]),
    ),
    cookies: collected(
      all
        .filter(([name]) => name === 'set-cookie')
        .map(([, cookie]) => {
          const [pair, attributes] = split(cookie, ';');
          const [name, value] = split(pair, '=');
          return [name, { value, ...(attributes === '' ? {} : { attributes: attributes.trim() }) }];
        }),
    ),
  };
}

/** The headers that a returned response means: each word of a name begins with a capital letter. */
export function headersOf({ headers = {}, cookies = {} }: EventResponse): Headers {
  const capital = (name: string): string => name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
  const every = (value: EventValue): readonly EventValue[] => value.multiValue ?? [value];
  return [
    ...Object.entries(headers).flatMap(([name, value]) =>
      every(value).map((one) => [capital(name), one.value] as const),
    ),
    ...Object.entries(cookies).flatMap(([name, value]) =>
      every(value).map((one) => {
        const attributes = one.attributes ? `; ${one.attributes}` : '';
        return ['Set-Cookie', `${name}=${one.value}${attributes}`] as const;
      }),
    ),
  ];
}

function collected(pairs: readonly (readonly [string, EventValue])[]): EventValues {
  const byName = new Map<string, EventValue[]>();
  for (const [name, value] of pairs) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(
    [...byName].map(([name, [first, ...others]]) => [
      name,
      { value: '', ...first, ...(first && others.length > 0 ? { multiValue: [first, ...others] } : {}) },
    ]),
  );
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}
