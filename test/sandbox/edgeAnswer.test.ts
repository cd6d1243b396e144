import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { distributionWith, setStage, type Stage } from './fakeControlPlane';

describe('what the edge sends', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  beforeEach(() => stage.reset());
  after(() => stage.close());

  it('compresses text as the viewer accepts it, each coding an object of its own', async () => {
    const text = 'word '.repeat(1000);
    stage.originSends({ 'Content-Type': 'text/css', ETag: '"abc"', 'Content-Length': '5000' }, text);
    const encodings = {
      'gzip, deflate, br': brotliDecompressSync,
      'gzip;q=0.5': gunzipSync,
      'br;q=0, identity': (b: Buffer) => b,
    };
    for (const [accepted, decode] of Object.entries(encodings)) {
      const headers = { 'Accept-Encoding': accepted };
      for (const expected of ['Miss', 'Hit']) {
        const answer = await stage.ask('/a.css', { headers });
        assert.equal(answer.headers['x-cache'], `${expected} from cloudfront`);
        assert.equal(decode(answer.body).toString(), text);
        assert.equal(answer.headers['etag'], answer.headers['content-encoding'] ? 'W/"abc"' : '"abc"');
      }
    }
    assert.equal(stage.asked.length, 3);
  });

  it('leaves alone what is an image, small, already encoded, or not to be compressed', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const untouched = async (sent: Record<string, string>, size: number): Promise<void> => {
      stage.originSends({ 'Content-Length': String(size), ...sent }, 'x'.repeat(size));
      stage.edge.clear();
      const answer = await stage.ask('/a', { headers });
      assert.equal(answer.body.length, size);
      assert.equal(answer.headers['content-encoding'], sent['Content-Encoding']);
    };
    await untouched({ 'Content-Type': 'image/png' }, 5000);
    await untouched({ 'Content-Type': 'text/css' }, 999);
    await untouched({ 'Content-Type': 'text/css', 'Content-Encoding': 'br' }, 5000);
    stage.distributions = [distributionWith({ compress: false })];
    await untouched({ 'Content-Type': 'text/css' }, 5000);
  });

  it('answers 304 to viewers who have the object, from the cache and on the way to it', async () => {
    stage.originSends({ ETag: '"abc"', 'Last-Modified': 'Mon, 01 Jan 2029 00:00:00 GMT' });
    const conditions = [
      { 'If-None-Match': '"x", W/"abc"' },
      { 'If-None-Match': '"abc"' },
      { 'If-Modified-Since': 'Tue, 02 Jan 2029 00:00:00 GMT' },
    ];
    for (const headers of conditions) {
      const answer = await stage.ask('/a.png', { headers });
      assert.equal(answer.status, 304);
      assert.equal(answer.headers['etag'], '"abc"');
    }
    assert.equal((await stage.ask('/a.png', { headers: { 'If-None-Match': '"other"' } })).status, 200);
    assert.equal(stage.asked.length, 1);
  });

  it('answers ranges from the cache and on the way to it', async () => {
    stage.originSends({ 'Content-Length': '10', ETag: '"abc"' }, '0123456789');
    const ranges = { 'bytes=0-3': '0123', 'bytes=8-': '89', 'bytes=-3': '789', 'bytes=5-99': '56789' };
    for (const [range, expected] of Object.entries(ranges)) {
      const answer = await stage.ask('/a.mp4', { headers: { Range: range } });
      assert.equal(answer.status, 206);
      assert.equal(answer.body.toString(), expected);
    }
    const { headers } = await stage.ask('/a.mp4', { headers: { Range: 'bytes=2-3' } });
    assert.equal(headers['content-range'], 'bytes 2-3/10');
    assert.equal((await stage.ask('/a.mp4', { headers: { Range: 'bytes=10-' } })).status, 416);
    assert.equal((await stage.ask('/a.mp4', { headers: { Range: 'bytes=0-1', 'If-Range': '"old"' } })).status, 200);
    assert.equal(stage.asked.length, 1);
  });

  it('streams an object too big to keep, whole and by range', async () => {
    const whole = randomBytes(51 * 1024 * 1024);
    stage.origin = (request, response) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const body = first === undefined ? whole : whole.subarray(Number(first), Number(last) + 1);
      response.writeHead(first === undefined ? 200 : 206, { 'Content-Length': body.length }).end(body);
    };
    for (let time = 0; time < 2; time++) {
      const answer = await stage.ask('/a.tiff');
      assert.equal(answer.headers['x-cache'], 'Miss from cloudfront');
      assert.ok(answer.body.equals(whole));
    }
    const part = await stage.ask('/a.tiff', { headers: { Range: 'bytes=1000-1999' } });
    assert.equal(part.status, 206);
    assert.ok(part.body.equals(whole.subarray(1000, 2000)));
  });

  it('passes on an object while the origin is still sending it', async () => {
    let finish = (): void => undefined;
    stage.origin = (_request, response) => {
      response.write('first ');
      finish = () => response.end('last');
    };
    let text = '';
    for await (const chunk of (await stage.viewer.open('https://d123.cloudfront.net/a')).setEncoding('utf8')) {
      text += String(chunk);
      finish();
    }
    assert.equal(text, 'first last');
  });

  it('keeps nothing of an object that the origin cut off', async () => {
    stage.origin = (request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half', () => request.socket.resetAndDestroy());
    };
    await assert.rejects(stage.ask('/a.png'), { code: 'ECONNRESET' });
    stage.originSends({}, 'whole');
    const answer = await stage.ask('/a.png');
    assert.equal(answer.headers['x-cache'], 'Miss from cloudfront');
    assert.equal(answer.body.toString(), 'whole');
  });
});
