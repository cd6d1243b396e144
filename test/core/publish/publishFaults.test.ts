import assert from 'node:assert/strict';
import { run } from '../../../src/core/plan';
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

  for (const call of CALLS) {
    const name = `${call.action} ${call.nth}`;
    for (const when of ['before', 'after'] as const) {
      it(`converges on the next run when access is lost ${when} ${name}, and lets others publish at once`, async () => {
        const fault = { ...call, kind: 'error', when, times: 1, code: 'AccessDenied', status: 403, message: 'sandbox' };
        const { plan } = await cut.site.plan({ copy: copyBySdk, send: sendBySdk });
        await controlPlane().send('POST', 'faults', fault);
        await assert.rejects(run(plan, newOp()), /AccessDenied|sandbox/);
        await controlPlane().send('DELETE', 'faults');
        await cut.holds();
        await cut.site.plan({ origin: ELSEWHERE });
        await cut.converges();
      });
    }
    it(`goes on by itself when the answer to ${name} is lost`, async () => {
      const { plan } = await cut.site.plan();
      await controlPlane().send('POST', 'faults', { ...call, kind: 'cut', when: 'after' });
      await run(plan, newOp());
      await cut.isDone();
    });
  }
});
