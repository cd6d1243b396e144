import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import type { Context } from '../../../src/core/context';
import { run } from '../../../src/core/plan';
import { verifySite } from '../../../src/core/publish/live/verifySite';
import { NO_CACHE } from '../../../src/core/release/localCache';
import { distribution } from '../../../src/core/resources/distribution/distribution';
import { bucket } from '../../../src/core/resources/bucket/bucket';
import { placeOf } from '../../../src/core/aws/store';
import { controlPlane, newOp } from '../sandbox';
import { changes, invalidated, newPublishDriver, words, type PublishDriver } from './publishDriver';

const FILES = {
  'index.html': '<link rel="stylesheet" href="site.css"><img src="images/a.png">',
  'news/index.html': 'news',
  'site.css': 'body {}',
  'images/a.png': 'a 1',
};

/** Lets the distribution of a site serve something else. */
async function serve({ context }: PublishDriver, serves: 'images' | 'site'): Promise<Context> {
  const other: Context = {
    ...context,
    site: { ...context.site, distribution: { ...context.site.distribution, serves } },
  };
  const host = { kind: 'known', have: { host: 'server.invalid' } } as const;
  const [bucketSeen, distributionSeen] = [
    await bucket.describe(other, newOp()),
    await distribution.describe(other, newOp()),
  ];
  await run(distribution.plan(other, { bucket: bucketSeen, distribution: distributionSeen, server: host }), newOp());
  return other;
}

describe('publishing a site that the distribution serves whole', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  afterEach(() => site.remove());

  const headersOf = async (key: string) => {
    const { CacheControl, ContentType } = await site.context.clients.s3.send(
      new HeadObjectCommand(placeOf(site.context, key)),
    );
    return { CacheControl, ContentType };
  };

  it('says which page of the status 404 readers do not get, as CloudFront shows one for all that is not found', async () => {
    site = await newPublishDriver({ ...FILES, _redirects: '/x/* /y.html 404' }, 'site');
    const noted = async (by: Context) => (await site.plan({}, by)).summary.notes.filter((note) => /y\.html/.test(note));
    assert.match(String(await noted(site.context)), /^_redirects names \/y\.html for the status 404, but readers get/);
    assert.deepEqual(await noted(await serve(site, 'images')), []);
  });

  it('stores copies once more where all is, as other hands may have changed their headers and only a comparison tells', async () => {
    site = await newPublishDriver(FILES, 'site');
    await site.publish();
    const verify = async () => {
      const { changed, headers, isWhole } = await verifySite(site.context, NO_CACHE, newOp());
      return [isWhole, changed.count, headers.count, ...headers.paths];
    };
    assert.deepEqual(await verify(), [true, 0, 0]);
    const key = 'site/index.html';
    const before = await headersOf(key);
    const { Bucket } = placeOf(site.context, key);
    const changed = { ContentType: 'text/plain', MetadataDirective: 'REPLACE' } as const;
    await site.context.clients.s3.send(
      new CopyObjectCommand({ ...placeOf(site.context, key), CopySource: `${Bucket}/${key}`, ...changed }),
    );
    assert.notDeepEqual(await headersOf(key), before);
    assert.deepEqual(await verify(), [false, 0, 1, 'index.html (in the bucket)']);
    assert.deepEqual(await site.publish(), []);
    const { plan } = await site.plan({ isWhole: true });
    await run(plan, newOp());
    assert.deepEqual(await headersOf(key), before);
    assert.deepEqual(await verify(), [true, 0, 0]);
  });

  it('puts copies of the pages into the bucket before the server gets them, so that readers get them without it', async () => {
    site = await newPublishDriver(FILES, 'site');
    await controlPlane().send('DELETE', 'calls');
    const { plan } = await site.plan();
    assert.match(
      plan.flat().find(({ key }) => key.startsWith('upload'))?.title ?? '',
      /^upload 1 asset and 5 copies of pages$/,
    );
    await run(plan, newOp());
    assert.deepEqual(words(plan), ['turn', 'upload', 'pages', 'invalidate', 'release']);
    assert.deepEqual(await site.keys('site/'), [
      ...[
        'site/404.html',
        'site/images/a.png',
        'site/index.html',
        'site/news.html',
        'site/news/index.html',
        'site/site.css',
      ],
    ]);
    assert.equal(await site.text('site/index.html'), site.server.pages.get('index.html'));
    const sent = (await changes()).filter((change) => change.startsWith('PutObject site/'));
    assert.ok(sent.indexOf('PutObject site/images/a.png') < sent.indexOf('PutObject site/site.css'));
    assert.ok(sent.indexOf('PutObject site/site.css') < sent.indexOf('PutObject site/index.html'));
    assert.deepEqual(await headersOf('site/index.html'), {
      ...{ CacheControl: 'public, max-age=0, s-maxage=86400', ContentType: 'text/html' },
    });
    // The server in memory cannot be reached, so that the edge has to fall back on the copies.
    assert.equal(await site.edge('news/index.html'), 'news');
    assert.equal(await site.edge('index.html'), site.server.pages.get('index.html'));
    assert.deepEqual((await site.plan()).plan, []);
  });

  it('sends only the copy of what has changed, and lets the edges forget each URL that leads to it', async () => {
    site = await newPublishDriver(FILES, 'site');
    await site.publish();
    assert.equal(await site.edge('news/index.html'), 'news');
    await site.put('news/index.html', 'news 2');
    await controlPlane().send('DELETE', 'calls');
    await site.publish();
    assert.deepEqual(
      (await changes()).filter((change) => / site\//.test(change)),
      ['PutObject site/news/index.html'],
    );
    assert.deepEqual(await invalidated(), [['/news/', '/news/index.html']]);
    assert.equal(await site.edge('news/index.html'), 'news 2');
  });

  it('removes only once the edges have forgotten the pages that needed it, and lets them forget that as well', async () => {
    site = await newPublishDriver({ ...FILES, 'images/b.png': 'b' }, 'site');
    await site.publish();
    await controlPlane().send('POST', 'settings', { invalidationSeconds: 1 });
    await site.put('index.html', 'no image');
    await site.drop('images/b.png');
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.publish(), [
      ...['turn', 'keep', 'upload', 'pages', 'invalidate', 'remove', 'invalidate', 'release'],
    ]);
    const calls = (await controlPlane().calls()).map(({ action }) => action);
    const [asked, removed] = [
      calls.lastIndexOf('CreateInvalidation', calls.indexOf('DeleteObjects')),
      calls.indexOf('DeleteObjects'),
    ];
    assert.ok(calls.slice(asked, removed).includes('GetInvalidation'));
    assert.deepEqual(await invalidated(), [['/', '/index.html'], ['/images/b.png']]);
    await controlPlane().send('POST', 'settings', { invalidationSeconds: 0 });
    assert.ok(!(await site.keys('site/')).includes('site/images/b.png'));
  });

  it('brings back a release with the copies of its pages, also one from before they were copied', async () => {
    site = await newPublishDriver(FILES);
    await site.publish();
    const first = (await site.ledger()).current?.at ?? assert.fail('nothing is published');
    const context = await serve(site, 'site');
    await site.put('index.html', '<img src="images/a.png"> 2');
    await site.put('images/a.png', 'a 2');
    const second = await site.plan({}, context);
    await run(second.plan, newOp());
    assert.match(await site.text('site/index.html'), / 2$/);
    const former = await site.planRollback(first, {}, context);
    await run(former.plan, newOp());
    assert.equal(await site.text('site/index.html'), site.server.pages.get('index.html'));
    assert.match(await site.text('site/index.html'), /images\/a\.png">$/);
    assert.equal(await site.text('site/images/a.png'), 'a 1');
    assert.deepEqual((await site.planRollback(first, {}, context)).plan, []);
  });

  it('takes the copies away when the distribution is to serve the images alone, which is no loss', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 15 }, (_, number) => [`page${number}.html`, `page ${number}`]),
    );
    site = await newPublishDriver({ ...FILES, ...many }, 'site');
    await site.publish();
    const context = await serve(site, 'images');
    const { plan } = await site.plan({}, context);
    assert.ok(plan.flat().every(({ loses }) => loses === undefined));
    await run(plan, newOp());
    assert.deepEqual(await site.keys('site/'), ['site/images/a.png']);
    assert.equal(site.server.pages.size, 18);
  });

  it('lets the server answer for the CDN, and the edges forget all once it does so in another way', async () => {
    site = await newPublishDriver({ ...FILES, _redirects: '/old /news/' }, 'site');
    await site.publish();
    const settings = () => gunzipSync(Buffer.from(site.server.value('SETTINGS') ?? '', 'base64')).toString();
    assert.ok(settings().includes(`"https://${site.domain}/news/"`));
    assert.match(settings(), /"public, max-age=0, s-maxage=86400"/);
    assert.doesNotMatch(settings(), /THE_REQUEST/);
    assert.ok(!(await site.keys('site/')).some((key) => key.includes('_redirects')));
    await controlPlane().send('DELETE', 'calls');
    await site.put('_redirects', '/older /news/');
    await site.publish();
    assert.deepEqual(await invalidated(), [['/*']]);
    assert.deepEqual((await site.plan()).plan, []);
  });

  it('is refused while the distribution does not serve what the site file says, or reads from another server', async () => {
    site = await newPublishDriver(FILES, 'site');
    site.server.settings = site.domain;
    const images: Context = {
      ...site.context,
      site: { ...site.context.site, distribution: { ...site.context.site.distribution, serves: 'images' } },
    };
    await assert.rejects(
      site.plan({}, images),
      /^UserError: The distribution serves the pages as well, which sitelift\.json does not want any more\./,
    );
    const { ec2 } = site.context.clients;
    const send = ec2.send.bind(ec2) as (
      command: unknown,
    ) => Promise<{ Reservations?: { Instances: { PublicDnsName: string }[] }[] }>;
    const moved = Object.assign(Object.create(ec2) as typeof ec2, {
      async send(command: unknown) {
        const answer = await send(command);
        for (const { Instances } of answer.Reservations ?? [])
          for (const one of Instances) one.PublicDnsName = 'other.invalid';
        return answer;
      },
    });
    const elsewhere: Context = { ...site.context, clients: { ...site.context.clients, ec2: moved } };
    await assert.rejects(site.plan({}, elsewhere), /^UserError: The distribution reads the pages from another server/);
  });
});
