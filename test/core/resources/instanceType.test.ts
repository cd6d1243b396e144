import {
  DescribeInstanceCreditSpecificationsCommand,
  ModifyInstanceCreditSpecificationCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run, stepsOf } from '../../../src/core/plan';
import { driftText } from '../../../src/core/resources/driftText';
import { offeredTypes } from '../../../src/core/resources/server/instanceTypes';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, glanceAtSite } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, changesOf, count, keysOf, planned, provision, requests } from './provisioned';

/** The same site with another wish for the type of its server. */
const asking = ({ clients, site }: Context, instanceType: string): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, server: { ...site.server, instanceType } })),
});
const serverOf = async (context: Context) =>
  known((await describeSite(context, newOp())).server) ?? assert.fail('no server');
const creditsOf = async ({ clients }: Context, id: string) => {
  const command = new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id] });
  return (await clients.ec2.send(command)).InstanceCreditSpecifications?.[0]?.CpuCredits;
};

describe('the type of the server', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => controlPlane().send('DELETE', 'denies'));

  async function newServer(instanceType = 't3.micro'): Promise<Context> {
    const context = newContext((file) => (file['server'] = { instanceType }));
    await provision(context, 'server');
    return context;
  }

  it('is shown with both values where it differs, and changed while the server is stopped, once', async () => {
    const before = await newServer();
    assert.deepEqual((await serverOf(before)).drift, []);
    const context = asking(before, 't3.small');
    const { drift, instanceId } = await serverOf(context);
    assert.deepEqual(drift.map(driftText), ['the instance type is t3.micro, wanted t3.small']);
    const full = planProvision('server', context, await describeSite(context, newOp()));
    assert.deepEqual(keysOf(full).slice(0, 4), ['stopInstance', 'instanceType', 'startInstance', 'agent']);
    const plan = await planned(context, 'server');
    assert.equal(stepsOf(plan)[0]?.loses, 'uptime');
    assert.equal(
      stepsOf(plan)[0]?.title,
      `stop server ${instanceId} to change its type; its address will be another one`,
    );
    await run(plan, newOp());
    const after = await serverOf(context);
    assert.deepEqual(
      [after.instanceId, after.instanceType, after.state, after.drift],
      [instanceId, 't3.small', 'running', []],
    );
    assert.equal(await creditsOf(context, instanceId), 'standard');
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
  });

  it('becomes a burstable one with standard credits only', async () => {
    const before = await newServer('m5.large');
    const context = asking(before, 't3.micro');
    await provision(context, 'server');
    const { instanceId } = await serverOf(context);
    assert.equal(await creditsOf(context, instanceId), 'standard');
  });

  it('is found changed by a cheap reading, which then reads all of the server', async () => {
    const before = await newServer();
    const seen = await describeSite(before, newOp());
    await provision(asking(before, 't3.small'), 'server');
    const { server } = await glanceAtSite(before, seen, newOp());
    assert.match(known(server)?.drift.map(driftText).join() ?? '', /is t3\.small, wanted t3\.micro/);
  });

  const changes = ['StopInstances', 'ModifyInstanceAttribute', 'ModifyInstanceCreditSpecification', 'StartInstances'];
  const ways = [
    ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
    ['the connection is cut after', { kind: 'cut', when: 'after' }],
  ] as const;
  for (const action of changes) {
    for (const [title, fault] of ways) {
      it(`is the wanted one, of one running server, the next time when ${title} ${action}`, async () => {
        const context = asking(await newServer('m5.large'), 't3.small');
        const { instanceId } = await serverOf(context);
        await controlPlane().send('POST', 'faults', { service: 'ec2', action, ...fault });
        if (fault.kind === 'error') await assert.rejects(provision(context, 'server'));
        else await provision(context, 'server');
        await controlPlane().send('DELETE', 'faults');
        await provision(context, 'server');
        const after = await serverOf(context);
        assert.deepEqual([after.instanceId, after.instanceType, after.state], [instanceId, 't3.small', 'running']);
        assert.equal(await creditsOf(context, instanceId), 'standard');
        assert.deepEqual(keysOf(await planned(context, 'server')), []);
        assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
      });
    }
  }

  it('is changed without another stop where the server is stopped, also when its credits became unlimited', async () => {
    const before = await newServer();
    const { instanceId } = await serverOf(before);
    const { ec2 } = before.clients;
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(ec2, instanceId, 'stopped');
    assert.deepEqual(keysOf(await planned(asking(before, 't3.small'), 'server')), ['instanceType', 'startInstance']);
    const unlimited = { InstanceId: instanceId, CpuCredits: 'unlimited' };
    const change = { InstanceCreditSpecifications: [unlimited] };
    await ec2.send(new ModifyInstanceCreditSpecificationCommand(change));
    assert.deepEqual(await provision(before, 'server'), ['credits', 'startInstance']);
    assert.equal(await creditsOf(before, instanceId), 'standard');
  });

  for (const [wanted, reason] of [
    ['t4g.micro', /t4g\.micro is of the architecture arm64, and its system is made for x86_64/],
    ['t2.micro', /t2\.micro is not of the Nitro system/],
    ['t3.tiny', /us-east-1 knows no instance type t3\.tiny/],
    ['hpc6a.48xlarge', /hpc6a\.48xlarge is not offered in its zone us-east-1[a-f]/],
  ] as const) {
    it(`is not changed to ${wanted}, which is refused before anything is`, async () => {
      const before = await newServer();
      const context = asking(before, wanted);
      const calls = await callsOf(() => assert.rejects(planned(context, 'server'), reason));
      await assert.rejects(
        planned(context, 'volume'),
        /Put “server\.instanceType” in sitelift\.json back to t3\.micro/,
      );
      assert.deepEqual(changesOf(calls), []);
      assert.match((await serverOf(context)).typeRefusal ?? '', reason);
    });
  }

  it('is not changed while it cannot be seen whether that is possible', async () => {
    const context = asking(await newServer(), 't3.small');
    await refuse('ec2', 'DescribeInstanceTypes', 'UnauthorizedOperation');
    await assert.rejects(planned(context, 'server'), /Could not read whether the server can become a t3\.small/);
  });

  it('is chosen from those that the zone offers and its system can have, small ones first', async () => {
    const context = newContext();
    const placed = { zone: 'us-east-1a', architecture: 'x86_64' };
    const types = await offeredTypes(context, placed, newOp());
    const names = types.map(({ name }) => name);
    for (const name of ['t3.micro', 't3a.small', 'm7i.large']) assert.ok(names.includes(name), name);
    for (const name of ['t4g.micro', 't2.micro', 'm3.large', 'm5.metal', 'hpc6a.48xlarge'])
      assert.ok(!names.includes(name), name);
    const { memoryMib, vcpus } = types.find(({ name }) => name === 't3.micro') ?? assert.fail();
    assert.deepEqual([vcpus, memoryMib], [2, 1024]);
    assert.deepEqual(
      [...types].sort((one, other) => one.vcpus - other.vcpus),
      types,
    );
    const filters = requests(await callsOf(() => offeredTypes(context, placed, newOp())), 'DescribeInstanceTypes');
    assert.equal(JSON.stringify(filters[0]).includes('"nitro"'), true);
  });
});
