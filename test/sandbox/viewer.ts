import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** What a test asks a site for. */
export interface Wish {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Readable | Buffer | string;
}

/** A whole answer; header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A kept connection may be closed just when it is used again, which a browser answers by asking once more. */
const oneConnectionEach = new Agent({ keepAlive: false });

/** A plain HTTP client behind the sandbox's proxy, which trusts the sandbox's authority and nobody else. */
export class Viewer {
  readonly #proxyUrl: string;
  readonly #ca: string;

  constructor(proxyUrl: string, ca: string) {
    this.#proxyUrl = proxyUrl;
    this.#ca = ca;
  }

  /** Asks and reads the whole answer; rejects when the connection fails at any point. */
  async ask(url: string, wish: Wish = {}): Promise<Answer> {
    const answer = await this.open(url, wish);
    const body = Buffer.concat(await answer.toArray());
    const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
    return { status: answer.statusCode ?? 0, headers: Object.fromEntries(headers), body };
  }

  /** Asks and returns as soon as the head of the answer is there. */
  open(url: string, { method = 'GET', headers = {}, body }: Wish = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = url.startsWith('https:')
        ? httpsRequest(url, {
            agent: new HttpsProxyAgent(this.#proxyUrl, { ca: this.#ca }),
            method,
            headers,
            ca: this.#ca,
          })
        : httpRequest(this.#proxyUrl, {
            agent: oneConnectionEach,
            path: url,
            method,
            headers: { Host: new URL(url).host, ...headers },
          });
      request.on('response', resolve);
      request.on('error', reject);
      if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) request.end(body);
      else body.pipe(request);
    });
  }
}
