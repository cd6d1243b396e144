import assert from 'node:assert/strict';
import type { Prices } from '../../src/core/cost/prices';
import type { Leftover } from '../../src/core/resources/teardown/leftover';
import { leftoversDocument, leftText } from '../../src/shell/leftoversText';

const of = (siteId: string, kind: string, id: string, others: Partial<Leftover>): Leftover => ({
  ...{ siteId, kind, id, region: 'us-east-1', about: '', costs: 'nothing' },
  ...others,
});
const volume = of('abcd1234', 'volume', 'vol-1', {
  ...{ about: '2 GiB, available', costs: 'existence' },
  charges: [{ rate: 'disk gp3', quantity: 2, what: 'volume, 2 GiB gp3' }],
});
const bucket = of('abcd1234', 'bucket', 'sitelift-x', { costs: 'use' });
const role = of('zzzz9999', 'role', 'sitelift-z-server', { region: undefined });
const prices: Prices = {
  region: 'us-east-1',
  tiers: new Map([['disk gp3', [{ from: 0, usd: 0.08 }]]]),
  readMs: Date.UTC(2026, 10, 20, 12),
};
const looked = { regions: ['us-east-1'], unread: [] };

describe('the text of what is left', () => {
  it('names what costs, and only counts the rest', () => {
    assert.equal(
      leftText({ ...looked, found: [volume, role] }),
      'What still costs: volume vol-1. Left as well, at no cost: 1 thing.',
    );
    // What costs by use is no less than that.
    assert.equal(leftText({ ...looked, found: [bucket] }), 'What still costs: bucket sitelift-x.');
    assert.equal(leftText({ ...looked, found: [] }), 'Nothing of it costs any more.');
    assert.equal(
      leftText({ ...looked, found: [], unread: ['Could not read the buckets: denied.'] }),
      'Of what could be read, nothing costs any more. Could not read the buckets: denied.',
    );
  });

  it('is a table for each site, what costs first, with prices and their day', () => {
    const text = leftoversDocument(
      'What is left',
      { ...looked, found: [role, bucket, volume], prices: new Map([['us-east-1', prices]]) },
      [{ id: 'abcd1234', name: 'demo' }],
      ['Account 123456789012'],
    );
    assert.equal(
      text,
      [
        ...['What is left', '', 'Account 123456789012', 'Looked at 1 region, and at what is in no region.', ''],
        'Site “demo” (abcd1234): about $0.16 a month in us-east-1',
        '  $0.16 a month  us-east-1  volume  vol-1       2 GiB, available',
        '  costs by use   us-east-1  bucket  sitelift-x',
        '',
        'Site zzzz9999, which is not of this window: nothing that costs from hour to hour',
        '  costs nothing  no region  role  sitelift-z-server',
        '',
        'Prices: AWS’s list for us-east-1, read on 20 November 2026; a month has 730 hours.',
        'Traffic, requests and taxes are not included.',
        '',
      ].join('\n'),
    );
  });

  it('says that a price is not known, and what could not be read', () => {
    const text = leftoversDocument(
      'What is left',
      { ...looked, found: [volume], unread: ['Could not read the roles: denied.'], prices: new Map() },
      [],
    );
    assert.match(text, / {2}price not known {2}us-east-1 {2}volume {2}vol-1 {2}2 GiB, available\n/);
    assert.match(text, /price not known in us-east-1/);
    assert.match(text, /Could not be read:\nCould not read the roles: denied\.\n$/);
  });

  it('shows nothing of names that come from AWS but their letters', () => {
    const hostile = of('abcd1234', 'volume', 'vol\n- forged\u202e', { about: '[x](command:y)', costs: 'use' });
    const text = leftoversDocument(
      'What is left',
      { ...looked, found: [hostile], unread: ['\u202e[y](command:z)'], prices: new Map() },
      [],
    );
    assert.doesNotMatch(text, /\n- forged|\u202e|\]\(command/);
  });
});
