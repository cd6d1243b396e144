import assert from 'node:assert/strict';
import { createImageFinder } from '../../../src/core/worker/imageFinder';
import { createRewriter } from '../../../src/core/worker/rewriter';
import type { Op } from '../../../src/core/op';
import { createSourceThread } from './sourceThread';

const PAGE = Buffer.from('<img src=a.png>');
const PUBLISHED = '<img src=https://d1.cloudfront.net/images/a.png>';
const LARGE = Buffer.from('<i>x</i>'.repeat(500_000));
const op: Op = { signal: new AbortController().signal, report: () => undefined };

describe('a rewriter', () => {
  const newRewriter = (deadlineSeconds?: number, heapLimitMib = 512) => {
    const thread = createSourceThread({ heapLimitMib });
    return createRewriter('d1.cloudfront.net', new Set(['images/a.png']), thread, deadlineSeconds);
  };

  it('gives the published bytes of pages and style sheets', async () => {
    const rewriter = newRewriter();
    const page = await rewriter.rewrite(PAGE, 'images/index.html', op);
    assert.deepEqual(page, { bytes: new Uint8Array(Buffer.from(PUBLISHED)) });
    const sheet = await rewriter.rewrite(Buffer.from('a{b:url(a.png)}'), 'images/x.css', op);
    assert.equal(Buffer.from(sheet.bytes).toString(), 'a{b:url(https://d1.cloudfront.net/images/a.png)}');
    await rewriter.close();
  });

  it('leaves a page as it is, with a note, that takes too long to read', async () => {
    const slow = newRewriter(0.001);
    assert.deepEqual(await slow.rewrite(LARGE, 'index.html', op), {
      bytes: LARGE,
      note: 'Its references were left as they are: it takes too long to read.',
    });
    await slow.close();
  });

  it('leaves a page as it is, with a note, that takes too much memory, and goes on with the next', async () => {
    const rewriter = newRewriter(undefined, 80);
    assert.deepEqual(await rewriter.rewrite(LARGE, 'index.html', op), {
      bytes: LARGE,
      note: 'Its references were left as they are: it takes too much memory to read.',
    });
    const { bytes } = await rewriter.rewrite(PAGE, 'images/index.html', op);
    assert.equal(Buffer.from(bytes).toString(), PUBLISHED);
    await rewriter.close();
  });

  it('stops with the reason of the signal when cancelled', async () => {
    const rewriter = newRewriter();
    const cancelled = new AbortController();
    const rewritten = rewriter.rewrite(LARGE, 'index.html', { ...op, signal: cancelled.signal });
    const reason = new DOMException('cancelled', 'TimeoutError');
    setImmediate(() => cancelled.abort(reason));
    await assert.rejects(rewritten, reason);
    await rewriter.close();
  });
});

describe('a finder of images', () => {
  const { signal } = op;

  it('finds the local images of a page and which of their files are there', async () => {
    const finder = createImageFinder(createSourceThread());
    const found = await finder.find('<p><img src="a.png">', 'blog/index.html', signal);
    assert.deepEqual(found, {
      images: [
        {
          reference: { path: 'blog/a.png', suffix: '' },
          range: { start: 13, end: 18 },
          quote: '"',
          tag: { start: 3, end: 20 },
        },
      ],
    });
    const existing = await finder.existing(__dirname, ['rewriter.test.ts', 'none.png'], signal);
    assert.deepEqual(existing, new Set(['rewriter.test.ts']));
    await finder.close();
  });

  it('gives up, with the reason, a page that is too deep or has too many images', async () => {
    const finder = createImageFinder(createSourceThread());
    assert.deepEqual(await finder.find('<b>'.repeat(513), 'index.html', signal), {
      reason: 'its elements are nested more than 512 deep',
    });
    const image = '<img src=a.png>';
    assert.deepEqual(await finder.find(image.repeat(5001), 'index.html', signal), {
      reason: 'it has more than 5000 local images',
    });
    const most = await finder.find(image.repeat(5000), 'index.html', signal);
    assert.ok('images' in most && most.images.length === 5000);
    await finder.close();
  });

  it('gives up, with the reason, a page that takes too long, but not one whose reading was cancelled', async () => {
    const finder = createImageFinder(createSourceThread(), 0.001);
    const reason = 'it takes too long to read';
    assert.deepEqual(await finder.find(LARGE.toString(), 'index.html', signal), { reason });
    await finder.close();
    await assert.rejects(finder.find('', 'index.html', signal), { name: 'AbortError' });
  });
});
