import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from '../../../../src/core/plan';
import { deleteKeys } from '../../../../src/core/publish/assets/former';
import { lookFromOutside } from '../../../../src/core/publish/edge/outsideLook';
import type { Sample } from '../../../../src/core/publish/edge/sample';
import { sightingLines, type Sighting } from '../../../../src/core/publish/edge/sighting';
import { reasonOfError, reasonOfStatus } from '../../../../src/core/publish/edge/unreached';
import type { GeoRestriction } from '../../../../src/core/resources/distribution/geoRestriction';
import { planRestriction } from '../../../../src/core/resources/distribution/planRestriction';
import { controlPlane, newOp } from '../../sandbox';
import { newPublishDriver, type PublishDriver } from '../publishDriver';

const sum = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the look from outside', function () {
  this.timeout(300_000);

  describe('at an asset, at the edge', () => {
    let site: PublishDriver;
    before(async () => {
      site = await newPublishDriver({
        'index.html': '<img src="images/a.png">',
        'images/a.png': 'a',
        'film.mp4': 'a film',
      });
    });
    after(() => site.remove());

    const publish = async (): Promise<readonly Sample[]> => {
      const { plan, samples } = await site.plan();
      await run(plan, newOp());
      return samples();
    };
    /** Looks at the asset alone: the pages are on a server that no reader reaches. */
    const look = async (samples: readonly Sample[], limitSeconds?: number): Promise<Sighting> => {
      const assets = samples.filter(({ kind }) => kind === 'asset');
      assert.equal(assets.length, 1);
      const sightings = await lookFromOutside(assets, site.context.clients.proxy, newOp(), limitSeconds);
      return sightings[0] ?? assert.fail('nothing was looked at');
    };

    it('is at an image rather than a film, and finds the published bytes', async () => {
      const samples = await publish();
      assert.deepEqual(
        samples.map(({ kind, path, url }) => [kind, path, url]),
        [
          ['page', 'index.html', 'http://server.invalid/index.html'],
          ['asset', 'images/a.png', `https://${site.domain}/images/a.png`],
        ],
      );
      assert.deepEqual(await look(samples), { kind: 'asset', path: 'images/a.png', url: samples[1]?.url });
    });

    it('is at nothing when nothing was sent', async () => {
      assert.deepEqual(await publish(), []);
      assert.deepEqual(await lookFromOutside([], site.context.clients.proxy, newOp()), []);
    });

    it('is at a page and an image also where only one of them was sent', async () => {
      const kinds = async () => (await publish()).map(({ kind, path }) => [kind, path]);
      await site.put('index.html', '<img src="images/a.png">and more');
      assert.deepEqual(await kinds(), [
        ['page', 'index.html'],
        ['asset', 'images/a.png'],
      ]);
      await site.put('film.mp4', 'another film');
      assert.deepEqual(await kinds(), [
        ['page', 'index.html'],
        ['asset', 'film.mp4'],
      ]);
    });

    it('waits until the edges have forgotten the former bytes, and tells mildly when they have not', async () => {
      assert.equal(await site.edge('images/a.png'), 'a');
      await site.put('images/a.png', 'A');
      assert.equal((await look(await publish())).problem, undefined);
      await controlPlane().send('POST', 'settings', { invalidationSeconds: 600 });
      try {
        await site.put('images/a.png', 'another');
        const { isMild, problem } = await look(await publish(), 1);
        assert.match(problem ?? '', /still gives the former bytes of “images\/a\.png”.*Nothing is to be done/);
        assert.equal(isMild, true);
      } finally {
        await controlPlane().send('POST', 'settings', { invalidationSeconds: 1 });
      }
    });

    it('prefers a new image, of which the edges hold nothing, to a changed one', async () => {
      await site.put('images/a.png', 'a');
      await site.put('images/new and long.png', 'longer than a');
      const samples = await publish();
      assert.equal(samples.at(-1)?.url, `https://${site.domain}/images/new%20and%20long.png`);
      assert.equal((await look(samples)).problem, undefined);
    });

    it('knows a large file by its ETag, without reading it', async () => {
      await site.put('images/large.png', Buffer.alloc(11 * 1024 * 1024, 'large'));
      const samples = await publish();
      assert.equal((await look(samples)).problem, undefined);
      const others = samples.map((sample) => ({ ...sample, etag: 'another' }));
      assert.match((await look(others, 0)).problem ?? '', /gives other bytes than were published/);
    });

    it('tells what to do when the edges do not get it, or give what nobody published', async () => {
      await site.put('images/b.png', 'b');
      const samples = await publish();
      await deleteKeys(site.context, ['site/images/b.png'], newOp());
      const gone = await look(samples, 0);
      assert.match(gone.problem ?? '', /answered 403 for \/images\/b\.png: the edges do not have it.*Verify Site/);
      await site.store('site/images/c.png', 'by another hand');
      const url = `https://${site.domain}/images/c.png`;
      const other = await look([{ kind: 'asset', path: 'images/c.png', url, sha256: sum('c'), sizeBytes: 1 }], 0);
      assert.match(other.problem ?? '', /gives other bytes than were published: 15 instead of 1\./);
      assert.deepEqual([gone.isMild, other.isMild], [false, false]);
    });

    it('names a geo restriction as a possible reason, since who is refused may get the page for what is missing', async () => {
      const restrict = async (wanted: GeoRestriction) =>
        run(await planRestriction(site.context, wanted, newOp()), newOp());
      await restrict({ block: ['FR'] });
      try {
        await site.put('images/far.png', 'far');
        const samples = await publish();
        await deleteKeys(site.context, ['site/images/far.png'], newOp());
        const { isMild, problem } = await look(samples, 1);
        assert.match(
          problem ?? '',
          /Or its geo restriction, “all but France”, keeps it from this computer’s country\.$/,
        );
        assert.equal(isMild, false);
      } finally {
        await restrict('none');
      }
    });

    it('is at no page that readers are not shown: the redirects, and what one of them comes before', async () => {
      await site.put('secret.html', 'secret');
      await site.put('_redirects', '/secret 404!');
      const pages = (await publish()).filter(({ kind }) => kind === 'page');
      assert.deepEqual(
        pages.map(({ path }) => path),
        ['index.html'],
      );
    });

    it('says mildly what it could not see through a proxy, and when it was cancelled', async () => {
      await publish();
      await site.put('page.html', 'page');
      const samples = (await publish()).filter(({ kind }) => kind === 'page');
      assert.deepEqual(
        samples.map(({ path }) => path),
        ['page.html'],
      );
      const [seen] = await lookFromOutside(samples, site.context.clients.proxy, newOp());
      assert.match(
        seen?.problem ?? '',
        /server\.invalid answered 403 for \/page\.html, which may be the proxy’s answer/,
      );
      const [cancelled] = await lookFromOutside(samples, {}, newOp(AbortSignal.abort()));
      assert.match(cancelled?.problem ?? '', /not looked at, since that was cancelled/);
      assert.deepEqual([seen?.isMild, cancelled?.isMild], [true, true]);
      assert.match(sightingLines([seen ?? assert.fail()]).join(), /^Not seen from outside: server\.invalid/);
    });
  });

  describe('at a page, on a server', () => {
    const lookAt = async (status: number, body: string, headers = {}): Promise<Sighting> => {
      const server = createServer((_request, response) => void response.writeHead(status, headers).end(body));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`;
      const sample: Sample = { kind: 'page', path: 'index.html', url, sha256: sum('published'), sizeBytes: 9 };
      const sightings = await lookFromOutside([sample], {}, newOp());
      server.close();
      return sightings[0] ?? assert.fail('nothing was looked at');
    };
    const told = async (...given: Parameters<typeof lookAt>) => {
      const { isMild, problem = '' } = await lookAt(...given);
      return [isMild, problem] as const;
    };

    it('finds the published bytes', async () => {
      assert.equal((await lookAt(200, 'published')).problem, undefined);
    });

    it('tells other bytes, and the cache that may have kept them', async () => {
      const [isMild, problem] = await told(200, 'something else');
      assert.match(problem, /gives other bytes than were published: 14 instead of 9\. “Verify Site”/);
      assert.equal(isMild, false);
      const [isCacheMild, ofCache] = await told(200, 'former', { Via: '1.1 office' });
      assert.match(ofCache, /A cache on the way may have kept it \(1\.1 office\)/);
      assert.equal(isCacheMild, true);
    });

    it('tells a missing file, a refusal, an error, and where readers are sent on to', async () => {
      for (const [status, isMild, sentence] of [
        [404, false, /answered 404 for \/index\.html: the server has no such file/],
        [403, false, /answered 403 for \/index\.html: the web server has a rule of its own/],
        [500, false, /answered 500 for \/index\.html\. The web server’s log/],
        [301, true, /sends readers on to https:\/\/www\.example\//],
      ] as const) {
        const [isToldMild, problem] = await told(status, 'x', { Location: 'https://www.example/' });
        assert.match(problem, sentence);
        assert.equal(isToldMild, isMild, String(status));
      }
    });

    it('tells a closed port, with the way to open it', async () => {
      const [refused, silent] = (['ECONNREFUSED', 'ETIMEDOUT'] as const).map((code) =>
        reasonOfError(new URL('http://127.0.0.1/'), Object.assign(new Error('no'), { code }), {}),
      );
      assert.match(refused?.sentence ?? '', /refuses connections on port 80.*“Provision Server…” starts it/);
      assert.match(silent?.sentence ?? '', /security group does not let port 80 in.*Provision Server…/);
      const sample: Sample = { kind: 'page', path: 'a', url: 'http://127.0.0.1:1/a', sha256: sum('a'), sizeBytes: 1 };
      const [seen] = await lookFromOutside([sample], {}, newOp());
      assert.match(seen?.problem ?? '', /refuses connections on port 80 \(ECONNREFUSED\)/);
      assert.equal(seen?.isMild, false);
    });
  });

  it('says mildly what lies on this computer’s side', () => {
    const url = new URL('https://127.0.0.1/a.png');
    const error = (code: string) => reasonOfError(url, Object.assign(new Error('no'), { code }), {});
    assert.match(error('ENOTFOUND').sentence, /is not known here yet/);
    assert.match(error('SELF_SIGNED_CERT_IN_CHAIN').sentence, /NODE_EXTRA_CA_CERTS/);
    assert.match(error('ECONNRESET').sentence, /could not be reached from this computer/);
    const proxied = reasonOfError(url, Object.assign(new Error('no'), { code: 'ECONNRESET' }), {
      proxyUrl: 'http://me:secret@office:3128',
    });
    assert.match(proxied.sentence, /through the proxy office:3128/);
    assert.doesNotMatch(proxied.sentence, /secret/);
    const answer = { status: 403, sizeBytes: 0, sha256: '', isCut: false, body: Buffer.from('blocked') };
    const elsewhere = reasonOfStatus(url, { ...answer, headers: {} }, {});
    assert.match(elsewhere.sentence, /that is not CloudFront’s/);
    const body = Buffer.from('The Amazon CloudFront distribution is configured to block access from your country.');
    const abroad = reasonOfStatus(url, { ...answer, body, headers: { 'x-amz-cf-id': 'x' } }, {});
    assert.match(abroad.sentence, /geographic restrictions/);
    const all = [
      error('ENOTFOUND'),
      error('SELF_SIGNED_CERT_IN_CHAIN'),
      error('ECONNRESET'),
      proxied,
      elsewhere,
      abroad,
    ];
    assert.ok(all.every(({ isMild }) => isMild));
  });
});
