import assert from 'node:assert/strict';
import { isParked, run, stepsOf } from '../../../src/core/plan';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { soFarOf } from '../../../src/core/soFar';
import { count, keysOf, planned, provision } from '../resources/provisioned';
import { controlPlane, newContext, newOp } from '../sandbox';

describe('an account that AWS has not verified for CloudFront', () => {
  const set = (unverifiedAccount: number) =>
    controlPlane().send('POST', 'settings', { unverifiedAccount, profileSeconds: 0, deploySeconds: 0.1 });
  afterEach(() => set(0));

  for (const serves of ['images', 'site'] as const) {
    it(`gets all but the distribution that serves the ${serves}, which the next plan makes once it is`, async () => {
      await set(1);
      const context = newContext((file) => (file['distribution'] = { serves }));
      const plan = await planned(context, 'all');
      const error: unknown = await run(plan, newOp()).catch((thrown: unknown) => thrown);
      assert.ok(isParked(error), String(error));
      assert.match(
        String(error),
        /until AWS has verified it\. All that does not need one was done\. .*“Your account must be verified .* provision again/,
      );
      const { begun, done, waiting } = soFarOf(error) ?? assert.fail('nothing noted');
      assert.deepEqual([done.length, begun.length], [stepsOf(plan).length - 2, 0]);
      assert.equal(waiting.length, 2);
      assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
      const left = ['distribution', 'bucketPolicy'];
      assert.deepEqual(keysOf(await planned(context, 'all')), left);
      await assert.rejects(provision(context, 'all'), isParked);
      await set(0);
      assert.deepEqual(await provision(context, 'all'), left);
      assert.deepEqual(keysOf(await planned(context, 'all')), []);
    });
  }

  it('shuts no reader out of a server whose pages no distribution serves yet', async () => {
    const open = newContext();
    await provision(open, 'server');
    await set(1);
    const wish = { server: { ...open.site.server, openTo: 'cloudfront' }, distribution: { serves: 'site' } };
    const narrow = { ...open, site: parseSite(JSON.stringify({ ...open.site, ...wish })) };
    const error: unknown = await provision(narrow, 'all').catch((thrown: unknown) => thrown);
    assert.ok(isParked(error), String(error));
    assert.ok(soFarOf(error)?.waiting.some(({ title }) => title.startsWith('keep port 80 ')));
    assert.equal(known((await describeSite(narrow, newOp())).server)?.reach?.everyone, true);
  });
});
