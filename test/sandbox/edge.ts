import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlPlane, Distribution, DistributionConfig } from './controlPlane';
import { errorPage, send, type Head, type Visit } from './edgeAnswer';
import { behaviorFor, isBlocked } from './edgeBehavior';
import { EdgeCache } from './edgeCache';
import { codingsFor } from './edgeCompression';
import { runErrand, serveError, type Errand } from './edgeErrand';
import { decide, dresserOf } from './edgeFunctions';
import { withPolicy } from './edgePolicy';
import { reset } from './forward';

/** CloudFront as one edge location shows it to viewers. */
export interface Edge {
  /** The country, as an ISO 3166 code, that all viewers seem to be in. */
  viewerCountry: string;
  /** How many milliseconds a second of the time-outs of servers as origins takes. */
  originSecondMs: number;
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

/** Makes an edge with an empty cache. */
export function createEdge({ controlPlane, now = Date.now }: EdgeOptions): Edge {
  const cache = new EdgeCache();

  async function find(host: string): Promise<{ distribution: Distribution; config: DistributionConfig } | undefined> {
    const distributions = await controlPlane().distributions();
    const distribution = distributions.find(({ domainName }) => domainName.toLowerCase() === host);
    return distribution?.config ? { distribution, config: distribution.config } : undefined;
  }

  const edge: Edge = {
    viewerCountry: 'DE',
    originSecondMs: 1000,
    resolves: async (host) => (await find(host)) !== undefined,
    clear: () => cache.clear(),
    async answer(request, response, { host, path, secure }) {
      const found = await find(host);
      if (!found) return reset(request.socket);
      const { distribution, config } = found;
      const completed = distribution.invalidations.filter(({ status }) => status === 'Completed');
      cache.invalidate(distribution.id, completed);
      const [, asked = '', query = ''] = /^([^?#]*)\??([^#]*)/s.exec(path) ?? [];
      const objectPath = asked === '/' && config.defaultRootObject ? `/${config.defaultRootObject}` : asked;
      // "If a function changes the URI for a request, that doesn't change the cache behavior for the request."
      const behavior = behaviorFor(config, objectPath);
      const method = request.method ?? 'GET';
      const visit = { request, response, requestId: `${randomBytes(40).toString('base64url')}==` };
      if (!config.enabled) return send(visit, errorPage(403, 'The distribution is disabled.'));
      if (!secure && behavior.viewerProtocolPolicy === 'https-only') {
        return send(visit, errorPage(403, 'Bad request. This distribution is for HTTPS requests only.'));
      }
      if (!secure && behavior.viewerProtocolPolicy === 'redirect-to-https') {
        return send(visit, redirect(`https://${host}${path}`));
      }
      if (!(behavior.allowedMethods ?? ['GET', 'HEAD']).includes(method)) {
        return send(visit, errorPage(403, 'This distribution is not configured to allow the HTTP request method.'));
      }
      const shop = { cache, now, world: () => ({ controlPlane: controlPlane(), secondMs: edge.originSecondMs }) };
      const settled = new Set(completed.map(({ id }) => id));
      const errandFor = (to: string, dressed: Visit): Errand => {
        const key = { distributionId: distribution.id, path: to, method, codings: codingsFor(request) };
        return { distribution, config, behavior, visit: dressed, secure, key, settled };
      };
      const policed: Visit = { ...visit, dress: (head) => policy(head) };
      const policy = (head: Head): Head => ({
        ...head,
        headers: withPolicy(behavior.responseHeadersPolicyId, request, head.headers),
      });
      if (isBlocked(config, edge.viewerCountry)) {
        const page = errorPage(403, 'The distribution is configured to block access from your country.');
        return await serveError({ ...shop, cache: new EdgeCache() }, errandFor(objectPath, policed), page);
      }
      const about = { distribution, behavior, visit, path: objectPath, query };
      const decided = await decide(controlPlane(), about);
      if ('head' in decided) return send(policed, decided.head);
      const dresser = await dresserOf(controlPlane(), { ...about, path: decided.path });
      // "CloudFront doesn't invoke edge functions for viewer response events when the origin returns HTTP status code 400 or higher."
      const dress = (head: Head): Head => (dresser && head.verdict !== 'Error' ? dresser(policy(head)) : policy(head));
      await runErrand(shop, errandFor(decided.path, { ...visit, dress }));
    },
  };
  return edge;
}

function redirect(to: string): Head {
  return {
    status: 301,
    verdict: 'Redirect',
    headers: [
      ['Location', to],
      ['Content-Length', '0'],
    ],
    body: Buffer.alloc(0),
  };
}
