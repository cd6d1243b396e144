import { GetDistributionCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Context } from '../../../../src/core/context';
import { run, stepsOf } from '../../../../src/core/plan';
import { newOp } from '../../sandbox';
import { newPublishDriver, words, type PublishDriver } from '../publishDriver';

describe('the web server’s settings of a publication', function () {
  this.timeout(300_000);
  let site: PublishDriver;
  before(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a', _redirects: '/one /1' });
  });
  after(() => site.remove());

  const settings = () => gunzipSync(Buffer.from(site.server.value('SETTINGS') ?? '', 'base64')).toString();
  const titles = async (by: Context = site.context) => {
    const { plan } = await site.plan({}, by);
    return stepsOf(plan)
      .map(({ title }) => title)
      .slice(1, -1);
  };

  it('have the redirects of the root folder, and are known from then on', async () => {
    await site.publish();
    assert.match(settings(), /"\^one\/\?\$" "\/1"/);
    assert.doesNotMatch(settings(), /ErrorDocument/);
    assert.equal((await site.ledger()).target?.settings, site.server.value('SETTINGS_ID'));
    assert.ok(site.server.pages.has('_redirects'));
    assert.deepEqual(await site.publish(), []);
  });

  it('are sent alone, in a step of their own, when nothing else is another', async () => {
    const { context } = site;
    const caching = [{ files: '*.css', cacheControl: 'no-store' }];
    const by = { ...context, site: { ...context.site, publish: { ...context.site.publish, caching } } };
    const sentBefore = site.server.deployments().length;
    assert.deepEqual(await titles(by), ['put other settings of the web server in place']);
    const { plan } = await site.plan({}, by);
    await run(plan, newOp());
    assert.match(settings(), /no-store/);
    assert.equal(site.server.deployments().length, sentBefore + 1);
    assert.deepEqual(site.server.fetched.at(-1), []);
    assert.equal((await site.ledger()).former.length, 0);
    assert.deepEqual(words((await site.plan({}, by)).plan), []);
    assert.deepEqual(await site.publish(), ['turn', 'pages', 'release']);
    assert.doesNotMatch(settings(), /no-store/);
  });

  it('let the server answer the distribution alone, by what that shows it, where the site file says so', async () => {
    const whole = await newPublishDriver({ 'index.html': '<p>' }, 'site', { server: { openTo: 'cloudfront' } });
    try {
      await whole.publish();
      const { Distribution } = await whole.context.clients.cloudfront.send(
        new GetDistributionCommand({ Id: (await whole.ledger()).target?.distributionId }),
      );
      const server = Distribution?.DistributionConfig?.Origins?.Items?.find(({ Id }) => Id === 'sitelift-server');
      const [{ HeaderName = '', HeaderValue = '' } = {}] = server?.CustomHeaders?.Items ?? [];
      const text = gunzipSync(Buffer.from(whole.server.value('SETTINGS') ?? '', 'base64')).toString();
      const sha1 = createHash('sha1').update(HeaderValue).digest('hex');
      assert.ok(text.includes(`Require expr "%{sha1:%{req_novary:${HeaderName}}} == '${sha1}'"`), text);
      // Commands are kept in AWS for weeks, for many to read.
      assert.ok(HeaderValue.length >= 32 && !JSON.stringify(whole.server.sent).includes(HeaderValue));
      assert.ok(!text.includes(HeaderValue));
    } finally {
      await whole.remove();
    }
  });

  it('lead readers of a whole site to the name that its distribution was given, and pages to their images as before', async () => {
    const files = { 'index.html': '<img src="images/a.png">', 'images/a.png': 'a', _redirects: '/old /new' };
    const whole = await newPublishDriver(files, 'site');
    try {
      const leadsTo = (origin: string) => {
        const text = gunzipSync(Buffer.from(whole.server.value('SETTINGS') ?? '', 'base64')).toString();
        return text.includes(`"${origin}/new"`) && text.includes(`"${origin}/$1/"`);
      };
      await whole.publish();
      assert.ok(leadsTo(`https://${whole.domain}`));
      const { cloudfront } = whole.context.clients;
      const Id = (await whole.ledger()).target?.distributionId;
      const { Distribution, ETag } = await cloudfront.send(new GetDistributionCommand({ Id }));
      const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
      await cloudfront.send(
        new UpdateDistributionCommand({
          ...{ Id, IfMatch: ETag },
          DistributionConfig: {
            ...(Distribution?.DistributionConfig ?? assert.fail()),
            Aliases: { Quantity: 3, Items: ['*.example.com', 'www.example.com', 'example.com'] },
            ViewerCertificate: { ACMCertificateArn: certificate, SSLSupportMethod: 'sni-only' },
          },
        }),
      );
      const { plan, samples } = await whole.plan();
      assert.ok(words(plan).includes('pages'));
      await run(plan, newOp());
      assert.ok(leadsTo('https://example.com'));
      assert.deepEqual(
        samples().map(({ url }) => url),
        ['https://example.com/index.html', `https://${whole.domain}/images/a.png`],
      );
      assert.equal(whole.server.pages.get('index.html'), `<img src="https://${whole.domain}/images/a.png">`);
      assert.equal((await whole.ledger()).target?.domain, whole.domain);
      assert.deepEqual(await whole.publish(), []);
    } finally {
      await whole.remove();
    }
  });

  it('are told with the pages that they come with, and brought back with theirs', async () => {
    const { at } = (await site.ledger()).current ?? assert.fail('nothing is published');
    await site.put('_redirects', '/two /2');
    await site.put('404.html', 'none');
    assert.deepEqual(await titles(), [
      'put pages in place on the server (1 new: 404.html; 1 changed: _redirects; other settings of the web server)',
    ]);
    await site.publish();
    assert.match(settings(), /ErrorDocument 404 \/404\.html\n[^]*"\^two\/\?\$" "\/2"/);
    await site.rollback(at);
    assert.match(settings(), /"\^one\/\?\$" "\/1"/);
    assert.doesNotMatch(settings(), /two|ErrorDocument/);
    assert.equal(site.server.pages.get('_redirects'), '/one /1');
    const { plan } = await site.planRollback(at);
    assert.deepEqual(words(plan), []);
  });

  it('are put in place again on a server that has others or none', async () => {
    await site.publish();
    for (const found of ['other', undefined]) {
      site.server.settings = found;
      const { plan } = await site.plan({ isWhole: true });
      await run(plan, newOp());
      assert.equal(site.server.settings, (await site.ledger()).target?.settings);
    }
  });

  it('keep everything from being published when they are wrong, naming the line', async () => {
    await site.put('_redirects', '/two /2\n/three');
    await assert.rejects(site.plan(), /^UserError: Line 2 of _redirects cannot be used/);
    await site.put('_redirects', Buffer.alloc(200_000, '#'));
    await assert.rejects(site.plan(), /^UserError: _redirects is too long/);
    await site.put('_redirects', Buffer.from([0x2f, 0xff, 0x20, 0x2f]));
    await assert.rejects(site.plan(), /^UserError: Line 1 of _redirects .*not in UTF-8/);
  });
});
