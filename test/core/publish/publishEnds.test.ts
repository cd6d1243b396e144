import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import { sample } from '../../setup/sampling';
import { controlPlane, newOp } from '../sandbox';
import { callsOf, newCutShort, pause, type CutShort, type Kind } from './cutShort';
import { mortal } from './mortal';
import { copyBySdk, ELSEWHERE, sendBySdk } from './publishDriver';

describe('a publication that ends before its end', function () {
  this.timeout(600_000);
  let cut: CutShort;

  before(async () => {
    cut = await newCutShort();
  });
  after(() => cut.site.remove());
  beforeEach(() => cut.renew());
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  for (const fails of ['before', 'after'] as const) {
    it(`converges when the server fails ${fails} it has put the pages in place`, async () => {
      const { plan } = await cut.site.plan();
      cut.site.server.failsNext = fails;
      await assert.rejects(run(plan, newOp()), /busy on the server/);
      await cut.holds();
      await cut.converges();
    });
  }

  it('converges after a cancel at any moment, and lets others publish at once', async () => {
    const count = stepsOf((await cut.site.plan()).plan).length;
    assert.equal(count, 7);
    // Each step is told when it begins and when it has ended.
    const moments = Array.from({ length: 2 * count }, (_, moment) => moment);
    for (const [index, moment] of sample(moments, 5, 'cancels', (one) => [one % 2]).entries()) {
      if (index > 0) await cut.renew();
      const controller = new AbortController();
      const op = newOp(controller.signal);
      let told = 0;
      const report = (_message: string, fraction?: number) => {
        if (fraction === undefined) return;
        told += 1;
        if (told === moment + 1) controller.abort();
      };
      const { plan } = await cut.site.plan();
      await run(plan, { ...op, report }).then(
        () => assert.equal(moment, 2 * count - 1),
        (error: unknown) => assert.equal((error as Error).name, 'AbortError'),
      );
      await cut.isFree();
      await cut.holds();
      await cut.site.plan({ origin: ELSEWHERE });
      await cut.converges();
    }
  });

  for (const nth of [1, 5]) {
    it(`keeps nobody waiting when it is cancelled while it writes ${nth === 1 ? 'that it begins' : 'what came of it'}`, async () => {
      const controller = new AbortController();
      const op = newOp(controller.signal);
      const { plan } = await cut.site.plan();
      const { revision } = await cut.site.ledger();
      await controlPlane().send('POST', 'faults', {
        ...{ service: 's3', action: 'PutObject', kind: 'delay', when: 'after', seconds: 3, nth },
      });
      const running = run(plan, op);
      const isWritten = async () => {
        const { publishing, ...ledger } = await cut.site.ledger();
        return nth === 1 ? publishing !== undefined : publishing === undefined && ledger.revision !== revision;
      };
      const steps = stepsOf(plan);
      while (!(await isWritten()) || !op.reports.includes(steps.at(nth === 1 ? 0 : -1)?.title ?? '')) await pause();
      controller.abort();
      await assert.rejects(running, { name: 'AbortError' });
      await cut.isFree();
      await cut.site.plan({ origin: ELSEWHERE });
      await cut.converges();
    });
  }
});

/** So many of the deaths of each are tried in `npm test`; a whole site waits for its readers each time. */
const DEATHS: Readonly<Record<Kind, number>> = { images: 4, hashed: 2, site: 1 };

for (const kind of ['images', 'hashed', 'site'] as const) {
  describe(`a publication during which the computer dies (${kind})`, function () {
    this.timeout(600_000);
    let cut: CutShort;

    before(async () => {
      cut = await newCutShort(kind);
    });
    after(() => cut.site.remove());
    beforeEach(() => cut.renew());

    it('converges after the computer died at any moment', async () => {
      // Those calls, and the command that puts the pages in place.
      const changes = callsOf(kind).length + 1;
      const moments = Array.from({ length: changes + 1 }, (_, moment) => moment);
      for (const [index, moment] of sample(moments, DEATHS[kind], `deaths of ${kind}`).entries()) {
        if (index > 0) await cut.renew();
        const computer = mortal(cut.site.context, moment);
        const { plan } = await cut.site.plan({ copy: copyBySdk, send: sendBySdk }, computer.context);
        const isOver = await Promise.race([computer.died.then(() => false), run(plan, newOp()).then(() => true)]);
        assert.equal(isOver, moment === changes, `${moment} changes`);
        await cut.site.bury();
        await cut.holds();
        await cut.converges();
      }
    });
  });
}
