/** What answered a request: the HTTP status, the ETag without its quotation marks, and a small body, each byte as one character. */
export interface WireAnswer {
  readonly status: number;
  readonly etag: string;
  /** Empty for one of more than some KB, or one that ends only with its connection. */
  readonly body: string;
}

/** An answer, and whether the connection can carry another request after it. */
export interface Heard {
  readonly answer: WireAnswer;
  readonly isOver: boolean;
}

const MAX_CHARS = 64 * 1024;

/** What a text, each byte one character, holds of an answer to a PUT by HTTP/1.1: `unfinished` when more must come, undefined for what is none. */
export function answerIn(text: string): Heard | 'unfinished' | undefined {
  const rest = withoutInterim(text);
  const mayGoOn = text.length < MAX_CHARS;
  const end = rest.indexOf('\r\n\r\n');
  if (end === -1) return mayGoOn ? 'unfinished' : undefined;
  const head = rest.slice(0, end + 2);
  const [, status] = /^HTTP\/1\.1 (\d{3})[ \r]/.exec(head) ?? [];
  if (status === undefined) return undefined;
  const etag = /\r\netag:[ \t]*"?([^"\r\n]*)/i.exec(head)?.[1] ?? '';
  const answer = { status: Number(status), etag, body: '' };
  // What failed says nothing that is needed here, so that its end need not be found.
  const found = answer.status === 200 ? bodyIn(head, rest.slice(end + 4)) : undefined;
  if (found === 'unfinished' && mayGoOn) return 'unfinished';
  if (typeof found !== 'object') return { answer, isOver: true };
  return { answer: { ...answer, body: found.body }, isOver: !found.isLast || /\r\nconnection:[ \t]*close/i.test(head) };
}

/** Answers of status 1xx come before the one that counts. */
function withoutInterim(text: string): string {
  let rest = text;
  while (/^HTTP\/1\.1 1\d\d/.test(rest) && rest.includes('\r\n\r\n')) rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
  return rest;
}

interface Body {
  readonly body: string;
  /** Nothing that nobody asked for stands behind it. */
  readonly isLast: boolean;
}

/** The body that a head announces; undefined for one whose length nothing tells. */
function bodyIn(head: string, rest: string): Body | 'unfinished' | undefined {
  if (/\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n/i.test(head)) return chunksIn(rest);
  const [, length] = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n/i.exec(head) ?? [];
  if (length === undefined) return undefined;
  const chars = Number(length);
  if (chars > MAX_CHARS) return undefined;
  return rest.length < chars ? 'unfinished' : { body: rest.slice(0, chars), isLast: rest.length === chars };
}

function chunksIn(text: string): Body | 'unfinished' | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end === -1) return 'unfinished';
    const [, digits] = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(text.slice(at, end)) ?? [];
    if (digits === undefined) return undefined;
    const chars = parseInt(digits, 16);
    at = end + 2;
    if (chars === 0) {
      // Whoever sends trailers is not asked again.
      if (text.length < at + 2) return 'unfinished';
      return { body, isLast: text.slice(at) === '\r\n' };
    }
    if (text.length < at + chars + 2) return 'unfinished';
    body += text.slice(at, at + chars);
    at += chars + 2;
  }
}
