import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { explain } from '../../../src/core/aws/errors';
import type { Context } from '../../../src/core/context';
import { SITE_TAG, tagsFor } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import { driftText } from '../../../src/core/resources/driftText';
import { known } from '../../../src/core/resources/resource';
import { describeSite, glanceAtSite } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { launchInstance, instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';
import {
  callsOf,
  cancelledAt,
  changesOf,
  count,
  keysOf,
  planned,
  provision,
  releaseAll,
  requests,
} from './provisioned';

const newElastic = () => newContext((file) => (file['server'] = { address: 'elastic' }));
/** The same site with another wish in its file. */
const asking = (context: Context, server: object): Context => ({
  ...context,
  site: parseSite(JSON.stringify({ ...context.site, server: { ...context.site.server, ...server } })),
});
const ours = async ({ site, clients }: Context) => {
  const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }];
  return (await clients.ec2.send(new DescribeAddressesCommand({ Filters }))).Addresses ?? [];
};
const serverOf = async (context: Context) =>
  known((await describeSite(context, newOp())).server) ?? assert.fail('no server');
const allocate = async ({ site, clients }: Context) => {
  const TagSpecifications = [{ ResourceType: 'elastic-ip' as const, Tags: tagsFor(site, 'address') }];
  const { AllocationId, PublicIp = '' } = await clients.ec2.send(
    new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications }),
  );
  return { AllocationId, PublicIp };
};
describe('an address that stays', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  // An account has few, and other files leave theirs.
  before(() => releaseAll(newContext()));
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'denies');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0, stopSeconds: 0.3 });
    await releaseAll(newContext());
  });

  it('is planned with its cost, made once with the site’s tags, and leaves nothing to do', async () => {
    const context = newElastic();
    const plan = await planned(context, 'server');
    assert.deepEqual(keysOf(plan), ['role', 'securityGroup', 'instance', 'address']);
    assert.equal(
      stepsOf(plan).at(-1)?.title,
      'allocate an Elastic IP address and give it to the server (it costs what a changing one does, but also while the server is stopped)',
    );
    await run(plan, newOp());
    const [address, ...more] = await ours(context);
    assert.deepEqual(more, []);
    assert.deepEqual(
      address?.Tags?.map(({ Key, Value }) => [Key, Value]).sort(),
      tagsFor(context.site, 'address')
        .map(({ Key, Value }) => [Key, Value])
        .sort(),
    );
    const { host, instanceId, publicIp } = await serverOf(context);
    assert.deepEqual([address?.InstanceId, address?.PublicIp], [instanceId, publicIp]);
    assert.equal(host, `ec2-${publicIp?.replaceAll('.', '-')}.compute-1.amazonaws.com`);
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
  });

  it('stays when the server is stopped and started', async () => {
    const context = newElastic();
    await provision(context, 'server');
    const { host, instanceId } = await serverOf(context);
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    assert.deepEqual(await provision(context, 'server'), ['startInstance']);
    assert.equal((await serverOf(context)).host, host);
  });

  it('takes the place of a changing one, which is told as lost, and so is it when it is given up', async () => {
    const before = newContext();
    await provision(before, 'server');
    const old = await serverOf(before);
    assert.deepEqual(old.drift, []);
    const context = asking(before, { address: 'elastic' });
    const [step] = stepsOf(await planned(context, 'server'));
    assert.match(step?.title ?? '', new RegExp(`; its present address ${old.publicIp} is lost$`));
    assert.equal(step?.loses, 'uptime');
    assert.deepEqual((await serverOf(context)).drift.map(driftText), [
      `the address is ${old.publicIp}, wanted an Elastic IP address, which stays`,
    ]);
    assert.deepEqual(await provision(context, 'server'), ['address']);
    const kept = await serverOf(context);
    assert.deepEqual([kept.address, kept.drift], ['elastic', []]);

    const [back] = stepsOf(await planned(before, 'server'));
    assert.equal(
      back?.title,
      `release the address ${kept.publicIp} (its IP is lost; the server’s address will change whenever it is stopped and started)`,
    );
    assert.equal(back?.loses, 'uptime');
    assert.deepEqual(await provision(before, 'server'), ['releaseAddress']);
    assert.deepEqual(await ours(context), []);
    const after = await serverOf(before);
    assert.equal(after.address, 'changing');
    assert.ok(after.host !== kept.host && after.publicIp);
    assert.deepEqual(keysOf(await planned(before, 'server')), []);
  });

  it('is asked for once, and found by its tag when no answer comes, though AWS lists it late', async () => {
    const context = newElastic();
    await provision(asking(context, { address: 'changing' }), 'server');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.3, ec2IdLagSeconds: 0.15 });
    await controlPlane().send('POST', 'faults', {
      service: 'ec2',
      action: 'AllocateAddress',
      kind: 'cut',
      when: 'after',
    });
    const calls = await callsOf(() => provision(context, 'server'));
    assert.equal(requests(calls, 'AllocateAddress').length, 1);
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0 });
    assert.equal((await ours(context)).length, 1);
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
  });

  it('is found again by the next run when the one that asked for it was cancelled', async () => {
    const context = newElastic();
    await provision(asking(context, { address: 'changing' }), 'server');
    const plan = await planned(context, 'server');
    await assert.rejects(run(plan, cancelledAt(context.clients.ec2, 'AssociateAddressCommand')), {
      name: 'AbortError',
    });
    const [made] = await ours(context);
    const [step] = stepsOf(await planned(context, 'server'));
    assert.match(
      step?.title ?? '',
      new RegExp(`^give the server the Elastic IP address ${made?.PublicIp}, which this site has`),
    );
    assert.deepEqual(await provision(context, 'server'), ['address']);
    assert.equal((await serverOf(context)).publicIp, made?.PublicIp);
  });

  it('moves to a new server, also from one that is still going', async () => {
    for (const stopSeconds of [0, 1e6]) {
      const context = newElastic();
      await provision(context, 'server');
      const { instanceId, publicIp } = await serverOf(context);
      await controlPlane().send('POST', 'settings', { stopSeconds });
      await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      if (stopSeconds === 0) await instanceReaches(context.clients.ec2, instanceId, 'terminated');
      assert.deepEqual((await provision(context, 'server')).slice(-2), ['instance', 'address']);
      const after = await serverOf(context);
      assert.notEqual(after.instanceId, instanceId);
      assert.equal(after.publicIp, publicIp);
      assert.deepEqual(keysOf(await planned(context, 'server')), []);
      await controlPlane().send('POST', 'settings', { stopSeconds: 0 });
    }
  });

  it('is given up as well when its server is gone and the site asks for none', async () => {
    const context = newElastic();
    await provision(context, 'server');
    const { instanceId, publicIp } = await serverOf(context);
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(context.clients.ec2, instanceId, 'terminated');
    const wish = asking(context, { address: 'changing' });
    const { server } = await describeSite(wish, newOp());
    assert.deepEqual(server.kind === 'absent' && server.addresses?.map(({ ip }) => ip), [publicIp]);
    assert.deepEqual((await provision(wish, 'server')).slice(-2), ['instance', 'releaseAddress']);
    assert.deepEqual(await ours(context), []);
    assert.deepEqual(keysOf(await planned(wish, 'server')), []);
  });

  it('is the one that a distribution of the whole site asks, in the plan that changes it', async () => {
    const before = newContext((file) => (file['distribution'] = { serves: 'site' }));
    await provision(before, 'all');
    for (const [address, key] of [
      ['elastic', 'address'],
      ['changing', 'releaseAddress'],
    ] as const) {
      const context = asking(before, { address });
      assert.deepEqual(await provision(context, 'server'), [key, 'distributionSettings']);
      const { distribution, server } = await describeSite(context, newOp());
      assert.equal(known(distribution)?.pagesHost, known(server)?.host);
      assert.deepEqual(keysOf(await planned(context, 'all')), []);
    }
  });

  it('is one: what nothing uses beside it is released, told with its IP', async () => {
    const context = newElastic();
    await provision(context, 'server');
    const { publicIp } = await serverOf(context);
    const spare = await allocate(context);
    const plan = await planned(context, 'server');
    assert.deepEqual(
      stepsOf(plan).map(({ title }) => title),
      [`release the Elastic IP address ${spare.PublicIp}, which nothing uses`],
    );
    await run(plan, newOp());
    assert.deepEqual(
      (await ours(context)).map(({ PublicIp }) => PublicIp),
      [publicIp],
    );
  });

  it('of somebody else’s is left alone, on the server and beside it', async () => {
    const context = newContext();
    const { ec2 } = context.clients;
    await provision(context, 'server');
    const { instanceId } = await serverOf(context);
    const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    await ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: instanceId }));
    for (const address of ['changing', 'elastic']) {
      const calls = await callsOf(() => provision(asking(context, { address }), 'server'));
      assert.deepEqual(changesOf(calls), []);
    }
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
    assert.deepEqual(
      Addresses.map((one) => [one.AllocationId, one.InstanceId]),
      [[AllocationId, instanceId]],
    );
  });

  it('that serves elsewhere is not taken away from there, nor released', async () => {
    const context = newElastic();
    const { ec2, ssm } = context.clients;
    await provision(asking(context, { address: 'changing' }), 'server');
    const other = await launchInstance({ ec2, ssm } as never);
    await instanceReaches(ec2, other, 'running');
    const { AllocationId, PublicIp } = await allocate(context);
    await ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: other }));
    await assert.rejects(provision(context, 'server'), {
      message: `The Elastic IP address ${PublicIp} of this site is in use elsewhere (${other}). Disassociate it there first (EC2 console, Elastic IPs); Sitelift does not take it away.`,
    });
    assert.deepEqual(keysOf(await planned(asking(context, { address: 'changing' }), 'server')), []);
  });

  it('is refused with the way on where the account has as many as it may have', async () => {
    const context = newElastic();
    for (let made = 0; made < 5; made += 1) await context.clients.ec2.send(new AllocateAddressCommand({}));
    const calls = await callsOf(() =>
      assert.rejects(
        provision(context, 'server').catch((error: unknown) => {
          throw explain(error);
        }),
        /^UserError: The account has as many Elastic IP addresses in this region as it may have.*Release one/,
      ),
    );
    assert.equal(requests(calls, 'AllocateAddress').length, 1);
  });

  it('costs a glance no call, and is noticed by one when somebody takes it away', async () => {
    const context = newElastic();
    await provision(context, 'server');
    const before = await describeSite(context, newOp());
    const calls = await callsOf(() => glanceAtSite(context, before, newOp()));
    assert.deepEqual(requests(calls, 'DescribeAddresses'), []);
    const [address] = await ours(context);
    const { AssociationId } = address ?? {};
    await context.clients.ec2.send(new DisassociateAddressCommand({ AssociationId }));
    const after = known((await glanceAtSite(context, before, newOp())).server);
    assert.equal(after?.drift.length, 1);
  });

  it('is wished for by those who may not list addresses: the step says what they lack, and the rest goes on', async () => {
    const context = newContext();
    await controlPlane().send('POST', 'denies', { action: 'ec2:DescribeAddresses' });
    await provision(context, 'server');
    const have = await serverOf(context);
    assert.match(
      have.problems.join(),
      /Could not read the site’s Elastic IP addresses: ec2:DescribeAddresses is forbidden/,
    );
    await assert.rejects(provision(asking(context, { address: 'elastic' }), 'server'), {
      name: 'UnauthorizedOperation',
    });
  });
});

describe('a change of address', () => {
  const elastic = newElastic();
  const changing = asking(elastic, { address: 'changing' });
  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1 });
    await provision(changing, 'server');
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => releaseAll(elastic));

  for (const [action, wish, other] of [
    ['AllocateAddress', elastic, changing],
    ['AssociateAddress', elastic, changing],
    ['DisassociateAddress', changing, elastic],
    ['ReleaseAddress', changing, elastic],
  ] as const) {
    for (const [title, fault] of [
      ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
      ['the connection is cut after', { kind: 'cut', when: 'after' }],
    ] as const) {
      it(`converges when ${title} ${action}`, async () => {
        await provision(other, 'server');
        await controlPlane().send('POST', 'faults', { service: 'ec2', action, ...fault });
        if (fault.kind === 'error') await assert.rejects(provision(wish, 'server'));
        else await provision(wish, 'server').catch(() => undefined);
        await controlPlane().send('DELETE', 'faults');
        await provision(wish, 'server');
        assert.deepEqual(keysOf(await planned(wish, 'server')), []);
        assert.equal((await ours(wish)).length, wish === elastic ? 1 : 0);
        assert.equal((await serverOf(wish)).address, wish.site.server.address);
        assert.deepEqual(await count(wish), { instances: 1, dataVolumes: 0 });
      });
    }
  }
});
