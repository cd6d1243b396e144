import assert from 'node:assert/strict';
import { invalidate, invalidationItems } from '../../../src/core/publish/invalidate';
import { waitUntilDeployed } from '../../../src/core/resources/distribution';
import { distribution } from '../../../src/core/resources/distribution';
import { run } from '../../../src/core/plan';
import { controlPlane, newContext, newOp } from '../sandbox';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `images/${index}.png`);

describe('an invalidation', function () {
  this.timeout(60_000);

  it('names up to fifteen paths, encoded as a browser asks for them', () => {
    assert.deepEqual(invalidationItems(['a b/é%.png', 'x_y-z.1.png']), ['/a%20b/%C3%A9%25.png', '/x_y-z.1.png']);
    assert.deepEqual(
      invalidationItems(numbered(15)),
      numbered(15).map((path) => `/${path}`),
    );
    assert.deepEqual(invalidationItems(numbered(16)), ['/*']);
  });

  it('is of everything where a path holds what CloudFront takes in one form only, or not at all', () => {
    for (const character of "!'()*,@+&=;:$~") {
      assert.deepEqual(invalidationItems(['plain.png', `a${character}b.png`]), ['/*'], character);
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
