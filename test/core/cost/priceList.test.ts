import assert from 'node:assert/strict';
import { tiersOf } from '../../../src/core/cost/priceList';
import { pricingPage, productOf } from '../../../src/core/cost/product';

const micro = productOf('instance t3.micro') ?? assert.fail('no product');
const dimension = (USD: string, more: object = {}) => ({
  ...{ unit: 'Hrs', beginRange: '0', endRange: 'Inf', pricePerUnit: { USD } },
  ...more,
});
const offer = (...dimensions: object[]) => ({
  priceDimensions: Object.fromEntries(dimensions.map((one, index) => [`r${index}`, one])),
});
const item = (offers: object[], attributes: object = {}) =>
  JSON.stringify({
    product: {
      attributes: {
        ...{ usagetype: 'BoxUsage:t3.micro', regionCode: 'us-east-1', locationType: 'AWS Region' },
        ...attributes,
      },
    },
    terms: { OnDemand: Object.fromEntries(offers.map((one, index) => [`o${index}`, one])) },
  });
const read = (...texts: string[]) => tiersOf(texts, micro, 'us-east-1');

describe('the price list', () => {
  it('tells the price of the usage asked for, with or without the prefix of a region', () => {
    for (const prefix of ['', 'EU-', 'EUC1-', 'USE1-', 'APS10-']) {
      const usagetype = `${prefix}BoxUsage:t3.micro`;
      assert.deepEqual(read(item([offer(dimension('0.0104'))], { usagetype })), [{ from: 0, usd: 0.0104 }]);
    }
  });

  it('tells its tiers in their order', () => {
    const tiers = [
      dimension('0.021', { beginRange: '512000', endRange: 'Inf' }),
      dimension('0.023', { endRange: '51200' }),
      dimension('0.022', { beginRange: '51200', endRange: '512000' }),
    ];
    assert.deepEqual(read(item([offer(...tiers)])), [
      { from: 0, usd: 0.023 },
      { from: 51_200, usd: 0.022 },
      { from: 512_000, usd: 0.021 },
    ]);
  });

  it('takes no other usage, place or region for it', () => {
    const right = item([offer(dimension('0.01'))]);
    for (const attributes of [
      { usagetype: 'UnusedBox:t3.micro' },
      { usagetype: 'BoxUsage:t3.micro.outposts' },
      { usagetype: 'EUC1-Other-BoxUsage:t3.micro' },
      { locationType: 'AWS Outposts' },
      { regionCode: 'us-east-1-bos-1' },
    ]) {
      const other = item([offer(dimension('9'))], attributes);
      assert.deepEqual(read(other, right), [{ from: 0, usd: 0.01 }]);
      assert.throws(() => read(other), /has no BoxUsage:t3\.micro in us-east-1/);
    }
  });

  it('tells no price when several do not agree, and the price when they do', () => {
    const [one, same, other] = ['0.01', '0.0100', '0.02'].map((usd) => offer(dimension(usd)));
    const products = (...offers: (object | undefined)[]) => offers.map((found) => item([found ?? {}]));
    assert.deepEqual(read(...products(one, same)), [{ from: 0, usd: 0.01 }]);
    assert.throws(() => read(...products(one, other)), /has several prices of BoxUsage/);
    assert.throws(() => read(item([one ?? {}, other ?? {}])), /has several prices of BoxUsage/);
  });

  it('tells no price rather than a wrong one when anything is not as expected', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{', /not as expected at its top/],
      ['[]', /not as expected/],
      ['{"product":{"attributes":{}}}', /not as expected at product\.attributes/],
      [
        item([offer(dimension('-1'))]),
        /not as expected at terms\.OnDemand\.o0\.priceDimensions\.r0\.pricePerUnit\.USD/,
      ],
      [item([offer(dimension('1e3'))]), /not as expected/],
      [item([offer(dimension(''))]), /not as expected/],
      [item([offer({ ...dimension('1'), pricePerUnit: { CNY: '1' } })]), /not as expected/],
      [item([offer(dimension('1', { endRange: 'Infinity' }))]), /not as expected/],
      [item([offer(dimension('1', { unit: 'Quantity' }))]), /counts Quantity instead of Hrs/],
      [item([offer(dimension('0.0000000000'))]), /says that it is free/],
      [item([offer(dimension('1', { beginRange: '5' }))]), /gaps between its tiers/],
      [item([offer(dimension('1', { endRange: '5' }))]), /gaps between its tiers/],
      [item([offer()]), /gaps between its tiers/],
      [item([]), /has no BoxUsage/],
    ];
    for (const [text, message] of wrong) assert.throws(() => read(text), message, text);
    assert.throws(() => read(), /has no BoxUsage/);
  });

  it('is asked for nothing that has more than a price of its size', () => {
    assert.equal(productOf('disk io2'), undefined);
    assert.equal(productOf('disk of unknown type'), undefined);
    assert.equal(productOf('disk gp3')?.usageType, 'EBS:VolumeUsage.gp3');
    assert.equal(pricingPage('disk io2'), 'https://aws.amazon.com/ebs/pricing/');
  });
});
