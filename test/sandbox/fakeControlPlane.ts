import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthority } from './authority';
import {
  connectControlPlane,
  type Distribution,
  type DistributionConfig,
  type Instance,
  type PublishedFunction,
} from './controlPlane';
import { createEdge, type Edge } from './edge';
import { startProxy } from './proxy';
import { Viewer, type Answer, type Wish } from './viewer';

/** The proxy and the edge in front of origins that a test plays itself; each test sees what they were asked. */
export interface Stage {
  readonly viewer: Viewer;
  readonly edge: Edge;
  readonly proxyPort: number;
  readonly ca: string;
  distributions: Distribution[];
  instances: Instance[];
  functions: PublishedFunction[];
  /** Answers for everything that is not the control plane's own. */
  origin(request: IncomingMessage, response: ServerResponse): void;
  readonly asked: IncomingMessage[];
  /** The edge's clock. */
  nowMs: number;
  readonly originPort: number;
  /** Asks the distribution of `distributionWith()` for a path. */
  ask(path: string, wish?: Wish): Promise<Answer>;
  /** The first word of the `X-Cache` header of the answer for a path. */
  verdict(path: string, wish?: Wish): Promise<string | undefined>;
  originSends(headers: Record<string, string>, body?: string | Buffer): void;
  /** Back to one distribution, an empty cache and an origin that answers everything with `object`. */
  reset(): void;
  close(): Promise<void>;
}

/** Sets a stage with no distributions, no instances and an origin that answers 404. */
export async function setStage(): Promise<Stage> {
  const server = createServer((request, response) => {
    const list = {
      '/sandbox/distributions': stage.distributions,
      '/sandbox/instances': stage.instances,
      '/sandbox/functions': stage.functions,
    };
    const answer = request.headers.host?.startsWith('127.') ? list[request.url as keyof typeof list] : undefined;
    if (answer) {
      response.end(JSON.stringify(answer));
    } else {
      stage.asked.push(request);
      stage.origin(request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const originPort = (server.address() as AddressInfo).port;
  const admin = connectControlPlane(originPort);
  const controlPlane = () => admin;
  const authority = await createAuthority();
  const edge = createEdge({ controlPlane, now: () => stage.nowMs });
  const proxy = await startProxy({ authority, edge, controlPlane });
  const stage: Stage = {
    viewer: new Viewer(`http://127.0.0.1:${proxy.port}`, authority.pem),
    edge,
    proxyPort: proxy.port,
    ca: authority.pem,
    distributions: [],
    instances: [],
    functions: [],
    origin: (_request, response) => response.writeHead(404).end(),
    asked: [],
    nowMs: Date.parse('2030-01-01T00:00:00Z'),
    originPort,
    ask: (path, wish) => stage.viewer.ask(`https://d123.cloudfront.net${path}`, wish),
    verdict: async (path, wish) => (await stage.ask(path, wish)).headers['x-cache']?.split(' ')[0],
    originSends(headers, body = 'object') {
      stage.origin = (_request, response) => response.writeHead(200, headers).end(body);
    },
    reset() {
      edge.clear();
      edge.viewerCountry = 'DE';
      edge.originSecondMs = 20;
      stage.asked.length = 0;
      stage.distributions = [distributionWith()];
      stage.instances = [];
      stage.functions = [];
      stage.originSends({});
    },
    async close() {
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stage;
}

/** A deployed distribution in front of one private bucket, with some of its configuration changed. */
export function distributionWith(changes: Partial<DistributionConfig> = {}): Distribution {
  return {
    id: 'E123',
    arn: 'arn:aws:cloudfront::123456789012:distribution/E123',
    domainName: 'd123.cloudfront.net',
    status: 'Deployed',
    config: {
      enabled: true,
      defaultRootObject: '',
      origins: [
        {
          id: 'bucket',
          domainName: 'photos.s3.us-east-1.amazonaws.com',
          originPath: '/site',
          originAccessControlId: 'EOAC',
        },
      ],
      originGroups: [],
      targetOriginId: 'bucket',
      viewerProtocolPolicy: 'redirect-to-https',
      compress: true,
      allowedMethods: ['GET', 'HEAD'],
      geoRestriction: { type: 'none', locations: [] },
      cacheBehaviors: [],
      ...changes,
    },
    invalidations: [],
  };
}
