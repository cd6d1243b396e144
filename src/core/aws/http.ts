import { createHash } from 'node:crypto';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import type { Op } from '../op';

/** VS Code's `http.proxy` and `http.noProxy`; the environment decides where they say nothing. */
export interface ProxySettings {
  readonly proxyUrl?: string | undefined;
  readonly noProxy?: readonly string[];
}

const MAX_SOCKETS = 64;

/** The proxy for a host, asked by HTTPS unless the protocol says otherwise, or undefined for a direct connection. */
export function proxyFor(
  host: string,
  settings: ProxySettings,
  protocol: 'http:' | 'https:' = 'https:',
): string | undefined {
  if (settings.proxyUrl) {
    const bypassed = settings.noProxy?.some((entry) => {
      const suffix = entry.replace(/^\*?\.?/, '').toLowerCase();
      return host === suffix || host.endsWith(`.${suffix}`);
    });
    return bypassed ? undefined : settings.proxyUrl;
  }
  return getProxyForUrl(`${protocol}//${host}`) || undefined;
}

const KEPT = { keepAlive: true, maxSockets: MAX_SOCKETS };

class ProxyAwareAgent extends Agent {
  readonly #settings: ProxySettings;
  readonly #agents = new Map<string, HttpAgent>();

  constructor(settings: ProxySettings) {
    super(KEPT);
    this.#settings = settings;
  }

  override connect(_request: ClientRequest, { host = 'localhost', secureEndpoint }: AgentConnectOpts): HttpAgent {
    const url = proxyFor(host, this.#settings, secureEndpoint ? 'https:' : 'http:');
    const key = `${secureEndpoint ? 'https' : 'http'} ${url ?? ''}`;
    const agent = this.#agents.get(key) ?? agentFor(secureEndpoint, url);
    this.#agents.set(key, agent);
    return agent;
  }

  override destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    super.destroy();
  }
}

/** Plain requests reach a proxy as such, since many proxies let no tunnel through to port 80. */
function agentFor(isSecure: boolean, proxyUrl: string | undefined): HttpAgent {
  if (proxyUrl === undefined) return isSecure ? new HttpsAgent(KEPT) : new HttpAgent(KEPT);
  return isSecure ? new HttpsProxyAgent(proxyUrl, KEPT) : new HttpProxyAgent(proxyUrl, KEPT);
}

/** The one factory of HTTP agents: keeps connections, honours proxies, and never turns TLS checks off. */
export function createRequestHandler(settings: ProxySettings): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: 10_000,
    socketTimeout: 120_000,
    httpsAgent: new ProxyAwareAgent(settings),
  });
}

/** How long a GET may take, how much of the body is read, and how much of that is kept. */
export interface GetLimits {
  readonly seconds: number;
  readonly bytes: number;
  readonly keptBytes: number;
}

/** What a GET was answered with; redirections are not followed. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** How many bytes of the body were read, and their SHA-256 in hexadecimal digits. */
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The body has more bytes than were to be read. */
  readonly isCut: boolean;
  /** As much of the body as was to be kept. */
  readonly body: Buffer;
}

/** Asks for the bytes that lie at an address, and for none that a cache on the way has of them. Throws a `TimeoutError` when it takes too long. */
export async function get(url: string, settings: ProxySettings, limits: GetLimits, { signal }: Op): Promise<Answer> {
  const agent = new ProxyAwareAgent(settings);
  const time = AbortSignal.timeout(limits.seconds * 1000);
  try {
    const answer = await answerOf(url, agent, AbortSignal.any([signal, time]));
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let sizeBytes = 0;
    let isCut = false;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const read = chunk.subarray(0, limits.bytes - sizeBytes);
      hash.update(read);
      if (sizeBytes < limits.keptBytes) kept.push(read.subarray(0, limits.keptBytes - sizeBytes));
      sizeBytes += read.length;
      isCut = read.length < chunk.length;
      if (isCut) break;
    }
    const { headers, statusCode: status = 0 } = answer;
    return { status, headers, sizeBytes, sha256: hash.digest('hex'), isCut, body: Buffer.concat(kept) };
  } catch (error) {
    signal.throwIfAborted();
    time.throwIfAborted();
    throw error;
  } finally {
    agent.destroy();
  }
}

/** Bytes as they are, which CloudFront keeps apart from those that it compresses for browsers, so that nothing changes for these. */
const AS_IT_IS = { 'Accept-Encoding': 'identity', 'Cache-Control': 'no-cache', 'User-Agent': 'Sitelift' };

function answerOf(url: string, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: AS_IT_IS, signal }, resolve).on('error', reject).end();
  });
}
