import {
  CreateSecurityGroupCommand,
  DescribeAddressesCommand,
  ModifyInstanceAttributeCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { SITE_TAG } from '../../../src/core/names';
import { chargesOf, run, stepsOf } from '../../../src/core/plan';
import { planReplace, replaceNotes } from '../../../src/core/resources/server/planReplace';
import { chargesOfSite } from '../../../src/core/cost/siteCharges';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { makeNetwork } from '../../sandbox/controlplane/testNetworks';
import { sample } from '../../setup/sampling';
import { controlPlane, newContext, newOp } from '../sandbox';
import { distributionOf } from './edited';
import { callsOf, changesOf, keysOf, outside, planned, provision, releaseAll } from './provisioned';
import { idsOf, instancesOf, plannedReplace, runOnly, stoppedSite, stopServer } from './succeeded';

const elastic = (file: Record<string, unknown>) => void Object.assign(file, { server: { address: 'elastic' } });
const whole = (file: Record<string, unknown>) => void Object.assign(file, { distribution: { serves: 'site' } });

describe('a server that is replaced', function () {
  this.timeout(300_000);
  // An account has few addresses, and other files leave theirs.
  before(() => releaseAll(newContext()));
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1, stopSeconds: 0.1, deploySeconds: 0.2 }));
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
  });
  after(() => releaseAll(newContext()));

  it('gives volume and Elastic IP address to a new one, ends last, and leaves nothing to do', async () => {
    const context = newContext(elastic);
    await stoppedSite(context);
    const before = await idsOf(context);
    const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [context.site.id] }];
    const ip = async () => (await context.clients.ec2.send(new DescribeAddressesCommand({ Filters }))).Addresses;
    const [address] = (await ip()) ?? [];
    const plan = await plannedReplace(context);
    assert.deepEqual(keysOf(plan), [
      ...['successor', 'detach', 'switchServer', 'attachment', 'address', `terminate ${before.instanceId}`],
    ]);
    assert.match(replaceNotes(context, await describeSite(context, newOp())).join(), /gets the Elastic IP address/);
    await run(plan, newOp());
    const after = await idsOf(context);
    assert.notEqual(after.instanceId, before.instanceId);
    assert.deepEqual([after.volumeId, after.holderId], [before.volumeId, after.instanceId]);
    const [same] = (await ip()) ?? [];
    assert.deepEqual([same?.PublicIp, same?.InstanceId], [address?.PublicIp ?? assert.fail(), after.instanceId]);
    const { server, ...others } = await instancesOf(context);
    assert.deepEqual([server?.length, others], [1, {}]);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
  });

  it('costs in the end what the old one did', async () => {
    const context = newContext();
    await provision(context, 'all');
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [(await idsOf(context)).instanceId] }));
    await stopServer(context);
    // Of one that runs the agent would have to answer.
    const site = await describeSite(context, newOp());
    assert.ok(site.server.kind === 'known');
    const running = {
      ...site,
      server: {
        kind: 'known',
        have: { ...site.server.have, state: 'running', online: true, publicIp: '192.0.2.1', address: 'changing' },
      },
    } as const;
    const sums: Record<string, number> = {};
    for (const { quantity, rate } of chargesOf(planReplace(context, running))) {
      sums[rate] = (sums[rate] ?? 0) + quantity;
    }
    assert.deepEqual([...new Set(Object.values(sums))], [0]);
    assert.ok(stepsOf(planReplace(context, running)).some(({ loses }) => loses === 'uptime'));
  });

  it('has its new address told to the distribution that reads pages from it', async () => {
    const context = newContext(whole);
    await stoppedSite(context);
    const old = (await distributionOf(context)).pagesHost;
    const plan = await plannedReplace(context);
    assert.deepEqual(keysOf(plan).slice(-2, -1), ['distributionSettings']);
    assert.match(replaceNotes(context, await describeSite(context, newOp())).join(), /which the distribution is told/);
    await run(plan, newOp());
    const { PublicDnsName: host } = (await instancesOf(context)).server?.[0] ?? {};
    assert.ok(host && host !== old);
    assert.equal((await distributionOf(context)).pagesHost, host);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('brings what a server keeps from its launch, which provisioning refuses and names it for', async () => {
    const old = newContext();
    await stoppedSite(old);
    for (const server of [{ instanceType: 't4g.micro' }, { keyName: 'mine' }]) {
      const context = { ...old, site: { ...old.site, server: { ...old.site.server, ...server } } };
      await assert.rejects(planned(context, 'all'), /“Replace Server…”/);
      await run(await plannedReplace(context), newOp());
      const [launched] = (await instancesOf(context)).server ?? [];
      const { Architecture, InstanceType, KeyName } = launched ?? {};
      assert.deepEqual(
        [InstanceType, Architecture, KeyName],
        'keyName' in server ? ['t3.micro', 'x86_64', 'mine'] : ['t4g.micro', 'arm64', undefined],
      );
      assert.deepEqual(keysOf(await planned(context, 'all')), []);
      await stopServer(context);
    }
  });

  it('leaves its security groups to the new one, also those that somebody else put it into', async () => {
    const context = newContext();
    await stoppedSite(context);
    const { ec2 } = context.clients;
    const { instanceId } = await idsOf(context);
    const groupsNow = async () => {
      const [{ SecurityGroups = [] } = {}] = (await instancesOf(context)).server ?? [];
      return SecurityGroups.map(({ GroupId }) => GroupId);
    };
    const [own] = await groupsNow();
    const GroupName = `office ${context.site.id}`;
    const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'theirs' }));
    assert.ok(own && GroupId);
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [GroupId, own] }));
    assert.match(
      replaceNotes(context, await describeSite(context, newOp())).join(),
      new RegExp(`gets into the security groups ${GroupId} too`),
    );
    await run(await plannedReplace(context), newOp());
    assert.notEqual((await idsOf(context)).instanceId, instanceId);
    assert.deepEqual(new Set(await groupsNow()), new Set([own, GroupId]));
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('leaves groups of another network behind, where the new one gets into that of the site file', async () => {
    const old = newContext();
    await stoppedSite(old);
    const { ec2 } = old.clients;
    const { instanceId } = await idsOf(old);
    const GroupName = `office ${old.site.id}`;
    const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'theirs' }));
    const [{ Placement, SecurityGroups } = {}] = (await instancesOf(old)).server ?? [];
    const Groups = [GroupId ?? '', SecurityGroups?.[0]?.GroupId ?? ''];
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups }));
    const { subnetId } = await makeNetwork(ec2, { zone: Placement?.AvailabilityZone ?? '' });
    const context = { ...old, site: { ...old.site, server: { ...old.site.server, subnet: subnetId } } };
    await run(await plannedReplace(context), newOp());
    const [{ SecurityGroups: now = [], SubnetId } = {}] = (await instancesOf(context)).server ?? [];
    assert.deepEqual([SubnetId, now.length, now[0]?.GroupId === GroupId], [subnetId, 1, false]);
  });

  it('is refused while its pages are not on the volume, or its agent does not answer', async () => {
    const context = newContext();
    await provision(context, 'server');
    await assert.rejects(plannedReplace(context), /are not on the site’s volume, so they would go with it/);
    await provision(context, 'volume');
    await assert.rejects(plannedReplace(context), /its agent does not answer, so the volume cannot be unmounted/);
  });

  const STEPS = ['successor', 'detach', 'switchServer', 'attachment'];
  const WAYS = [
    ['replacing it again', plannedReplace],
    ['provisioning all', (context: Context) => planned(context, 'all')],
  ] as const;
  const cases = STEPS.flatMap((_last, index) =>
    WAYS.map(([how, finish]) => ({ done: STEPS.slice(0, index + 1), how, finish })),
  );
  for (const { done, finish, how } of sample(cases, 3, 'replace cut short')) {
    it(`is one server with its volume after ${how}, where replacing ended after ${done.at(-1)}`, async () => {
      const context = newContext(elastic);
      await stoppedSite(context);
      const before = await idsOf(context);
      await runOnly(done, await plannedReplace(context));
      const { server = [], 'former-server': formers = [] } = await instancesOf(context);
      assert.equal(server.length + formers.length, 2);
      // What is there beside it is counted.
      const sums = chargesOfSite(await describeSite(context, newOp())).charges.filter(
        ({ rate }) => rate === 'disk gp3',
      );
      assert.equal(sums.length, 3);
      await run(await finish(context), newOp());
      const { server: now, ...others } = await instancesOf(context);
      assert.deepEqual([now?.length, others], [1, {}]);
      const after = await idsOf(context);
      assert.deepEqual([after.volumeId, after.holderId], [before.volumeId, after.instanceId]);
      assert.deepEqual(keysOf(await planned(context, 'all')), []);
      await releaseAll(context);
    });
  }

  it('becomes one of two that two windows launched at once, and no more than that', async () => {
    const context = newContext();
    await stoppedSite(context);
    const plans = await Promise.all([plannedReplace(context), plannedReplace(context)]);
    await Promise.allSettled(plans.map((plan) => run(plan, newOp())));
    await run(await planned(context, 'all'), newOp());
    const { server, ...others } = await instancesOf(context);
    assert.deepEqual([server?.length, others], [1, {}]);
    const { instanceId, holderId } = await idsOf(context);
    assert.equal(holderId, instanceId);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('is replaced although AWS lists late what was made and changed', async () => {
    const context = newContext();
    await stoppedSite(context);
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.3 });
    await run(await plannedReplace(context), newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('ends, once its place was taken, also where the new one is gone', async () => {
    for (const isDestroyed of [false, true]) {
      const context = newContext();
      await stoppedSite(context);
      await runOnly(['successor', 'detach', 'switchServer'], await plannedReplace(context));
      const { instanceId: next } = await idsOf(context);
      await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [next] }));
      const { 'former-server': [former] = [] } = await instancesOf(context);
      const last = `terminate ${former?.InstanceId}`;
      const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
      assert.equal(site.server.kind, 'absent');
      const disks = chargesOfSite(site).charges.filter(({ rate }) => rate === 'disk gp3');
      assert.equal(disks.length, 2);
      const plan = isDestroyed
        ? planTeardown('all', context, site, parts, 'keep')
        : outside(planProvision('all', context, site));
      assert.ok(keysOf(plan).includes(last));
      await run(plan, newOp());
      assert.deepEqual(Object.keys(await instancesOf(context)), isDestroyed ? [] : ['server']);
      if (!isDestroyed) assert.deepEqual(keysOf(await planned(context, 'all')), []);
    }
  });

  it('goes with the one that was to take its place when the site is destroyed', async () => {
    const context = newContext();
    await stoppedSite(context);
    await runOnly(['successor'], await plannedReplace(context));
    const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
    await run(planTeardown('all', context, site, parts, 'delete'), newOp());
    assert.deepEqual(await instancesOf(context), {});
  });
});
