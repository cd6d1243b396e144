import assert from 'node:assert/strict';
import { run } from '../../../src/core/plan';
import { sample } from '../../setup/sampling';
import { controlPlane, newOp } from '../sandbox';
import { CALLS, newCutShort, type CutShort } from './cutShort';
import { copyBySdk, ELSEWHERE, sendBySdk } from './publishDriver';

describe('a publication during which AWS fails', function () {
  this.timeout(600_000);
  let cut: CutShort;

  before(async () => {
    cut = await newCutShort();
  });
  after(() => cut.site.remove());
  beforeEach(() => cut.renew());
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const ways = CALLS.flatMap((call) => (['before', 'after', 'lost'] as const).map((way) => ({ call, way })));
  // Each way of each action at least once.
  for (const { call, way } of sample(ways, 12, 'faults of a publication', ({ call, way }) => [call.action + way])) {
    const name = `${call.action} ${call.nth}`;
    if (way === 'lost') {
      it(`goes on by itself when the answer to ${name} is lost`, async () => {
        const { plan } = await cut.site.plan();
        await controlPlane().send('POST', 'faults', { ...call, kind: 'cut', when: 'after' });
        await run(plan, newOp());
        await cut.isDone();
      });
      continue;
    }
    it(`converges on the next run when access is lost ${way} ${name}, and lets others publish at once`, async () => {
      const fault = { ...call, kind: 'error', when: way, times: 1, code: 'AccessDenied', status: 403 };
      const { plan } = await cut.site.plan({ copy: copyBySdk, send: sendBySdk });
      await controlPlane().send('POST', 'faults', { ...fault, message: 'sandbox' });
      await assert.rejects(run(plan, newOp()), /AccessDenied|sandbox/);
      await controlPlane().send('DELETE', 'faults');
      await cut.holds();
      await cut.site.plan({ origin: ELSEWHERE });
      await cut.converges();
    });
  }
});
