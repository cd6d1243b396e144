import assert from 'node:assert/strict';
import { distributionWith, setStage, type Stage } from './fakeControlPlane';

const ARN = 'arn:aws:cloudfront::123456789012:function/index';

describe('CloudFront Functions at the edge', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  beforeEach(() => stage.reset());
  after(() => stage.close());

  const publish = (code: string, kind: 'viewer-request' | 'viewer-response' = 'viewer-request', more = {}): void => {
    stage.functions = [{ name: 'index', arn: ARN, code }];
    stage.distributions = [distributionWith({ functions: { [kind]: ARN }, ...more })];
  };
  /** What the function saw, which it answers as JSON. */
  const seen = async (path: string, headers = {}): Promise<unknown> => {
    publish(`function handler(event) { return { statusCode: 200, body: JSON.stringify(event) }; }`);
    return JSON.parse((await stage.ask(path, { headers })).body.toString());
  };

  it('shows a function the request as CloudFront does, and nothing that it hides', async () => {
    const { context, viewer, ...event } = (await seen('/a%20b/?x=1&y=&x=2', {
      Accept: 'text/html',
      Cookie: 'a=1; b=x=y',
      'X-Real-Ip': '1.2.3.4',
      'X-Amz-Cf-Id': 'own',
    })) as Record<'context' | 'viewer', Record<string, string>>;
    assert.deepEqual(event, {
      version: '1.0',
      request: {
        method: 'GET',
        uri: '/a%20b/',
        querystring: { x: { value: '1', multiValue: [{ value: '1' }, { value: '2' }] }, y: { value: '' } },
        headers: { accept: { value: 'text/html' }, host: { value: 'd123.cloudfront.net' } },
        cookies: { a: { value: '1' }, b: { value: 'x=y' } },
      },
    });
    assert.equal(context['distributionDomainName'], 'd123.cloudfront.net');
    assert.equal(context['distributionId'], 'E123');
    assert.equal(context['eventType'], 'viewer-request');
    assert.match(context['requestId'] ?? '', /==$/);
    assert.match(viewer['ip'] ?? '', /127\.0\.0\.1/);
  });

  it('keeps the object under the URI after the function, and drops it by that one alone', async () => {
    publish(`function handler(event) {
      var request = event.request;
      if (request.uri.endsWith('/')) request.uri += 'index.html';
      return request;
    }`);
    const invalidate = (id: string, path: string): void => {
      const invalidation = { id, createdSeconds: 0, paths: [path], status: 'Completed' };
      stage.distributions = stage.distributions.map((one) => ({
        ...one,
        invalidations: [...one.invalidations, invalidation],
      }));
    };
    assert.equal(await stage.verdict('/blog/'), 'Miss');
    assert.equal(stage.asked[0]?.url, '/site/blog/index.html');
    assert.equal(await stage.verdict('/blog/index.html'), 'Hit');
    invalidate('I1', '/blog/');
    assert.equal(await stage.verdict('/blog/'), 'Hit');
    invalidate('I2', '/blog/index.html');
    assert.equal(await stage.verdict('/blog/'), 'Miss');
  });

  it('chooses the behavior, its origin and its function by the path before the function', async () => {
    const s3 = { originPath: '', originAccessControlId: null };
    const origins = ['one', 'two'].map((id) => ({ id, domainName: `${id}.s3.us-east-1.amazonaws.com`, ...s3 }));
    const plain = { ...distributionWith().config, targetOriginId: 'two' } as const;
    publish(`function handler(event) { event.request.uri = '/a.png'; return event.request; }`, 'viewer-request', {
      origins,
      targetOriginId: 'one',
      cacheBehaviors: [{ pathPattern: '*.png', compress: false, ...plain }],
    });
    await stage.ask('/page');
    await stage.ask('/b.png');
    assert.deepEqual(
      stage.asked.map(({ headers, url }) => `${headers.host}${url}`),
      ['one.s3.us-east-1.amazonaws.com/a.png', 'two.s3.us-east-1.amazonaws.com/b.png'],
    );
  });

  it('ends a request with the response that a function returns, and keeps no copy of it', async () => {
    publish(`function handler(event) {
      return {
        statusCode: 301,
        statusDescription: 'Moved Permanently',
        headers: { location: { value: event.request.uri + '/' }, 'x-own-header': { value: 'yes' } },
        cookies: { a: { value: '1', attributes: 'Secure; Path=/' } },
      };
    }`);
    for (const path of ['/one', '/two']) {
      const answer = await stage.ask(path);
      assert.equal(answer.status, 301);
      assert.equal(answer.headers['location'], `${path}/`);
      assert.equal(answer.headers['x-own-header'], 'yes');
      assert.equal(answer.headers['set-cookie'], 'a=1; Secure; Path=/');
      assert.equal(answer.headers['x-cache'], 'FunctionGeneratedResponse from cloudfront');
    }
    assert.equal(stage.asked.length, 0);
  });

  it('takes asynchronous functions and bodies in base64', async () => {
    publish(`async function handler(event) {
      const uri = await Promise.resolve(event.request.uri);
      return { statusCode: 200, body: { encoding: 'base64', data: uri === '/a' ? 'aGVsbG8=' : '' } };
    }`);
    assert.equal((await stage.ask('/a')).body.toString(), 'hello');
  });

  it('answers 503 for a function that throws, never ends, is none, or uses what the runtime lacks', async () => {
    const handler = (body: string): string => `function handler(event) { ${body}; return event.request; }`;
    const broken = [
      handler('nothing.here'),
      handler('while (true);'),
      `async ${handler('await new Promise(() => {})')}`,
      `async ${handler('while (true) await null')}`,
      'var handler = 1;',
      'function handler(event) {',
      handler("require('fs')"),
      handler('setTimeout(() => {}, 1)'),
      handler("fetch('http://127.0.0.1/')"),
      handler("eval('1')"),
      handler("new Function('return 1')()"),
      handler('undeclared = 1'),
      handler("this.constructor.constructor('return process')()"),
      handler('const { uri } = event.request'),
      handler('for (const one of []) one'),
      handler('const a = event?.request'),
      handler('const a = [...[]]'),
      handler('class A {}'),
      handler('const a = null ?? 1'),
      `function handler(event, b = 1) { return event.request; }`,
    ];
    for (const code of broken) {
      publish(code);
      const answer = await stage.ask('/a');
      assert.equal(answer.status, 503, code);
      assert.equal(answer.headers['x-cache'], 'FunctionExecutionError from cloudfront', code);
      assert.match(answer.body.toString(), /The CloudFront function .* is invalid or could not run/, code);
    }
    stage.functions = [];
    assert.equal((await stage.ask('/a')).status, 503);
    assert.equal(stage.asked.length, 0);
  });

  it('answers 502 for what a function may not return', async () => {
    const wrong = [
      'null',
      '{}',
      '"/a"',
      '{ statusCode: "200" }',
      '{ statusCode: 99 }',
      '{ statusCode: 200, headers: { "Location": { value: "/" } } }',
      '{ statusCode: 200, headers: { location: "/" } }',
      '{ statusCode: 200, headers: { "x-cache": { value: "Hit" } } }',
      '{ statusCode: 200, body: 1 }',
      'Object.assign(event.request, { uri: "a" })',
      'Object.assign(event.request, { method: "PUT" })',
      'Object.assign(event.request, { headers: Object.assign(event.request.headers, { host: { value: "other" } }) })',
      'Object.assign(event.request, { headers: { via: { value: "me" }, host: event.request.headers.host } })',
    ];
    for (const returned of wrong) {
      publish(`function handler(event) { return ${returned}; }`);
      const answer = await stage.ask('/a');
      assert.equal(answer.status, 502, returned);
      assert.equal(answer.headers['x-cache'], 'FunctionValidationError from cloudfront', returned);
    }
    assert.equal(stage.asked.length, 0);
  });

  it('shares nothing between two runs of a function', async () => {
    publish(`var count = 0; function handler() { return { statusCode: 200, body: String(++count) }; }`);
    await stage.ask('/a');
    assert.equal((await stage.ask('/a')).body.toString(), '1');
  });

  it('lets a viewer-response function change answers, fresh and kept, but no errors', async () => {
    publish(
      `function handler(event) {
        var response = event.response;
        response.headers['x-seen'] = { value: event.request.uri + ' ' + response.statusCode };
        if (event.request.uri === '/own') response.body = 'other';
        return response;
      }`,
      'viewer-response',
    );
    for (const verdict of ['Miss', 'Hit']) {
      const answer = await stage.ask('/a');
      assert.equal(answer.headers['x-seen'], '/a 200');
      assert.equal(answer.headers['x-cache'], `${verdict} from cloudfront`);
      assert.equal(answer.body.toString(), 'object');
      assert.equal((await stage.ask('/own')).body.toString(), 'other');
    }
    stage.origin = (_request, response) => response.writeHead(404).end();
    assert.equal((await stage.ask('/none')).headers['x-seen'], undefined);
    publish(`function handler() { throw new Error('no'); }`, 'viewer-response');
    assert.equal((await stage.ask('/a')).status, 503);
  });

  it('redirects to https before any function runs', async () => {
    publish(`function handler() { throw new Error('no'); }`);
    assert.equal((await stage.viewer.ask('http://d123.cloudfront.net/a')).status, 301);
  });
});
