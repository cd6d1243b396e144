import assert from 'node:assert/strict';
import { stepsOf } from '../../../../src/core/plan';
import { freePathsNote, pathsAfter } from '../../../../src/core/publish/edge/freePaths';
import { NO_LEDGER } from '../../../../src/core/release/ledger';
import { controlPlane } from '../../sandbox';
import { invalidated, LEDGER, newPublishDriver } from '../publishDriver';

const NOW = '2026-11-24T00:14:00.000Z';
const used = (paths: number, month = '2026-11') => ({ ...NO_LEDGER, forgotten: { month, paths } });

describe('the month’s free paths', function () {
  this.timeout(120_000);

  it('are counted anew each month', () => {
    assert.deepEqual(pathsAfter(used(3), 4, NOW), { month: '2026-11', paths: 7 });
    assert.deepEqual(pathsAfter(used(3, '2026-10'), 4, NOW), { month: '2026-11', paths: 4 });
    assert.deepEqual(pathsAfter(used(3), 0, NOW), { month: '2026-11', paths: 3 });
    assert.equal(pathsAfter(NO_LEDGER, 0, NOW), undefined);
    assert.equal(pathsAfter(used(3, '2026-10'), 0, NOW), undefined);
  });

  it('are told of once half of them are used, and what comes after the last', () => {
    assert.equal(freePathsNote(used(498), 2, NOW), undefined);
    assert.equal(freePathsNote(used(2000, '2026-10'), 2, NOW), undefined);
    assert.match(freePathsNote(used(499), 2, NOW) ?? '', /^with this 501 of the 1,000 paths .* free this month$/);
    assert.match(freePathsNote(used(998), 2, NOW) ?? '', /^with this 1,000 of the 1,000 paths/);
    assert.match(
      freePathsNote(used(999), 2, NOW) ?? '',
      /^with this 1,001 paths this month; AWS charges .* beyond 1,000$/,
    );
  });

  for (const serves of ['images', 'site'] as const) {
    it(`are told in the plan, and counted as CloudFront counts them, where the distribution serves the ${serves}`, async () => {
      const site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a', 'images/b.png': 'b' }, serves);
      try {
        await site.publish();
        const { forgotten: before, ...ledger } = await site.ledger();
        const month = new Date().toISOString().slice(0, 7);
        await site.store(LEDGER, JSON.stringify({ ...ledger, forgotten: { month, paths: 700 } }));
        assert.ok((before?.paths ?? 0) < 10);
        await site.put('images/a.png', 'A');
        await site.put('index.html', '<p>more');
        await site.drop('images/b.png');
        await controlPlane().send('DELETE', 'calls');
        const titles = stepsOf((await site.plan()).plan).map(({ title }) => title);
        await site.publish();
        const asked = (await invalidated()).flat().length;
        assert.ok(asked >= 2);
        const noted = titles.filter((title) => title.includes(`with this ${700 + asked} of the 1,000 paths`));
        assert.equal(noted.length, 1, titles.join('\n'));
        assert.deepEqual((await site.ledger()).forgotten, { month, paths: 700 + asked });
        if (serves === 'site') return;
        await site.put('images/a.png', 'AA');
        await site.upload('images/a.png');
        assert.deepEqual((await site.ledger()).forgotten, { month, paths: 701 + asked });
      } finally {
        await site.remove();
      }
    });
  }
});
