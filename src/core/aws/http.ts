import { Agent as HttpsAgent } from 'node:https';
import type { Agent as HttpAgent, ClientRequest } from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

/** VS Code's `http.proxy` and `http.noProxy`; the environment decides where they say nothing. */
export interface ProxySettings {
  readonly proxyUrl?: string | undefined;
  readonly noProxy?: readonly string[];
}

const MAX_SOCKETS = 64;

/** The proxy for an HTTPS host, or undefined for a direct connection. */
export function proxyFor(host: string, settings: ProxySettings): string | undefined {
  if (settings.proxyUrl) {
    const bypassed = settings.noProxy?.some((entry) => {
      const suffix = entry.replace(/^\*?\.?/, '').toLowerCase();
      return host === suffix || host.endsWith(`.${suffix}`);
    });
    return bypassed ? undefined : settings.proxyUrl;
  }
  return getProxyForUrl(`https://${host}`) || undefined;
}

class ProxyAwareAgent extends Agent {
  readonly #settings: ProxySettings;
  readonly #direct = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #proxied = new Map<string, HttpsProxyAgent<string>>();

  constructor(settings: ProxySettings) {
    super({ keepAlive: true, maxSockets: MAX_SOCKETS });
    this.#settings = settings;
  }

  override connect(_request: ClientRequest, options: AgentConnectOpts): HttpAgent {
    const url = proxyFor(options.host ?? 'localhost', this.#settings);
    if (!url) return this.#direct;
    let agent = this.#proxied.get(url);
    if (!agent) {
      agent = new HttpsProxyAgent(url, { keepAlive: true, maxSockets: MAX_SOCKETS });
      this.#proxied.set(url, agent);
    }
    return agent;
  }

  override destroy(): void {
    this.#direct.destroy();
    for (const agent of this.#proxied.values()) agent.destroy();
    super.destroy();
  }
}

/** The one factory of HTTP agents: keeps connections, honours proxies, and never turns TLS checks off. */
export function createRequestHandler(settings: ProxySettings): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: 10_000,
    socketTimeout: 120_000,
    httpsAgent: new ProxyAwareAgent(settings),
  });
}
