import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { DistributionConfig, Origin } from './controlPlane';
import { distributionWith, setStage, type Stage } from './fakeControlPlane';

const SECOND_MS = 1000;
const SERVER = 'ec2-54-1-2-3.compute-1.amazonaws.com';
const BUCKET = 'photos.s3.us-east-1.amazonaws.com';
const CORS_AND_SECURITY = 'e61eb60c-9c35-4d20-a928-2b84e02af89c';

/** A server first and a bucket second, images from the bucket alone: what `distribution.serves: "site"` asks for. */
function siteConfig(server: Partial<Origin> = {}, changes: Partial<DistributionConfig> = {}) {
  const page = { responsePagePath: '/404.html', responseCode: 404, minTtlSeconds: 10 };
  const images = {
    ...{ pathPattern: '*.png', targetOriginId: 'bucket' },
    ...({ viewerProtocolPolicy: 'redirect-to-https', compress: false } as const),
  };
  return distributionWith({
    origins: [
      {
        id: 'server',
        domainName: SERVER,
        originPath: '',
        originAccessControlId: null,
        customHeaders: { 'X-Secret': 'abc' },
        connectionAttempts: 1,
        connectionTimeoutSeconds: 2,
        custom: { protocolPolicy: 'http-only', httpPort: 80, readTimeoutSeconds: 5 },
        ...server,
      },
      { id: 'bucket', domainName: BUCKET, originPath: '/site', originAccessControlId: 'EOAC' },
    ],
    originGroups: [{ id: 'group', members: ['server', 'bucket'], statusCodes: [403, 404, 500, 502, 503, 504] }],
    targetOriginId: 'group',
    cacheBehaviors: [images],
    customErrorResponses: [
      { errorCode: 403, ...page },
      { errorCode: 404, ...page },
    ],
    ...changes,
  });
}

describe('the edge, before a server and a bucket', () => {
  let stage: Stage;
  let hung: Server;
  const accepted: Socket[] = [];
  before(async () => {
    stage = await setStage();
    hung = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    stage.reset();
    for (const socket of accepted.splice(0)) socket.destroy();
    stage.distributions = [siteConfig()];
    stage.origin = (request, response) => answers[nameOf(request)]?.(request, response);
    answers['server'] = answers['bucket'] = (request, response) => response.end(nameOf(request));
    runServer(stage.originPort);
  });
  after(async () => {
    await stage.close();
    for (const socket of accepted) socket.destroy();
    hung.close();
  });

  const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {};
  const nameOf = ({ headers }: IncomingMessage): string => (headers.host === BUCKET ? 'bucket' : 'server');
  const runServer = (httpPort: number | null, state = 'running', publicDnsName = SERVER): void => {
    stage.instances = [{ id: 'i-1', state, publicIp: '54.1.2.3', publicDnsName, privateIp: null, httpPort }];
  };
  const asked = (): string[] => stage.asked.map((request) => `${nameOf(request)}${request.url}`);
  const body = async (path: string, wish = {}): Promise<string> => (await stage.ask(path, wish)).body.toString();

  it('asks the server for pages and the bucket for images, each with its own headers and path', async () => {
    assert.equal(await body('/about.html'), 'server');
    assert.equal(await body('/a.png'), 'bucket');
    assert.deepEqual(asked(), ['server/about.html', 'bucket/site/a.png']);
    const [page, image] = stage.asked.map(({ headers }) => headers);
    assert.equal(page?.['x-secret'], 'abc');
    assert.equal(page?.['user-agent'], 'Amazon CloudFront');
    assert.equal(page?.['x-sandbox-cloudfront-source-arn'], undefined);
    assert.equal(image?.['x-secret'], undefined);
    assert.match(image?.['x-sandbox-cloudfront-source-arn'] as string, /distribution\/E123$/);
  });

  it('asks the bucket for a page on each status of the group, for each request anew', async () => {
    for (const status of [403, 404, 500, 502, 503, 504]) {
      answers['server'] = (_request, response) => response.writeHead(status).end();
      assert.equal(await body(`/${status}.html`), 'bucket');
    }
    answers['server'] = (_request, response) => response.writeHead(410).end('gone');
    assert.equal(await body('/410.html'), 'gone');
    answers['server'] = (_request, response) => response.end('server');
    assert.equal(await body('/again.html'), 'server');
  });

  it('lets the answer of the last member stand', async () => {
    stage.distributions = [siteConfig({}, { customErrorResponses: [] })];
    answers['server'] = (_request, response) => response.writeHead(503).end('server');
    answers['bucket'] = (_request, response) => response.writeHead(500).end('bucket');
    const answer = await stage.ask('/a.html');
    assert.deepEqual([answer.status, answer.body.toString()], [500, 'bucket']);
  });

  it('fails over for GET, HEAD and OPTIONS alone', async () => {
    stage.distributions = [siteConfig({}, { allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'POST'] })];
    answers['server'] = (_request, response) => response.writeHead(500).end();
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      assert.equal((await stage.ask('/a.html', { method })).status, 200, method);
    }
    assert.equal((await stage.ask('/a.html', { method: 'POST' })).status, 500);
  });

  it('serves pages from the bucket while the server is stopped, gone, refuses, hangs or is cut off', async () => {
    stage.edge.originSecondMs = 1;
    const gone = ['stopped', 'stopping', 'pending', 'terminated'] as const;
    for (const state of gone) {
      runServer(state === 'terminated' ? null : stage.originPort, state);
      assert.equal(await body(`/${state}.html`), 'bucket', state);
    }
    stage.instances = [];
    assert.equal(await body('/nobody.html'), 'bucket');
    runServer(null);
    assert.equal(await body('/closed.html'), 'bucket');
    runServer((hung.address() as AddressInfo).port);
    assert.equal(await body('/hung.html'), 'bucket');
    assert.equal(accepted.length, 1);
    runServer(stage.originPort);
    answers['server'] = (request) => request.socket.resetAndDestroy();
    assert.equal(await body('/cut.html'), 'bucket');
  });

  it('waits for a server as long as the origin says, as often as it says', async () => {
    stage.edge.originSecondMs = 1;
    runServer((hung.address() as AddressInfo).port);
    stage.distributions = [siteConfig({ connectionAttempts: 3 })];
    assert.equal(await body('/hung.html'), 'bucket');
    assert.equal(accepted.length, 3);
    stage.edge.originSecondMs = 100_000;
    let answered = 0;
    const ask = (path: string) =>
      body(path).then(
        () => answered++,
        () => undefined,
      );
    const connected = once(hung, 'connection');
    const hanging = ask('/waits.html');
    await connected;
    runServer(null, 'stopped');
    void ask('/waits-too.html');
    await body('/a.png');
    assert.equal(answered, 0);
    for (const socket of accepted.splice(0)) socket.destroy();
    await hanging;
  });

  it('tells 504 for a server that is silent and 502 for one that refuses, when there is no other origin', async () => {
    stage.edge.originSecondMs = 1;
    stage.distributions = [siteConfig({}, { targetOriginId: 'server' })];
    runServer((hung.address() as AddressInfo).port);
    assert.equal((await stage.ask('/hung.html')).status, 504);
    runServer(null, 'stopped');
    assert.equal((await stage.ask('/stopped.html')).status, 504);
    // What is to be heard in time needs some.
    stage.edge.originSecondMs = 1000;
    runServer(null);
    assert.equal((await stage.ask('/closed.html')).status, 502);
    runServer(stage.originPort);
    const https = { protocolPolicy: 'https-only', httpPort: 80, readTimeoutSeconds: 5 } as const;
    stage.distributions = [siteConfig({ custom: https }, { targetOriginId: 'server' })];
    assert.equal((await stage.ask('/https.html')).status, 502);
  });

  it('finds a new server under its new name only once the distribution names it', async () => {
    stage.edge.originSecondMs = 1;
    const other = 'ec2-54-9-9-9.compute-1.amazonaws.com';
    runServer(stage.originPort, 'running', other);
    assert.equal(await body('/old.html'), 'bucket');
    stage.edge.originSecondMs = 1000;
    stage.distributions = [siteConfig({ domainName: other })];
    assert.equal(await body('/new.html'), 'server');
  });

  it("answers a page of the site's own for an error, under its code, without validators of another object", async () => {
    answers['server'] = (_request, response) => response.writeHead(404).end();
    answers['bucket'] = (request, response) => {
      if (request.url === '/site/404.html')
        response.writeHead(200, { 'Content-Type': 'text/html', ETag: '"p"' }).end('own');
      else response.writeHead(403, { 'Content-Type': 'application/xml' }).end('<Error/>');
    };
    for (const path of ['/none.html', '/none.png', '/none.html']) {
      const answer = await stage.ask(path, { headers: { 'If-None-Match': '"p"', Range: 'bytes=0-1' } });
      assert.deepEqual([answer.status, answer.body.toString()], [404, 'own']);
      assert.equal(answer.headers['content-type'], 'text/html');
      assert.equal(answer.headers['x-cache'], 'Error from cloudfront');
    }
    const head = await stage.ask('/none.html', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [404, '3', 0]);
    assert.equal((await stage.ask('/404.html')).status, 200);
  });

  it('keeps the page in the place of the object for the time of the error, and drops it by the path of the object', async () => {
    const missing = (_request: IncomingMessage, response: ServerResponse) => response.writeHead(404).end();
    const page = (request: IncomingMessage, response: ServerResponse) =>
      request.url === '/404.html' ? response.end('own') : missing(request, response);
    const custom = { errorCode: 404, responsePagePath: '/404.html', responseCode: 404, minTtlSeconds: 60 };
    const config = siteConfig({}, { customErrorResponses: [custom] });
    stage.distributions = [config];
    answers['server'] = page;
    answers['bucket'] = missing;
    assert.equal(await body('/new.html'), 'own');
    answers['server'] = answers['bucket'] = (_request, response) => response.end('new');
    stage.nowMs += 60 * SECOND_MS - 1;
    assert.equal(await body('/new.html'), 'own');
    const invalidated = (path: string) => [{ id: path, createdSeconds: 0, paths: [path], status: 'Completed' }];
    stage.distributions = [{ ...config, invalidations: invalidated('/404.html') }];
    assert.equal(await body('/new.html'), 'own');
    stage.distributions = [{ ...config, invalidations: invalidated('/new.html') }];
    assert.equal(await body('/new.html'), 'new');
  });

  it('answers what the page itself answers when the page cannot be had', async () => {
    const custom = { errorCode: 500, responsePagePath: '/500.html', responseCode: 200, minTtlSeconds: 10 };
    stage.distributions = [siteConfig({}, { customErrorResponses: [custom] })];
    answers['server'] = (_request, response) => response.writeHead(500).end('server');
    answers['bucket'] = (request, response) =>
      response.writeHead(request.url === '/site/500.html' ? 404 : 500).end('bucket');
    const answer = await stage.ask('/a.html');
    assert.deepEqual([answer.status, answer.body.toString()], [404, 'bucket']);
    answers['bucket'] = (request) => request.socket.resetAndDestroy();
    assert.equal((await stage.ask('/b.html')).status, 502);
  });

  it('answers a page of its own for what no origin could be asked for, under another code', async () => {
    stage.edge.originSecondMs = 1;
    const custom = { errorCode: 504, responsePagePath: '/busy.png', responseCode: 200, minTtlSeconds: 10 };
    stage.distributions = [siteConfig({}, { targetOriginId: 'server', customErrorResponses: [custom] })];
    runServer(null, 'stopped');
    const answer = await stage.ask('/a.html');
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'bucket']);
    assert.equal(answer.headers['x-cache'], 'Error from cloudfront');
  });

  it('gives viewers of a blocked country the page for 403', async () => {
    stage.distributions = [siteConfig({}, { geoRestriction: { type: 'blacklist', locations: ['DE'] } })];
    const blocked = await stage.ask('/a.html');
    assert.deepEqual([blocked.status, blocked.body.toString()], [404, 'server']);
    stage.edge.viewerCountry = 'FR';
    assert.equal((await stage.ask('/a.html')).status, 200);
  });

  it('asks a server for what the viewer can decode, and passes on what it coded', async () => {
    answers['server'] = (request, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(String(request.headers['accept-encoding']));
    };
    assert.equal(await body('/a.html', { headers: { 'Accept-Encoding': 'gzip, deflate, br' } }), 'br,gzip');
    assert.equal(await body('/a.html', { headers: { 'Accept-Encoding': 'gzip;q=1.0' } }), 'gzip');
    assert.equal(await body('/a.html'), 'undefined');
  });

  it('adds the headers of CORS-and-SecurityHeadersPolicy, each as its override says', async () => {
    stage.distributions = [siteConfig({}, { responseHeadersPolicyId: CORS_AND_SECURITY })];
    const added = {
      'access-control-allow-origin': '*',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'x-xss-protection': '1; mode=block',
      'referrer-policy': 'strict-origin-when-cross-origin',
    };
    const shown = async (path: string) => {
      const { headers } = await stage.ask(path, { headers: { Origin: 'https://other.example' } });
      return Object.fromEntries(Object.keys(added).map((name) => [name, headers[name]]));
    };
    for (const path of ['/a.html', '/a.html']) assert.deepEqual(await shown(path), added);
    answers['server'] = (_request, response) => {
      for (const name of Object.keys(added)) response.setHeader(name, 'own');
      response.end();
    };
    const own = Object.fromEntries(Object.keys(added).map((name) => [name, 'own']));
    assert.deepEqual(await shown('/own.html'), { ...own, 'x-content-type-options': 'nosniff' });
    answers['server'] = answers['bucket'] = (_request, response) => response.writeHead(404).end();
    assert.deepEqual(await shown('/none.html'), added);
    assert.equal((await stage.ask('/plain.html')).headers['access-control-allow-origin'], undefined);
  });
});
