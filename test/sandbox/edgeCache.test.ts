import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Distribution } from './controlPlane';
import { distributionWith, setStage, type Stage } from './fakeControlPlane';

const SECOND_MS = 1000;

describe('the cache of the edge', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  beforeEach(() => stage.reset());
  after(() => stage.close());

  describe('freshness', () => {
    const freshFor = async (headers: Record<string, string>, seconds: number): Promise<void> => {
      stage.originSends(headers);
      stage.edge.clear();
      await stage.ask('/a.png');
      stage.nowMs += seconds * SECOND_MS - 1;
      assert.equal(await stage.verdict('/a.png'), 'Hit', JSON.stringify(headers));
      stage.nowMs += 1;
      assert.equal(await stage.verdict('/a.png'), 'Miss', JSON.stringify(headers));
    };

    it('follows Cache-Control and Expires within the bounds of CachingOptimized', async () => {
      await freshFor({}, 86_400);
      await freshFor({ 'Cache-Control': 'public, max-age=60' }, 60);
      await freshFor({ 'Cache-Control': 'max-age=60, s-maxage=90' }, 90);
      await freshFor({ 'Cache-Control': 'max-age=31536000, immutable' }, 31_536_000);
      await freshFor({ 'Cache-Control': 'max-age=0' }, 1);
      await freshFor(
        { Expires: new Date(stage.nowMs + 5_000_000 * SECOND_MS).toUTCString(), 'Cache-Control': 'max-age=9' },
        9,
      );
      await freshFor({ Expires: new Date(stage.nowMs - SECOND_MS).toUTCString() }, 1);
      for (const directive of ['no-cache', 'no-store', 'private']) {
        await freshFor({ 'Cache-Control': `${directive}, max-age=60` }, 1);
      }
    });

    it('asks the origin whether a stale object is still right', async () => {
      const origin = (request: IncomingMessage, response: ServerResponse) => {
        const headers = { ETag: '"abc"', 'Cache-Control': 'max-age=60' };
        if (request.headers['if-none-match'] === '"abc"') response.writeHead(304, headers).end();
        else response.writeHead(200, headers).end('object');
      };
      stage.origin = origin;
      await stage.ask('/a.png');
      stage.nowMs += 60 * SECOND_MS;
      const refreshed = await stage.ask('/a.png');
      assert.equal(refreshed.headers['x-cache'], 'RefreshHit from cloudfront');
      assert.equal(refreshed.body.toString(), 'object');
      assert.equal(await stage.verdict('/a.png'), 'Hit');
    });

    it('serves a stale object when the origin fails', async () => {
      stage.originSends({ 'Cache-Control': 'max-age=60' });
      await stage.ask('/a.png');
      stage.nowMs += 60 * SECOND_MS;
      stage.origin = (_request, response) => response.writeHead(503).end();
      assert.equal((await stage.ask('/a.png')).body.toString(), 'object');
      stage.origin = (request) => request.socket.resetAndDestroy();
      assert.equal((await stage.ask('/a.png')).body.toString(), 'object');
    });

    it('keeps an error for ten seconds, or for as long as it says itself when that is longer', async () => {
      stage.origin = (request, response) => {
        const headers = request.url?.endsWith('/long.png') ? { 'Cache-Control': 'max-age=60' } : {};
        response.writeHead(403, headers).end('denied');
      };
      for (const [path, seconds] of [
        ['/a.png', 10],
        ['/long.png', 60],
      ] as const) {
        const startMs = stage.nowMs;
        assert.equal((await stage.ask(path)).status, 403);
        stage.nowMs = startMs + seconds * SECOND_MS - 1;
        const asked = stage.asked.length;
        const kept = await stage.ask(path);
        assert.equal(kept.headers['x-cache'], 'Error from cloudfront');
        assert.equal(kept.body.toString(), 'denied');
        assert.equal(stage.asked.length, asked);
        stage.nowMs += 1;
        await stage.ask(path);
        assert.equal(stage.asked.length, asked + 1);
      }
    });

    it('asks an origin that fails again only when the time of an error is over', async () => {
      stage.originSends({ 'Cache-Control': 'max-age=60' });
      await stage.ask('/a.png');
      stage.nowMs += 60 * SECOND_MS;
      stage.origin = (_request, response) => response.writeHead(500).end();
      for (const [afterSeconds, asked] of [
        [0, 2],
        [9, 2],
        [1, 3],
      ] as const) {
        stage.nowMs += afterSeconds * SECOND_MS;
        assert.equal((await stage.ask('/a.png')).body.toString(), 'object');
        assert.equal(stage.asked.length, asked);
      }
    });
  });

  describe('invalidation', () => {
    const invalidate = (paths: string[], status = 'Completed', id = 'I1'): void => {
      const invalidation = { id, createdSeconds: 0, paths, status };
      stage.distributions = stage.distributions.map((distribution): Distribution => ({
        ...distribution,
        invalidations: [...distribution.invalidations, invalidation],
      }));
    };

    it('drops what it names once it is complete, and nothing stored later', async () => {
      await stage.ask('/a.png');
      invalidate(['/a.png'], 'InProgress');
      assert.equal(await stage.verdict('/a.png'), 'Hit');
      stage.distributions = [distributionWith()];
      invalidate(['/a.png']);
      assert.equal(await stage.verdict('/a.png'), 'Miss');
      assert.equal(await stage.verdict('/a.png'), 'Hit');
      invalidate(['/a.png'], 'Completed', 'I2');
      assert.equal(await stage.verdict('/a.png'), 'Miss');
    });

    it('takes a star at the end for anything from there, and encoded names for what they mean', async () => {
      const paths = ['/images/a.png', '/images/b/c.png', '/imagesque.png', '/%C3%A4.png'];
      for (const path of paths) await stage.ask(path);
      invalidate(['/images/*', '/ä.png']);
      const verdicts = await Promise.all(paths.map((path) => stage.verdict(path)));
      assert.deepEqual(verdicts, ['Miss', 'Miss', 'Hit', 'Miss']);
    });

    it('does nothing for a path with an encoded tilde', async () => {
      await stage.ask('/a~b.png');
      invalidate(['/a%7Eb.png', '/a%7eb.png', '/a%7E*']);
      assert.equal(await stage.verdict('/a~b.png'), 'Hit');
      invalidate(['/*'], 'Completed', 'I2');
      assert.equal(await stage.verdict('/a~b.png'), 'Miss');
    });

    it('concerns one distribution', async () => {
      const other = { ...distributionWith(), id: 'E456', domainName: 'd456.cloudfront.net' };
      await stage.ask('/a.png');
      invalidate(['/*']);
      stage.distributions = [
        distributionWith(),
        { ...other, invalidations: stage.distributions[0]?.invalidations ?? [] },
      ];
      assert.equal(await stage.verdict('/a.png'), 'Hit');
      assert.equal(
        (await stage.viewer.ask('https://d456.cloudfront.net/a.png')).headers['x-cache'],
        'Miss from cloudfront',
      );
    });
  });
});
