import assert from 'node:assert/strict';
import {
  addressCharge,
  diskCharge,
  ended,
  idleAddressCharge,
  instanceCharge,
  objectsCharge,
  type Charge,
} from '../../../src/core/cost/charge';
import { changeText, chargeLines, costText, priceNotes, usdText } from '../../../src/core/cost/costText';
import { costOf, usdOf } from '../../../src/core/cost/prices';
import { PRICES } from './somePrices';

const GIB = 2 ** 30;

describe('a sum of charges', () => {
  it('is the quantity of each at its price', () => {
    const usd = (charge: Charge) => Number(usdOf(charge, PRICES)?.toFixed(4));
    assert.equal(usd(instanceCharge('t3.micro')), 7.3);
    assert.equal(usd(diskCharge('gp3', 8, 'disk')), 0.8);
    assert.equal(usd(ended(addressCharge())), -1.46);
    assert.equal(usdOf(instanceCharge('m7i.large'), PRICES), undefined);
  });

  it('counts each tier at its own price', () => {
    const usd = (gib: number) => usdOf(objectsCharge(gib * GIB), PRICES);
    assert.deepEqual([usd(50), usd(100), usd(150), usd(1000)], [2.5, 5, 7, 5 + 16 + 500 * 0.02]);
  });

  it('leaves out what has no price, and tells it', () => {
    const disk = diskCharge(undefined, 5, 'volume');
    assert.deepEqual(costOf([addressCharge(), disk], PRICES), { usd: 1.46, unknown: [disk] });
    assert.deepEqual(costOf([disk, ended(disk)], PRICES), { usd: 0, unknown: [] });
  });

  it('is told as a change of a step, and as a cost', () => {
    const change = (...charges: Charge[]) => changeText(charges, PRICES);
    assert.equal(change(), '');
    assert.equal(change(instanceCharge('t3.micro'), diskCharge('gp3', 8, 'disk')), '+$8.10 a month');
    assert.equal(change(ended(addressCharge())), '−$1.46 a month');
    assert.equal(change(addressCharge(), ended(addressCharge())), 'the same cost');
    assert.equal(change(idleAddressCharge('192.0.2.1')), 'price not known');
    assert.equal(change(addressCharge(), ended(idleAddressCharge())), '+$1.46 a month and what has no known price');
    const cost = (isWhole: boolean, ...charges: Charge[]) => costText(costOf(charges, PRICES), isWhole);
    assert.equal(cost(true), 'nothing');
    assert.equal(cost(false), 'price not known');
    assert.equal(cost(true, addressCharge()), 'about $1.46 a month');
    assert.equal(cost(false, addressCharge()), 'at least $1.46 a month');
    assert.equal(cost(true, addressCharge(), idleAddressCharge()), 'at least $1.46 a month');
    assert.equal(cost(true, idleAddressCharge()), 'price not known');
    assert.deepEqual([0, 0.004, 0.005, 1234.5, -3.65].map(usdText), [
      ...['$0.00', 'less than $0.01', '$0.01', '$1234.50', '−$3.65'],
    ]);
  });

  it('is told with its parts, the day of the prices, and where those are that are not known', () => {
    const charges = [addressCharge(), idleAddressCharge('192.0.2.1'), diskCharge('io2', 4, 'volume')];
    assert.deepEqual(chargeLines(charges, PRICES), [
      'public IPv4 address: $1.46 a month',
      'Elastic IP address 192.0.2.1, not in use: price not known',
      'volume, 4 GiB io2: price not known',
    ]);
    assert.deepEqual(priceNotes(charges, PRICES), [
      'Prices: AWS’s list for us-east-1, read on 5 March 2026; a month has 730 hours.',
      'Price not known; AWS tells it at https://aws.amazon.com/vpc/pricing/ and https://aws.amazon.com/ebs/pricing/',
      'Traffic, requests and taxes are not included.',
    ]);
    const none = { region: 'us-east-1', tiers: new Map(), readMs: undefined };
    assert.deepEqual(priceNotes([], none), ['Traffic, requests and taxes are not included.']);
  });
});
