import { ReleaseAddressCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { objectsCharge, ratesOf, type Charge } from '../../../src/core/cost/charge';
import { costOf, type Prices } from '../../../src/core/cost/prices';
import { readPrices } from '../../../src/core/cost/readPrices';
import { stopCharges } from '../../../src/core/cost/serverCharges';
import { chargesOfSite, stoppedCharges, wantedCharges } from '../../../src/core/cost/siteCharges';
import { whatStillCosts } from '../../../src/core/cost/stillCosts';
import { run, stepsOf } from '../../../src/core/plan';
import { NO_CACHE } from '../../../src/core/release/localCache';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type SiteHave } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';
import { INSIDE, planned, releaseAll } from '../resources/provisioned';

const absent = { kind: 'absent' } as const;
const nothing: SiteHave = { server: absent, volume: absent, bucket: absent, distribution: absent };
const source = { cache: NO_CACHE, retrySeconds: 0 };
const asking = (context: Context, server: object): Context => ({
  ...context,
  site: parseSite(JSON.stringify({ ...context.site, server: { ...context.site.server, ...server } })),
});
const usdOf = async (context: Context, charges: readonly Charge[], idle = 1): Promise<number> => {
  const { prices } = await readPrices(context.clients, 'us-east-1', ratesOf(charges), source, newOp());
  // Of another price than one in use, so that the two are told apart.
  const tiers = new Map(prices.tiers);
  tiers.set('idleAddress', [{ from: 0, usd: idle }]);
  const all: Prices = { ...prices, tiers };
  const { unknown, usd } = costOf(charges, all);
  assert.deepEqual(unknown, []);
  return Math.round(usd * 1e6) / 1e6;
};

describe('what a site is charged for', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  afterEach(() => releaseAll(newContext()));

  const chargesNow = async (context: Context) => chargesOfSite(await describeSite(context, newOp())).charges;
  const stop = async ({ clients }: Context, have: SiteHave) => {
    const { instanceId } = known(have.server) ?? assert.fail('no server');
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(clients.ec2, instanceId, 'stopped');
  };
  /** Runs a plan; what it says that it adds must be what AWS then shows in addition. */
  const keepsItsWord = async (context: Context): Promise<readonly string[]> => {
    const before = await usdOf(context, await chargesNow(context));
    const plan = await planned(context, 'all');
    const change = await usdOf(
      context,
      stepsOf(plan).flatMap(({ charges = [] }) => charges),
    );
    await run(plan, newOp());
    const after = await usdOf(context, await chargesNow(context));
    assert.equal(after.toFixed(4), (before + change).toFixed(4));
    return stepsOf(plan).map(({ key }) => key);
  };

  it('is what the steps of each plan say that they add and end', async () => {
    const changing = newContext((file) => (file['volume'] = { sizeGib: 3 }));
    const elastic = asking(changing, { address: 'elastic' });
    assert.equal(await usdOf(changing, await chargesNow(changing)), 0);
    const steps = await keepsItsWord(changing);
    assert.ok(
      ['instance', 'volume', 'bucket', 'distribution'].every((key) => steps.includes(key)),
      `${steps}`,
    );
    assert.equal(
      await usdOf(changing, wantedCharges(changing.site)),
      await usdOf(changing, await chargesNow(changing)),
    );
    assert.deepEqual(await keepsItsWord(elastic), ['address']);
    await stop(elastic, await describeSite(elastic, newOp()));
    assert.deepEqual(await keepsItsWord(elastic), ['startInstance']);
    await stop(elastic, await describeSite(elastic, newOp()));
    assert.deepEqual(await keepsItsWord(changing), ['startInstance', 'releaseAddress']);
    await stop(changing, await describeSite(changing, newOp()));
    assert.deepEqual(await keepsItsWord(elastic), ['startInstance', 'address']);
    assert.deepEqual(await keepsItsWord(elastic), []);
    const [address] = known((await describeSite(elastic, newOp())).server)?.addresses ?? [];
    assert.deepEqual(await keepsItsWord(changing), ['releaseAddress']);
    await assert.rejects(
      changing.clients.ec2.send(new ReleaseAddressCommand({ AllocationId: address?.allocationId })),
      /NotFound|does not exist/,
    );
  });

  it('goes on while its server is stopped, but for the hours of that', async () => {
    const context = newContext((file) => (file['server'] = { address: 'elastic' }));
    await run(await planned(context, 'server'), newOp());
    const have = await describeSite(context, newOp());
    const { charges } = stoppedCharges(have);
    assert.deepEqual(ratesOf(charges), ['disk gp3', 'idleAddress']);
    const { lines, notes, sum } = await whatStillCosts(context, have, source, newOp());
    assert.match(sum, /^about \$\d+\.\d\d a month$/);
    assert.match(
      lines.join('\n'),
      /^root disk of the server, 8 GiB gp3: \$0\.64 a month\nElastic IP address .*: \$3\.65/,
    );
    assert.match(notes.join('\n'), /AWS’s list for us-east-1.*not included/s);
    await stop(context, have);
    assert.deepEqual(chargesOfSite(await describeSite(context, newOp())).charges, charges);
  });

  it('counts addresses that are left, what the bucket holds, and a volume by its own type', () => {
    const addresses = [
      { allocationId: 'a', ip: '192.0.2.1', associationId: undefined, instanceId: undefined },
      { allocationId: 'b', ip: '192.0.2.2', associationId: 'x', instanceId: 'i-2' },
    ];
    const objects = new Map([
      ['a.png', { sizeBytes: 2 ** 29, etag: '' }],
      ['b.png', { sizeBytes: 2 ** 29, etag: '' }],
    ]);
    const volume = (state: string, volumeType?: string) => ({ state, volumeType, sizeGib: 7 });
    const site = (change: object) => ({ ...nothing, ...change }) as SiteHave;
    const rates = (have: SiteHave) => chargesOfSite(have).charges.map(({ quantity, rate }) => [rate, quantity]);
    assert.deepEqual(rates(nothing), []);
    assert.deepEqual(rates(site({ server: { ...absent, addresses } })), [
      ['idleAddress', 730],
      ['address', 730],
    ]);
    const have = { instanceId: 'i-1', instanceType: 't3.micro', publicIp: '192.0.2.9', address: 'changing', addresses };
    const runs = [
      ...[
        ['instance t3.micro', 730],
        ['disk gp3', 8],
        ['address', 730],
      ],
      ...[
        ['idleAddress', 730],
        ['address', 730],
      ],
    ];
    // One that is starting is charged for, and so are addresses that it does not have.
    for (const state of ['pending', 'running']) {
      assert.deepEqual(rates(site({ server: { kind: 'known', have: { ...have, state } } })), runs);
    }
    assert.deepEqual(
      stopCharges({ instanceType: 't3.micro', address: 'elastic', publicIp: '192.0.2.9' }).map(({ quantity, rate }) => [
        rate,
        quantity,
      ]),
      [
        ['instance t3.micro', -730],
        ['address', -730],
        ['idleAddress', 730],
      ],
    );
    assert.deepEqual(rates(site({ bucket: { kind: 'known', have: { objects } } })), [['objects', 1]]);
    assert.equal(objectsCharge(2 ** 30).quantity, 1);
    for (const [state, type, expected] of [
      ['in-use', 'gp2', [['disk gp2', 7]]],
      ['available', undefined, [['disk of unknown type', 7]]],
      ['error', 'gp3', []],
    ] as const) {
      assert.deepEqual(rates(site({ volume: { kind: 'known', have: volume(state, type) } })), expected);
    }
  });

  it('tells what could not be read', () => {
    const unknown = { kind: 'unknown', reason: 'denied' } as const;
    assert.deepEqual(chargesOfSite({ ...nothing, volume: unknown, server: unknown }).unread, ['server', 'volume']);
  });

  it('is in the plan of a site that is not there, whatever its inside needs', async () => {
    const context = newContext();
    const plan = planProvision('all', context, nothing);
    assert.ok(stepsOf(plan).some(({ key }) => INSIDE.includes(key)));
    const charges = stepsOf(plan).flatMap((step) => step.charges ?? []);
    assert.equal(await usdOf(context, charges), await usdOf(context, wantedCharges(context.site)));
  });
});
