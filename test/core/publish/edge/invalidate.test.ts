import assert from 'node:assert/strict';
import { invalidate } from '../../../../src/core/publish/edge/invalidate';
import {
  invalidationItems,
  isForgotten,
  itemFrom,
  itemProblem,
  joinItems,
} from '../../../../src/core/publish/edge/invalidationItems';
import { waitUntilDeployed } from '../../../../src/core/resources/distribution/distribution';
import { distribution } from '../../../../src/core/resources/distribution/distribution';
import { run } from '../../../../src/core/plan';
import { controlPlane, newContext, newOp } from '../../sandbox';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `images/${index}.png`);

describe('an invalidation', function () {
  this.timeout(60_000);

  it('names up to fifteen paths, encoded as a browser asks for them', () => {
    assert.deepEqual(invalidationItems(['a b/é%.png', 'x_y-z.1.png']), ['/a%20b/%C3%A9%25.png', '/x_y-z.1.png']);
    assert.deepEqual(
      invalidationItems(numbered(15)),
      numbered(15).map((path) => `/${path}`),
    );
  });

  it('is of the folders for more paths than that, and of everything for more than a few folders', () => {
    assert.deepEqual(invalidationItems(numbered(16)), ['/images/*']);
    const folders = (count: number) => numbered(16).map((path, index) => `${index % count}/${path}`);
    assert.equal(invalidationItems(folders(5)).length, 5);
    assert.deepEqual(invalidationItems(folders(6)), ['/*']);
    assert.deepEqual(invalidationItems([...numbered(16), 'a.png']), ['/*']);
    const many = Array.from({ length: 50_000 }, (_, index) => `${index}/a.png`);
    assert.deepEqual(invalidationItems(many), ['/*']);
  });

  it('is of the folder where a path holds what CloudFront takes in one form only, or not at all', () => {
    for (const character of "!'()*,@+&=;:$~") {
      assert.deepEqual(invalidationItems(['plain.png', `a${character}b.png`]), ['/*'], character);
      assert.deepEqual(invalidationItems(['x/plain.png', `a/b c/d${character}/e.png`]), ['/x/plain.png', '/a/b%20c/*']);
    }
  });

  it('names nothing that something else of it covers', () => {
    assert.deepEqual(joinItems(['/images/a.png', '/images/*'], ['/b.png']), ['/images/*', '/b.png']);
    assert.deepEqual(joinItems(['/images/*', '/b.png'], ['/*']), ['/*']);
    assert.deepEqual(joinItems(numbered(16)), ['/*']);
    for (const [path, isIt] of [
      ['images/x.png', true],
      ['images/x+y.png', true],
      ['imagesx.png', false],
      ['b.png', true],
    ] as const) {
      assert.equal(isForgotten(path, ['/images/*', '/b.png']), isIt, path);
    }
  });

  it('takes what a person writes as CloudFront does, encoded unless it is already', () => {
    for (const [text, item] of [
      ['/images/*', '/images/*'],
      ['/a b/é%.png', '/a%20b/%C3%A9%25.png'],
      ['/a%20b.png', '/a%20b.png'],
      ['/*', '/*'],
      ['/', '/'],
    ] as const) {
      assert.equal(itemProblem(text), undefined, text);
      assert.equal(itemFrom(text), item);
    }
    for (const [text, problem] of [
      ['images/a.png', /must begin with \//],
      ['', /must begin with \//],
      ['/images/*.png', /a \* at the end alone|one at the end alone/],
      ['/images/~me/a.png', /because of its “~”\. Write \/images\/\* instead/],
      ['/images/a%2Bb.png', /because of its “\+”\. Write \/images\/\* instead/],
    ] as const) {
      assert.match(itemProblem(text) ?? '', problem, text);
    }
  });

  it('is one and the same for one run, asks again while too many are in progress, and ends at other errors', async () => {
    const context = newContext();
    const none = { kind: 'absent' } as const;
    await run(distribution.plan(context, { bucket: none, distribution: none, server: none }), newOp());
    const { id } = await waitUntilDeployed(context, newOp());
    const made = async () => (await controlPlane().distributions()).find((each) => each.id === id)?.invalidations;
    const busy = { service: 'cloudfront', action: 'CreateInvalidation', kind: 'error', status: 400 };
    await controlPlane().send('POST', 'faults', { ...busy, code: 'TooManyInvalidationsInProgress' });
    await invalidate(context, id, 'run 1', ['/a.png'], newOp());
    await invalidate(context, id, 'run 1', ['/a.png'], newOp());
    assert.deepEqual(
      (await made())?.map(({ paths }) => paths),
      [['/a.png']],
    );
    await invalidate(context, id, 'run 2', ['/a.png'], newOp());
    await invalidate(context, id, 'run 2', ['/b.png'], newOp());
    assert.equal((await made())?.length, 3);
    await controlPlane().send('POST', 'faults', { ...busy, code: 'AccessDenied', status: 403 });
    await assert.rejects(invalidate(context, id, 'run 3', ['/a.png'], newOp()), { name: 'AccessDenied' });
    await controlPlane().send('DELETE', 'faults');
  });
});
