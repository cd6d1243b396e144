import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compareFile } from '../../../../src/core/publish/live/compareFile';
import { compareSite } from '../../../../src/core/publish/live/compareSite';
import type { Publication } from '../../../../src/core/publish/planPublish';
import { LARGEST_SHOWN_BYTES } from '../../../../src/core/publish/live/served';
import { newOp } from '../../sandbox';
import { newPublishDriver, type PublishDriver } from '../publishDriver';

const PAGE = '<p><img src="images/a.png">\n';
const sum = (text: string) => createHash('sha256').update(text).digest('hex');

describe('comparing with what readers get', function () {
  this.timeout(300_000);
  let site: PublishDriver;
  let server: Server;
  let status: number;
  let isWorking: (url: string) => boolean;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': PAGE, 'plain.txt': 'plain', 'images/a.png': 'a' });
    status = 200;
    isWorking = () => false;
    server = createServer(({ url = '' }, response) => {
      const page = site.server.pages.get(decodeURIComponent(url.slice(1)));
      const found = page === undefined ? 404 : isWorking(url) ? 200 : status;
      response.writeHead(found, { Location: 'https://www.example/' }).end(found === 200 ? page : 'no');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await site.remove();
  });

  /** What publishing would do, with the pages of the server in memory where HTTP reaches them. */
  const plan = async (): Promise<Publication> => {
    const publication = await site.plan();
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { ...publication, target: { ...publication.target, host } };
  };
  const ofFile = async (path: string) => compareFile(site.context, await plan(), path, newOp());
  const ofSite = async () => compareSite(site.context, await plan(), newOp());
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

  describe('of a file', () => {
    it('has the published form of a page beside what the server gives, so that only what really differs shows', async () => {
      await site.publish();
      assert.equal((await ofFile('index.html')).isSame, true);
      await site.put('index.html', `${PAGE}<p>more\n`);
      const { isSame, live, published, url } = await ofFile('index.html');
      const before = PAGE.replace('images/', `https://${site.domain}/images/`);
      assert.deepEqual([isSame, text(live), text(published)], [false, before, `${before}<p>more\n`]);
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/index\.html$/);
    });

    it('is with the file itself where that is what would be published', async () => {
      await site.publish();
      await site.put('plain.txt', 'other');
      const { isSame, live, published } = await ofFile('plain.txt');
      assert.deepEqual([isSame, text(live), published], [false, 'plain', undefined]);
    });

    it('has the bytes of an image as the edge gives them', async () => {
      await site.publish();
      await site.put('images/a.png', 'A');
      const { isSame, live, published, url } = await ofFile('images/a.png');
      assert.deepEqual([isSame, text(live), published], [false, 'a', undefined]);
      assert.equal(url, `https://${site.domain}/images/a.png`);
    });

    it('says what is not published yet, what never is, and why nothing was fetched', async () => {
      await site.publish();
      await site.put('new.html', 'new');
      await site.put('images/new.png', 'new');
      await site.put('.env', 'secret');
      for (const path of ['new.html', 'images/new.png']) {
        await assert.rejects(ofFile(path), { name: 'UserError', message: /is not published yet: readers who ask for/ });
      }
      await assert.rejects(ofFile('.env'), { name: 'UserError', message: /^“\.env” is not published/ });
      status = 302;
      await assert.rejects(ofFile('index.html'), /sends readers on to https:\/\/www\.example\//);
      const publication = await plan();
      server.closeAllConnections();
      server.close();
      const compared = compareFile(site.context, publication, 'index.html', newOp());
      await assert.rejects(compared, /refuses connections on port 80/);
    });

    it('is of no file that is too large to be shown', async () => {
      await site.publish();
      await site.put('images/a.png', Buffer.alloc(LARGEST_SHOWN_BYTES + 1));
      await assert.rejects(ofFile('images/a.png'), /“images\/a\.png” is larger than 10 MiB/);
    });
  });

  describe('of a site', () => {
    it('is not made before anything was published', async () => {
      await assert.rejects(ofSite(), /Nothing tells what was published/);
    });

    it('finds nothing where all is as it would be published, and asks no reader’s way for that', async () => {
      await site.publish();
      status = 500;
      assert.deepEqual(await ofSite(), { files: [], more: 0 });
    });

    it('lists what is new, changed and removed, with texts as they are and images described', async () => {
      await site.put('old.html', 'old');
      await site.publish();
      await site.put('index.html', `${PAGE}<p>more\n`);
      await site.put('new.html', '<img src="images/a.png">');
      await site.put('images/a.png', 'A');
      await site.put('font.woff2', Buffer.from([1, 0, 2]));
      await site.drop('old.html');
      const { files, more } = await ofSite();
      const url = `https://${site.domain}/images/`;
      assert.equal(more, 0);
      assert.deepEqual(
        files.map(({ path, change, isDescribed, live, published }) => [
          ...[path, change, isDescribed],
          ...(isDescribed ? [] : [text(live), text(published)]),
        ]),
        [
          ['font.woff2', 'new', true],
          ['images/a.png', 'changed', true],
          ['index.html', 'changed', false, PAGE.replace('images/', url), `${PAGE.replace('images/', url)}<p>more\n`],
          ['new.html', 'new', false, undefined, `<img src="${url}a.png">`],
          ['old.html', 'removed', false, 'old', undefined],
        ],
      );
      const image = files.find(({ path }) => path === 'images/a.png');
      assert.equal(text(image?.live), `Type: image/png\nSize: 1 bytes\nSHA-256: ${sum('a')}\n`);
      assert.equal(text(image?.published), `Type: image/png\nSize: 1 bytes\nSHA-256: ${sum('A')}\n`);
    });

    it('describes images of two sizes by these alone, as only one of them was summed up', async () => {
      await site.publish();
      await site.put('images/a.png', 'AA');
      const { files } = await ofSite();
      assert.deepEqual(
        files.map(({ live, published }) => [text(live), text(published)]),
        [['Type: image/png\nSize: 1 bytes\n', 'Type: image/png\nSize: 2 bytes\n']],
      );
    });

    it('shows a hundred files and counts the others', async () => {
      await site.publish();
      for (let page = 0; page < 103; page += 1) await site.put(`pages/${page}.html`, 'page');
      const { files, more } = await ofSite();
      assert.deepEqual([files.length, more], [100, 3]);
    });

    it('ends with the reason where the server gives nothing, and tells it of a single file otherwise', async () => {
      await site.publish();
      await site.put('index.html', 'other');
      status = 500;
      await assert.rejects(ofSite(), { name: 'UserError', message: /answered 500 for \/index\.html/ });
      await site.put('plain.txt', 'other');
      isWorking = (url) => url === '/plain.txt';
      const { files } = await ofSite();
      assert.deepEqual(
        files.map(({ path, isDescribed }) => [path, isDescribed]),
        [
          ['index.html', true],
          ['plain.txt', false],
        ],
      );
      assert.match(text(files[0]?.live) ?? '', /answered 500 for \/index\.html/);
    });
  });
});
