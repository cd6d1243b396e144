import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../../src/core/plan';
import { invalidate } from '../../../../src/core/publish/edge/invalidate';
import { readInvalidationUse, useLine } from '../../../../src/core/publish/edge/invalidationUse';
import { planInvalidation } from '../../../../src/core/publish/edge/planInvalidation';
import { distribution, waitUntilDeployed } from '../../../../src/core/resources/distribution/distribution';
import { controlPlane, newContext, newOp, refuse } from '../../sandbox';

describe('invalidating by path', function () {
  this.timeout(120_000);
  const context = newContext();
  let id: string;

  before(async () => {
    await assert.rejects(planInvalidation(context, ['/*'], newOp()), /no distribution yet/);
    const none = { kind: 'absent' } as const;
    await run(distribution.plan(context, { bucket: none, distribution: none, server: none }), newOp());
    ({ id } = await waitUntilDeployed(context, newOp()));
  });

  const asked = async () => (await controlPlane().distributions()).find((each) => each.id === id)?.invalidations ?? [];

  it('asks once for all paths, without those that others cover', async () => {
    const paths = ['/images/*', '/images/a.png', '/a b.png'];
    const { distributionId, items, plan } = await planInvalidation(context, paths, newOp());
    assert.deepEqual([distributionId, items], [id, ['/images/*', '/a%20b.png']]);
    assert.deepEqual(
      stepsOf(plan).map(({ title }) => title),
      ['make the edges forget /images/*, /a%20b.png'],
    );
    await run(plan, newOp());
    assert.deepEqual(
      (await asked()).map((each) => each.paths),
      [items],
    );
  });

  it('plans nothing for what CloudFront does not take, or for nothing', async () => {
    await assert.rejects(planInvalidation(context, ['/a', 'b'], newOp()), { name: 'UserError', message: /“b” must/ });
    await assert.rejects(planInvalidation(context, [], newOp()), { name: 'UserError', message: /No path is named/ });
  });

  it('counts the paths of this month by a call for each invalidation, 25 at most, and says when there were more', async () => {
    await invalidate(context, id, 'run 1', ['/1.png', '/2.png', '/3.png'], newOp());
    assert.deepEqual(await readInvalidationUse(context, id, newOp()), { paths: 5, isAtLeast: false });
    const nextMonthMs = Date.now() + 32 * 24 * 3600 * 1000;
    assert.deepEqual(await readInvalidationUse(context, id, newOp(), nextMonthMs), { paths: 0, isAtLeast: false });
    for (let run = 2; run < 30; run += 1) await invalidate(context, id, `run ${run}`, ['/1.png', '/2.png'], newOp());
    await controlPlane().send('DELETE', 'calls');
    // 24 of two paths each, and at least one in each of the six others.
    assert.deepEqual(await readInvalidationUse(context, id, newOp()), { paths: 54, isAtLeast: true });
    assert.equal((await controlPlane().calls()).length, 25);
  });

  it('does without the count where the credentials may not look', async () => {
    await refuse('cloudfront', 'ListInvalidations');
    assert.equal(await readInvalidationUse(context, id, newOp()), undefined);
  });

  it('says what is used, of how many, and whose', () => {
    const line = useLine({ paths: 12, isAtLeast: true }, 1);
    assert.equal(
      line,
      'This uses 1 path of the 1,000 that the account has free each month; at least 12 were used by this distribution so far. AWS charges for each beyond them.',
    );
    assert.match(useLine({ paths: 1, isAtLeast: false }, 2), /^This uses 2 paths .*; 1 was used by this distribution/);
    assert.match(useLine(undefined, 2), /could not be counted with these credentials\.$/);
  });
});
