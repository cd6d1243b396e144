import assert from 'node:assert/strict';
import { COUNTRY_CODES } from '../../../src/core/countries';
import { countryName } from '../../../src/core/countryName';
import type { Context } from '../../../src/core/context';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import {
  inOrder,
  isSameRestriction,
  restrictionsFor,
  restrictionText,
  shutsOut,
  type GeoRestriction,
} from '../../../src/core/resources/distribution/geoRestriction';
import { planRestriction } from '../../../src/core/resources/distribution/planRestriction';
import { parseSite } from '../../../src/core/site';
import { sample } from '../../setup/sampling';
import { controlPlane, newContext, newOp } from '../sandbox';
import { configOf, distributionOf, edit } from './edited';
import { callsOf, keysOf, planned, provision, requests } from './provisioned';

const wanting = ({ site, clients }: Context, geoRestriction: GeoRestriction): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, distribution: { ...site.distribution, geoRestriction } })),
});
const restricted = async (context: Context, wanted: GeoRestriction): Promise<Plan> => {
  const plan = await planRestriction(context, wanted, newOp());
  await run(plan, newOp());
  return plan;
};

describe('a geo restriction', () => {
  it('is the same whatever the order of its countries, and another by its kind', () => {
    assert.ok(isSameRestriction({ allow: ['DE', 'AT', 'DE'] }, { allow: ['AT', 'DE'] }));
    assert.ok(!isSameRestriction({ allow: ['DE'] }, { block: ['DE'] }));
    assert.ok(!isSameRestriction({ allow: ['DE'] }, { allow: ['DE', 'AT'] }));
    assert.ok(!isSameRestriction('none', { block: ['DE'] }));
    assert.deepEqual(inOrder({ block: ['FR', 'BE', 'FR'] }), { block: ['BE', 'FR'] });
  });

  it('is told by the names of its countries', () => {
    assert.equal(restrictionText('none'), 'none');
    assert.equal(restrictionText({ allow: ['DE', 'AT'] }), 'only Austria, Germany');
    assert.equal(restrictionText({ block: ['KP'] }), 'all but North Korea');
    assert.match(restrictionText({ allow: COUNTRY_CODES.slice(0, 20) }), /^only (?:[^,]+, ){11}[^,]+ and 8 more$/);
  });

  it('names every country that CloudFront knows', () => {
    assert.equal(new Set(COUNTRY_CODES).size, 249);
    assert.deepEqual(
      COUNTRY_CODES.filter((code) => !/^[A-Z]{2}$/.test(code) || countryName(code) === code),
      [],
    );
  });

  it('shuts somebody out just when a country is no longer let in', () => {
    const cases: readonly (readonly [GeoRestriction, GeoRestriction, boolean])[] = [
      ['none', { block: ['FR'] }, true],
      ['none', { allow: ['FR'] }, true],
      [{ block: ['FR'] }, 'none', false],
      [{ allow: ['FR'] }, { allow: ['FR', 'DE'] }, false],
      [{ allow: ['FR', 'DE'] }, { allow: ['FR'] }, true],
      [{ block: ['FR'] }, { block: ['FR', 'DE'] }, true],
      [{ block: ['FR', 'DE'] }, { block: ['FR'] }, false],
      [{ allow: ['FR'] }, { block: ['DE'] }, false],
      [{ allow: ['FR'] }, { block: ['FR'] }, true],
    ];
    for (const [before, after, expected] of cases)
      assert.equal(shutsOut(before, after), expected, JSON.stringify(after));
  });
});

describe('the geo restriction of a distribution', () => {
  let context: Context;
  before(async () => {
    context = newContext();
    await provision(context, 'distribution');
    await edit(context, (config) => ({ ...config, Comment: 'Our pictures', PriceClass: 'PriceClass_200' }));
  });
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const changes: readonly (readonly [GeoRestriction, string, 'uptime' | undefined])[] = [
    [{ allow: ['AT', 'DE'] }, 'to “only Austria, Germany” (now “none”)', 'uptime'],
    [{ allow: ['DE', 'AT', 'FR'] }, 'to “only Austria, France, Germany” (now “only Austria, Germany”)', undefined],
    [{ block: ['FR'] }, 'to “all but France” (now “only Austria, France, Germany”)', 'uptime'],
    ['none', 'to “none” (now “all but France”)', undefined],
  ];
  for (const [wanted, words, loses] of changes) {
    it(`is set ${words} once the edges know, all else stays, and then there is nothing to do`, async () => {
      const before = await configOf(context);
      const { id } = await distributionOf(context);
      const [step, ...others] = stepsOf(await restricted(context, wanted));
      assert.deepEqual([step?.key, step?.loses], ['geoRestriction', loses]);
      assert.equal(step?.title, `set the geo restriction of distribution ${id} ${words}`);
      assert.deepEqual(
        others.map(({ key }) => key),
        ['distributionDeployed'],
      );
      const have = await distributionOf(context);
      assert.ok(have.deployed && isSameRestriction(have.geoRestriction, wanted));
      assert.deepEqual(await configOf(context), { ...before, Restrictions: restrictionsFor(wanted) });
      assert.deepEqual(await planRestriction(context, wanted, newOp()), []);
      assert.deepEqual(keysOf(await planned(wanting(context, wanted), 'distribution')), []);
    });
  }

  it('is not changed by steps that run a second time', async () => {
    const plan = await restricted(context, { block: ['FR'] });
    const calls = await callsOf(() => run(plan, newOp()));
    assert.deepEqual(requests(calls, 'UpdateDistribution'), []);
  });

  it('is provisioned as the site file asks, with both in words where they differ', async () => {
    const other = newContext();
    await provision(wanting(other, { allow: ['DE'] }), 'distribution');
    const { geoRestriction, id } = await distributionOf(other);
    assert.deepEqual(geoRestriction, { allow: ['DE'] });
    const titles = async (one: Context) =>
      stepsOf(await planned(one, 'distribution')).map(({ title, loses }) => [title, loses]);
    const told = (found: string, wanted: string) =>
      `put distribution ${id} in order (the geo restriction is ${found}, wanted ${wanted})`;
    const blocking = wanting(other, { block: ['DE'] });
    assert.deepEqual(await titles(blocking), [[told('only Germany', 'all but Germany'), 'uptime']]);
    assert.deepEqual(await titles(wanting(other, 'none')), [[told('only Germany', 'none'), undefined]]);
    await provision(wanting(other, 'none'), 'distribution');
    assert.equal((await distributionOf(other)).geoRestriction, 'none');
    assert.deepEqual(await titles(wanting(other, 'none')), []);
  });

  it('stays as somebody set it in the console where the site file asks for none in particular', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    await edit(other, (config) => ({ ...config, Restrictions: restrictionsFor({ block: ['FR'] }), Enabled: false }));
    await provision(other, 'distribution');
    const { enabled, geoRestriction } = await distributionOf(other);
    assert.deepEqual([enabled, geoRestriction], [true, { block: ['FR'] }]);
    assert.deepEqual(keysOf(await planned(other, 'distribution')), []);
  });

  const actions = ['GetDistributionConfig', 'UpdateDistribution', 'GetDistribution'];
  const all = actions.flatMap((action) => (['before', 'after', 'cut'] as const).map((way) => ({ action, way })));
  for (const { action, way } of sample(all, 4, 'faults of a geo restriction', (one) => [one.action, one.way])) {
    it(`converges when ${way === 'cut' ? `the answer to ${action} is cut` : `access is lost ${way} ${action}`}`, async () => {
      const other = newContext();
      const wanted: GeoRestriction = { block: ['FR'] };
      await provision(other, 'distribution');
      const plan = await planRestriction(other, wanted, newOp());
      const service = 'cloudfront';
      if (way === 'cut') {
        await controlPlane().send('POST', 'faults', { service, action, kind: 'cut', when: 'after' });
        await run(plan, newOp());
      } else {
        const error = { kind: 'error', when: way, code: 'AccessDenied', status: 403, message: 'sandbox' };
        await controlPlane().send('POST', 'faults', { service, action, ...error });
        await assert.rejects(run(plan, newOp()));
        await controlPlane().send('DELETE', 'faults');
        await restricted(other, wanted);
      }
      assert.deepEqual((await distributionOf(other)).geoRestriction, wanted);
      assert.deepEqual(await planRestriction(other, wanted, newOp()), []);
    });
  }
});
