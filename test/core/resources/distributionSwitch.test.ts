import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { planSwitch } from '../../../src/core/resources/distribution/distributionSwitch';
import { parseSite } from '../../../src/core/site';
import { sample } from '../../setup/sampling';
import { controlPlane, newContext, newOp } from '../sandbox';
import { configOf, distributionOf, edit } from './edited';
import { callsOf, cancelledAt, keysOf, planned, provision, requests } from './provisioned';

const wanting = ({ site, clients }: Context, enabled: boolean): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, distribution: { ...site.distribution, enabled } })),
});
const switched = async (context: Context, enabled: boolean): Promise<Plan> => {
  const plan = await planSwitch(context, enabled, newOp());
  await run(plan, newOp());
  return plan;
};

describe('a distribution that is switched off and on', () => {
  let context: Context;
  before(async () => {
    context = newContext();
    await provision(context, 'distribution');
    await edit(context, (config) => ({ ...config, Comment: 'Our pictures', PriceClass: 'PriceClass_200' }));
  });
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  it('is disabled once the edges know, keeps all else of its config, and then there is nothing to do', async () => {
    const before = await configOf(context);
    const { id } = await distributionOf(context);
    const steps = stepsOf(await switched(context, false));
    assert.deepEqual(
      steps.map(({ key, loses }) => [key, loses]),
      [
        ['disableDistribution', 'uptime'],
        ['distributionDeployed', undefined],
      ],
    );
    assert.equal(
      steps[0]?.title,
      `disable distribution ${id}: readers lose the site’s images until it is enabled again`,
    );
    const { deployed, enabled } = await distributionOf(context);
    assert.deepEqual([deployed, enabled], [true, false]);
    assert.deepEqual(await configOf(context), { ...before, Enabled: false });
    assert.deepEqual(await planSwitch(context, false, newOp()), []);
  });

  it('is enabled again as it was, without anybody losing anything', async () => {
    const before = await configOf(context);
    const steps = stepsOf(await switched(context, true));
    assert.deepEqual(
      steps.map(({ key, loses }) => [key, loses]),
      [
        ['enableDistribution', undefined],
        ['distributionDeployed', undefined],
      ],
    );
    const { deployed, enabled } = await distributionOf(context);
    assert.deepEqual([deployed, enabled], [true, true]);
    assert.deepEqual(await configOf(context), { ...before, Enabled: true });
    assert.deepEqual(await planSwitch(context, true, newOp()), []);
  });

  it('is not changed by steps that run a second time', async () => {
    const plan = await switched(context, false);
    const calls = await callsOf(() => run(plan, newOp()));
    assert.deepEqual(requests(calls, 'UpdateDistribution'), []);
    await switched(context, true);
  });

  it('stays on its way to the edges when the wait is cancelled, and the next run waits on', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    const plan = await planSwitch(other, false, newOp());
    await assert.rejects(run(plan, cancelledAt(other.clients.cloudfront, 'GetDistributionCommand')), {
      name: 'AbortError',
    });
    assert.equal((await distributionOf(other)).enabled, false);
    await controlPlane().send('POST', 'settings', { deploySeconds: 600 });
    try {
      await edit(other, (config) => ({ ...config, Comment: 'Still on its way' }));
      assert.deepEqual(keysOf(await planSwitch(other, false, newOp())), ['distributionDeployed']);
    } finally {
      await controlPlane().send('POST', 'settings', { deploySeconds: 2 });
    }
    await switched(other, false);
    assert.deepEqual(await planSwitch(other, false, newOp()), []);
  });

  it('keeps what somebody else changes in the very moment', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    const plan = await planSwitch(other, false, newOp());
    let isEdited = false;
    other.clients.cloudfront.middlewareStack.add(
      (next, { commandName }) =>
        async (given) => {
          if (commandName === 'UpdateDistributionCommand' && !isEdited) {
            isEdited = true;
            await edit(other, (config) => ({ ...config, Comment: 'In between' }));
          }
          return next(given);
        },
      { step: 'initialize' },
    );
    await run(plan, newOp());
    const { Comment, Enabled } = await configOf(other);
    assert.deepEqual([Comment, Enabled], ['In between', false]);
  });

  it('is provisioned as the site file wants it: off on purpose stays off, and a plan that changes it says so', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    const { id } = await distributionOf(other);
    const off = wanting(other, false);
    const titles = async (one: Context) =>
      stepsOf(await planned(one, 'distribution')).map(({ title, loses }) => [title, loses]);
    const reason = 'the distribution is enabled, wanted disabled';
    assert.deepEqual(await titles(off), [[`put distribution ${id} in order (${reason})`, 'uptime']]);
    await provision(off, 'distribution');
    assert.deepEqual(await titles(off), []);
    assert.deepEqual((await distributionOf(off)).drift, []);
    assert.deepEqual(await titles(other), [
      [`put distribution ${id} in order (the distribution is disabled, wanted enabled)`, undefined],
    ]);
  });

  it('is made disabled where the site file wants it so', async () => {
    const other = wanting(newContext(), false);
    await provision(other, 'distribution');
    assert.equal((await distributionOf(other)).enabled, false);
    assert.deepEqual(keysOf(await planned(other, 'distribution')), []);
  });

  it('is named as lacking, with the way on, where there is none', async () => {
    await assert.rejects(
      planSwitch(newContext(), false, newOp()),
      /no distribution yet\. Run “Provision Distribution…”/,
    );
  });

  const actions = ['GetDistributionConfig', 'UpdateDistribution', 'GetDistribution'];
  const all = actions.flatMap((action) => (['before', 'after', 'cut'] as const).map((way) => ({ action, way })));
  for (const { action, way } of sample(all, 5, 'faults of a switched distribution', (one) => [one.action, one.way])) {
    it(`converges when ${way === 'cut' ? `the answer to ${action} is cut` : `access is lost ${way} ${action}`}`, async () => {
      const other = newContext();
      await provision(other, 'distribution');
      const plan = await planSwitch(other, false, newOp());
      const service = 'cloudfront';
      if (way === 'cut') {
        await controlPlane().send('POST', 'faults', { service, action, kind: 'cut', when: 'after' });
        await run(plan, newOp());
      } else {
        const error = { kind: 'error', when: way, code: 'AccessDenied', status: 403, message: 'sandbox' };
        await controlPlane().send('POST', 'faults', { service, action, ...error });
        await assert.rejects(run(plan, newOp()));
        await controlPlane().send('DELETE', 'faults');
        await switched(other, false);
      }
      assert.equal((await distributionOf(other)).enabled, false);
      assert.deepEqual(await planSwitch(other, false, newOp()), []);
    });
  }
});
