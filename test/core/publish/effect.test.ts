import assert from 'node:assert/strict';
import { effectOf } from '../../../src/core/publish/effect';
import type { ServerHave } from '../../../src/core/resources/server/server';
import type { SiteHave } from '../../../src/core/resources/stack';
import type { Outcome } from '../../../src/core/publish/wanted';
import { newOp } from '../sandbox';
import { run } from '../../../src/core/plan';
import { LEDGER, newPublishDriver } from './publishDriver';

const NOT_READ = { kind: 'absent' } as const;
const inspection = {
  webServer: { installed: true, enabled: true, active: true },
  ...{ release: 'r1', list: 'l1', placing: 'r2', settings: 's1' },
  mount: { partition: 'p', serial: 's', fileSystem: 'ext4', sizeBytes: 9, freeBytes: 7, inFstab: true },
};
const siteWith = (have: object): SiteHave => ({
  ...{ volume: NOT_READ, bucket: NOT_READ, distribution: NOT_READ },
  server: { kind: 'known', have: have as ServerHave, old: 'x' },
});
const outcome = (change: object) => ({ outcome: { isBucketChanged: false, ...change } as Outcome });

describe('what a publication changes of what is read of a site', function () {
  this.timeout(120_000);

  it('is what the server told of its inside, with the rest as it was', () => {
    const inside = { release: 'r2', list: 'l2', placing: undefined, settings: 's2' };
    const before = siteWith({ state: 'running', inspection });
    const told = effectOf(outcome({ deployed: { inside, isActive: false, freeBytes: 5 } }))(before);
    const webServer = { ...inspection.webServer, active: false };
    const now = { ...inspection, ...inside, webServer, mount: { ...inspection.mount, freeBytes: 5 } };
    assert.deepEqual(told, { site: siteWith({ state: 'running', inspection: now }), reread: [] });
    const untold = effectOf(outcome({ deployed: { inside, isActive: true, freeBytes: undefined } }))(before).site;
    assert.deepEqual(untold, siteWith({ state: 'running', inspection: { ...inspection, ...inside } }));
    assert.deepEqual(effectOf(outcome({}))(before), { site: before, reread: [] });
  });

  it('is to be read again where the inside of the server was not known, and where the bucket has other objects', () => {
    for (const before of [siteWith({ state: 'running' }), { ...siteWith({}), server: NOT_READ }]) {
      assert.deepEqual(effectOf(outcome({}))(before), { site: before, reread: ['server'] });
      assert.deepEqual(effectOf(outcome({ isBucketChanged: true }))(before).reread, ['bucket', 'server']);
    }
    const before = siteWith({ inspection });
    assert.deepEqual(effectOf(outcome({ isBucketChanged: true }))(before), { site: before, reread: ['bucket'] });
  });

  for (const serves of ['images', 'site'] as const) {
    it(`tells whether objects of the bucket change, where the distribution serves the ${serves}`, async () => {
      const site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a' }, serves);
      const isChanged = async (): Promise<boolean> => {
        const publication = await site.plan();
        const effect = effectOf(publication);
        await run(publication.plan, newOp());
        return effect(siteWith({ inspection })).reread.includes('bucket');
      };
      try {
        assert.equal(await isChanged(), true);
        await site.put('index.html', '<p>more');
        // Copies of pages lie there.
        assert.equal(await isChanged(), serves === 'site');
        await site.drop('images/a.png');
        assert.equal(await isChanged(), true);
        await site.put('text.txt', 'text');
        await site.store(LEDGER, JSON.stringify({ ...(await site.ledger()), toSweep: true }));
        assert.equal(await isChanged(), true);
        assert.equal(await isChanged(), false);
      } finally {
        await site.remove();
      }
    });
  }
});
