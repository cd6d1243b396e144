import assert from 'node:assert/strict';
import { createClients, type Clients } from '../../../src/core/aws/clients';
import type { Rate } from '../../../src/core/cost/charge';
import { readPrices } from '../../../src/core/cost/readPrices';
import { UserError, type Op } from '../../../src/core/op';
import type { LocalCache } from '../../../src/core/release/localCache';
import { newMemoryCache } from '../release/memoryCache';
import { callsOf } from '../resources/provisioned';
import { controlPlane, newOp, refuse } from '../sandbox';

const DAY_MS = 24 * 3600 * 1000;
const NOW = 1_800_000_000_000;
const ALL: readonly Rate[] = ['instance t3.micro', 'disk gp3', 'snapshot', 'address', 'idleAddress', 'objects'];
const newClients = () => createClients({ region: 'us-east-1' });

interface How {
  readonly region?: string;
  readonly rates?: readonly Rate[];
  readonly nowMs?: number;
  readonly limitSeconds?: number;
  readonly op?: Op;
}

describe('reading prices', () => {
  let cache: LocalCache;
  beforeEach(() => {
    cache = newMemoryCache();
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'denies');
  });

  const read = (clients: Clients, { region = 'us-east-1', rates = ALL, op = newOp(), ...how }: How = {}) =>
    readPrices(clients, region, rates, { cache, retrySeconds: 60, nowMs: NOW, ...how }, op);
  const asked = async (work: () => Promise<unknown>) =>
    (await callsOf(work)).filter(({ action }) => action === 'GetProducts').length;
  const delay = (seconds: number) =>
    controlPlane().send('POST', 'faults', {
      ...{ service: 'pricing', action: 'GetProducts', kind: 'delay', seconds, times: 100 },
    });

  it('finds each in AWS’s price list of the region', async () => {
    for (const region of ['us-east-1', 'eu-central-1', 'eu-west-1']) {
      const { prices, problems } = await read(newClients(), { region });
      assert.deepEqual(problems, []);
      assert.deepEqual([...prices.tiers.keys()].sort(), [...ALL].sort());
      assert.deepEqual([prices.region, prices.readMs], [region, NOW]);
    }
    const { prices } = await read(newClients());
    const { prices: others } = await read(newClients(), { region: 'eu-west-1' });
    assert.equal(prices.tiers.get('objects')?.length, 3);
    assert.ok((prices.tiers.get('disk gp3')?.[0]?.usd ?? 9) < (others.tiers.get('disk gp3')?.[0]?.usd ?? 0));
  });

  it('asks AWS once for each and not again for a week, also in another window', async () => {
    const clients = newClients();
    assert.equal(await asked(() => read(clients)), ALL.length);
    assert.equal(await asked(() => read(clients)), 0);
    assert.equal(await asked(() => read(newClients())), 0);
    assert.equal(await asked(() => read(newClients(), { region: 'eu-west-1', rates: ['address'] })), 1);
    const { prices } = await read(newClients(), { nowMs: NOW + 6 * DAY_MS });
    assert.equal(prices.readMs, NOW);
    assert.equal(await asked(() => read(newClients(), { nowMs: NOW + 8 * DAY_MS })), ALL.length);
    assert.equal((await read(newClients(), { nowMs: NOW + 8 * DAY_MS })).prices.readMs, NOW + 8 * DAY_MS);
    // A clock that was put back does not make them last for ever.
    assert.equal(await asked(() => read(newClients(), { nowMs: NOW - 30 * DAY_MS })), ALL.length);
  });

  it('asks only for what is not remembered, and tells the day of the oldest', async () => {
    await read(newClients(), { rates: ['address'] });
    const calls = await asked(() => read(newClients(), { rates: ['address', 'snapshot'], nowMs: NOW + DAY_MS }));
    assert.equal(calls, 1);
    const { prices } = await read(newClients(), { rates: ['address', 'snapshot'], nowMs: NOW + DAY_MS });
    assert.equal(prices.readMs, NOW);
  });

  it('takes what somebody else wrote into the cache for nothing', async () => {
    for (const text of ['{', '[]', '{"address":{"readMs":1}}', `{"address":{"readMs":${NOW},"tiers":[]}}`]) {
      await cache.put('prices us-east-1', Buffer.from(text));
      assert.equal((await read(newClients(), { rates: ['address'] })).prices.tiers.size, 1, text);
    }
    await cache.put('prices us-east-1', Buffer.from(`{"address":{"readMs":${NOW},"tiers":[{"from":0,"usd":-1}]}}`));
    assert.ok(((await read(newClients(), { rates: ['address'] })).prices.tiers.get('address')?.[0]?.usd ?? -1) > 0);
  });

  it('does without what may not be asked, tells why once, and asks again after a while', async () => {
    await controlPlane().send('POST', 'denies', { action: 'pricing:GetProducts' });
    const clients = newClients();
    const { prices, problems } = await read(clients, { rates: ['address', 'snapshot'] });
    assert.deepEqual([prices.tiers.size, prices.readMs, problems.length], [0, undefined, 2]);
    assert.match(problems[0] ?? '', /^Price of address in us-east-1 not known: .*pricing:GetProducts/);
    await controlPlane().send('DELETE', 'denies');
    assert.equal(await asked(async () => assert.deepEqual((await read(clients)).problems, [])), ALL.length - 2);
    const later = await read(clients, { nowMs: NOW + 61_000 });
    assert.equal(later.prices.tiers.size, ALL.length);
  });

  it('gives what it has when AWS fails for one, or sells it in no such place', async () => {
    await refuse('pricing', 'GetProducts', 'InvalidParameterException', 400);
    const { prices, problems } = await read(newClients(), { rates: ['address', 'snapshot'] });
    assert.deepEqual([prices.tiers.size, problems.length], [1, 1]);
    const others = await read(newClients(), { rates: ['instance x9.huge', 'disk io2', 'snapshot'] });
    assert.deepEqual([others.prices.tiers.size, others.problems.length], [1, 2]);
    assert.match(others.problems[0] ?? '', /has no BoxUsage:x9\.huge in us-east-1/);
    assert.match(others.problems[1] ?? '', /disk io2 in us-east-1 not known: It has no single price/);
  });

  it('waits no longer than its limit, and ends with the reading’s own deadline', async () => {
    await delay(30);
    const late = await read(newClients(), { rates: ['address'], limitSeconds: 0.2 });
    assert.deepEqual([late.prices.tiers.size, late.problems.length], [0, 1]);
    const controller = new AbortController();
    controller.abort(new UserError('Too late.'));
    const { prices } = await read(newClients(), { rates: ['address'], op: newOp(controller.signal) });
    assert.equal(prices.tiers.size, 0);
  });

  it('does not wait for credentials that do not come', async () => {
    const clients = newClients();
    clients.pricing.middlewareStack.add(() => () => new Promise(() => undefined), { step: 'initialize' });
    assert.equal((await read(clients, { rates: ['address'], limitSeconds: 0.2 })).prices.tiers.size, 0);
  });

  it('ends when it is cancelled, and remembers nothing of that', async () => {
    await delay(30);
    const controller = new AbortController();
    const clients = newClients();
    const reading = read(clients, { rates: ['address'], op: newOp(controller.signal), limitSeconds: 60 });
    setImmediate(() => controller.abort());
    await assert.rejects(reading, { name: 'AbortError' });
    await controlPlane().send('DELETE', 'faults');
    assert.equal((await read(clients, { rates: ['address'] })).prices.tiers.size, 1);
  });
});
