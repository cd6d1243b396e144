import assert from 'node:assert/strict';
import { run } from '../../../src/core/plan';
import { sample } from '../../setup/sampling';
import { controlPlane, newOp } from '../sandbox';
import { callsOf, newCutShort, type CutShort, type Kind } from './cutShort';
import { copyBySdk, ELSEWHERE, sendBySdk } from './publishDriver';

/** So many of the faults of each are tried in `npm test`; a whole site waits for its readers each time. */
const SAMPLES = { images: 12, hashed: 4, site: 3 } as const;

const TITLES: Readonly<Record<Kind, string>> = {
  images: 'the distribution serves the images',
  hashed: 'names of images hold their hash',
  site: 'the distribution serves the whole site',
};

for (const kind of ['images', 'hashed', 'site'] as const) {
  describe(`a publication during which AWS fails, where ${TITLES[kind]}`, function () {
    this.timeout(600_000);
    let cut: CutShort;

    before(async () => {
      cut = await newCutShort(kind);
    });
    after(() => cut.site.remove());
    beforeEach(() => cut.renew());
    afterEach(() => controlPlane().send('DELETE', 'faults'));

    const ways = callsOf(kind).flatMap((call) => (['before', 'after', 'lost'] as const).map((way) => ({ call, way })));
    // Of the images each way of each action at least once.
    const kindsOf = ({ call, way }: (typeof ways)[number]) => [kind === 'images' ? call.action + way : way];
    for (const { call, way } of sample(ways, SAMPLES[kind], `faults where ${TITLES[kind]}`, kindsOf)) {
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
}
