import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { distributionWith, setStage, type Stage } from './fakeControlPlane';

describe('the edge', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  beforeEach(() => stage.reset());
  after(() => stage.close());

  it('answers Miss first and Hit with an age later, asking the origin once', async () => {
    const first = await stage.ask('/a.png');
    assert.equal(first.body.toString(), 'object');
    assert.equal(first.headers['x-cache'], 'Miss from cloudfront');
    assert.equal(first.headers['age'], undefined);
    stage.nowMs += 7000;
    const second = await stage.ask('/a.png');
    assert.equal(second.body.toString(), 'object');
    assert.equal(second.headers['x-cache'], 'Hit from cloudfront');
    assert.equal(second.headers['age'], '7');
    assert.match(second.headers['via'] ?? '', /^1\.1 \w+\.cloudfront\.net \(CloudFront\)$/);
    assert.match(second.headers['x-amz-cf-pop'] ?? '', /^[A-Z]{3}\d+-P\d+$/);
    assert.ok(second.headers['x-amz-cf-id']);
    assert.equal(stage.asked.length, 1);
  });

  it('asks the bucket under the origin path, in the name of the distribution', async () => {
    await stage.ask('/images/a%20b.png?size=2', {
      headers: { Cookie: 'secret', 'X-Sandbox-Cloudfront-Source-Arn': 'other' },
    });
    const [asked] = stage.asked;
    assert.equal(asked?.url, '/site/images/a%20b.png');
    assert.equal(asked?.headers.host, 'photos.s3.us-east-1.amazonaws.com');
    assert.equal(
      asked?.headers['x-sandbox-cloudfront-source-arn'],
      'arn:aws:cloudfront::123456789012:distribution/E123',
    );
    assert.equal(asked?.headers.cookie, undefined);
  });

  it('signs nothing for an origin without access control', async () => {
    const origins = [
      { id: 'bucket', domainName: 'open.s3.us-east-1.amazonaws.com', originPath: '', originAccessControlId: null },
    ];
    stage.distributions = [distributionWith({ origins })];
    await stage.ask('/a.png');
    assert.equal(stage.asked[0]?.headers['x-sandbox-cloudfront-source-arn'], undefined);
  });

  it('knows no query string in its cache key, and other paths as other objects', async () => {
    await stage.ask('/a.png?v=1');
    assert.equal(await stage.verdict('/a.png?v=2'), 'Hit');
    assert.equal(await stage.verdict('/b.png'), 'Miss');
  });

  it('serves the default root object for the root only', async () => {
    stage.distributions = [distributionWith({ defaultRootObject: 'index.html' })];
    await stage.ask('/');
    await stage.ask('/folder/');
    assert.deepEqual(
      stage.asked.map(({ url }) => url),
      ['/site/index.html', '/site/folder/'],
    );
  });

  it('redirects http to https, keeping path and query', async () => {
    const answer = await stage.viewer.ask('http://d123.cloudfront.net/a%20b?c=d');
    assert.equal(answer.status, 301);
    assert.equal(answer.headers['location'], 'https://d123.cloudfront.net/a%20b?c=d');
    assert.equal(answer.headers['x-cache'], 'Redirect from cloudfront');
  });

  it('refuses http when the policy is https-only, and serves it when all is allowed', async () => {
    stage.distributions = [distributionWith({ viewerProtocolPolicy: 'https-only' })];
    assert.equal((await stage.viewer.ask('http://d123.cloudfront.net/')).status, 403);
    stage.distributions = [distributionWith({ viewerProtocolPolicy: 'allow-all' })];
    assert.equal((await stage.viewer.ask('http://d123.cloudfront.net/')).status, 200);
  });

  it('does not exist before its first deployment', async () => {
    stage.distributions = [{ ...distributionWith(), config: null }];
    assert.equal((await stage.ask('/a.png')).status, 502);
    await assert.rejects(stage.viewer.ask('http://d123.cloudfront.net/'), { code: 'ECONNRESET' });
  });

  it("shows CloudFront's own page while disabled, even for what is cached", async () => {
    await stage.ask('/a.png');
    stage.distributions = [distributionWith({ enabled: false })];
    const answer = await stage.ask('/a.png');
    assert.equal(answer.status, 403);
    assert.equal(answer.headers['x-cache'], 'Error from cloudfront');
    assert.match(answer.body.toString(), /The request could not be satisfied/);
  });

  it('keeps viewers of a blocked country out, by either kind of list', async () => {
    stage.distributions = [distributionWith({ geoRestriction: { type: 'blacklist', locations: ['FR'] } })];
    assert.equal((await stage.ask('/a.png')).status, 200);
    stage.edge.viewerCountry = 'FR';
    assert.equal((await stage.ask('/a.png')).status, 403);
    stage.distributions = [distributionWith({ geoRestriction: { type: 'whitelist', locations: ['FR'] } })];
    assert.equal((await stage.ask('/a.png')).status, 200);
    stage.edge.viewerCountry = 'DE';
    assert.equal(await stage.verdict('/a.png'), 'Error');
  });

  it('refuses methods that the behavior does not allow', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      assert.equal((await stage.ask('/a.png', { method })).status, 403);
    assert.equal(stage.asked.length, 0);
  });

  it('lets every origin read, by the policy SimpleCORS, unless the answer says itself who may', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await stage.ask('/a.png', { headers })).headers['access-control-allow-origin'];
    const origin = { Origin: 'http://site.example' };
    assert.equal(await ask(origin), undefined);
    stage.distributions = [distributionWith({ responseHeadersPolicyId: '60669652-455b-4ae9-85a4-c4c02393f86c' })];
    assert.equal(await ask(origin), '*');
    assert.equal(await ask({ ...origin, 'If-None-Match': '*' }), '*');
    assert.equal(await ask({}), undefined);
    stage.edge.clear();
    stage.originSends({ 'Access-Control-Allow-Origin': 'http://other.example' });
    for (const verdict of ['Miss', 'Hit']) {
      assert.equal(await ask(origin), 'http://other.example', verdict);
    }
  });

  it('asks S3 over the protocol that the viewer used', async () => {
    stage.distributions = [distributionWith({ viewerProtocolPolicy: 'allow-all' })];
    await stage.ask('/a.png');
    await stage.viewer.ask('http://d123.cloudfront.net/b.png');
    assert.deepEqual(
      stage.asked.map(({ headers }) => headers['x-sandbox-tls']),
      ['1', undefined],
    );
  });

  it('answers HEAD from the cached object, and GET never from a cached HEAD', async () => {
    stage.originSends({ 'Content-Length': '6' });
    assert.equal(await stage.verdict('/a.png', { method: 'HEAD' }), 'Miss');
    assert.equal(await stage.verdict('/a.png', { method: 'HEAD' }), 'Hit');
    assert.equal((await stage.ask('/a.png')).body.toString(), 'object');
    const head = await stage.ask('/a.png', { method: 'HEAD' });
    assert.equal(head.headers['x-cache'], 'Hit from cloudfront');
    assert.equal(head.headers['content-length'], '6');
  });

  describe('origins', () => {
    const origins = [
      { id: 'one', domainName: 'one.s3.us-east-1.amazonaws.com', originPath: '', originAccessControlId: 'E1' },
      { id: 'two', domainName: 'two.s3.eu-west-1.amazonaws.com', originPath: '/copy', originAccessControlId: 'E1' },
      { id: 'web', domainName: 'ec2-54-1-2-3.compute-1.amazonaws.com', originPath: '', originAccessControlId: null },
    ];
    const originGroups = [{ id: 'both', members: ['one', 'two'], statusCodes: [403, 500] }];

    it('asks the second origin of a group on the statuses it names and when the first cannot be reached', async () => {
      stage.distributions = [distributionWith({ origins, originGroups, targetOriginId: 'both' })];
      const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
        '/403': (_request, response) => response.writeHead(403).end(),
        '/404': (_request, response) => response.writeHead(404).end(),
        '/cut': (request) => request.socket.resetAndDestroy(),
      };
      stage.origin = (request, response) => {
        const answer = answers[request.url ?? ''];
        if (answer) answer(request, response);
        else response.end(`${request.headers.host}${request.url}`);
      };
      for (const path of ['/403', '/cut']) {
        assert.equal((await stage.ask(path)).body.toString(), `two.s3.eu-west-1.amazonaws.com/copy${path}`);
      }
      assert.equal((await stage.ask('/404')).status, 404);
    });

    it('asks a server by its public name', async () => {
      stage.distributions = [distributionWith({ origins, targetOriginId: 'web' })];
      assert.equal((await stage.ask('/down.html')).status, 504);
      const publicDnsName = 'ec2-54-1-2-3.compute-1.amazonaws.com';
      const running = { id: 'i-1', state: 'running', publicIp: '54.1.2.3', publicDnsName, privateIp: null };
      stage.instances = [{ ...running, httpPort: stage.originPort }];
      assert.equal((await stage.ask('/index.html')).body.toString(), 'object');
    });

    it('follows the first behavior whose pattern matches', async () => {
      const special = {
        ...distributionWith().config,
        viewerProtocolPolicy: 'allow-all',
        targetOriginId: 'two',
      } as const;
      const behavior = { pathPattern: 'files/*.p?f', compress: false, ...special };
      stage.distributions = [distributionWith({ origins, targetOriginId: 'one', cacheBehaviors: [behavior] })];
      await stage.ask('/files/a/b.pdf');
      await stage.ask('/files/a/b.png');
      assert.deepEqual(
        stage.asked.map(({ headers }) => headers.host),
        ['two.s3.eu-west-1.amazonaws.com', 'one.s3.us-east-1.amazonaws.com'],
      );
    });
  });
});
