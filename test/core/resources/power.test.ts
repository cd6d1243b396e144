import { StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { planPower, powerNotes, type PowerChange } from '../../../src/core/resources/server/power';
import { rebootStep } from '../../../src/core/resources/server/reboot';
import { known } from '../../../src/core/resources/resource';
import { describeSite, type SiteHave } from '../../../src/core/resources/stack';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { newAgent } from '../remote/agent';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, changesOf, count, keysOf, outside, planned, provision, requests } from './provisioned';

const seen = (context: Context) => describeSite(context, newOp());
const serverOf = async (context: Context) => known((await seen(context)).server) ?? assert.fail('no server');
/** The plan without the wait for an agent, which takes a machine. */
const power = async (context: Context, change: PowerChange): Promise<Plan> =>
  outside(planPower(change, context, await seen(context)));
async function change(context: Context, what: PowerChange): Promise<string[]> {
  const plan = await power(context, what);
  await run(plan, newOp());
  return keysOf(plan);
}
const whole = () => newContext((file) => (file['distribution'] = { serves: 'site' }));

describe('the power of the server', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0 }));

  it('goes off, which is told as an interruption, and on again, and each leaves nothing to do', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { instanceId } = await serverOf(context);
    const [step] = stepsOf(await power(context, 'stop'));
    assert.deepEqual([step?.title, step?.loses], [`stop server ${instanceId}`, 'uptime']);
    assert.deepEqual(await change(context, 'stop'), ['stopInstance']);
    assert.equal((await serverOf(context)).state, 'stopped');
    assert.deepEqual(await change(context, 'stop'), []);
    const start = planPower('start', context, await seen(context));
    assert.deepEqual(keysOf(start), ['startInstance', 'agent']);
    assert.equal(
      stepsOf(start)[0]?.title,
      `start server ${instanceId} (it is stopped; its address will be another one)`,
    );
    assert.deepEqual(await change(context, 'start'), ['startInstance']);
    assert.equal((await serverOf(context)).state, 'running');
    assert.deepEqual(await change(context, 'start'), []);
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
  });

  it('goes off and on although EC2 shows everything late', async () => {
    const context = newContext();
    await provision(context, 'server');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.4, ec2IdLagSeconds: 0.2 });
    try {
      await change(context, 'stop');
      assert.equal((await serverOf(context)).state, 'stopped');
      await change(context, 'start');
      assert.equal((await serverOf(context)).state, 'running');
    } finally {
      await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0 });
    }
  });

  for (const [title, fault] of [
    ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
    ['the connection is cut after', { kind: 'cut', when: 'after' }],
  ] as const) {
    for (const [what, action, state] of [
      ['stop', 'StopInstances', 'stopped'],
      ['start', 'StartInstances', 'running'],
    ] as const) {
      it(`comes to the same end the next time when ${title} ${action}`, async () => {
        const context = newContext();
        await provision(context, 'server');
        if (what === 'start') await change(context, 'stop');
        await controlPlane().send('POST', 'faults', { service: 'ec2', action, ...fault });
        if (fault.kind === 'error') await assert.rejects(change(context, what), { name: 'UnauthorizedOperation' });
        else await change(context, what);
        await controlPlane().send('DELETE', 'faults');
        await change(context, what);
        assert.equal((await serverOf(context)).state, state);
        assert.deepEqual(keysOf(await power(context, what)), []);
        assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
      });
    }
  }

  it('is waited for when somebody else changes it at the same time', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { instanceId } = await serverOf(context);
    const [stop, ids] = [await power(context, 'stop'), { InstanceIds: [instanceId] }];
    await context.clients.ec2.send(new StopInstancesCommand(ids));
    assert.deepEqual(requests(await callsOf(() => run(stop, newOp())), 'StopInstances'), []);
    const start = await power(context, 'start');
    await context.clients.ec2.send(new StartInstancesCommand(ids));
    assert.deepEqual(changesOf(await callsOf(() => run(start, newOp()))), []);
    await run(stop, newOp());
    assert.equal((await serverOf(context)).state, 'stopped');
  });

  it('does not go off when the server was terminated meanwhile, which is told', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { instanceId } = await serverOf(context);
    const stop = await power(context, 'stop');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(context.clients.ec2, instanceId, 'terminated');
    await assert.rejects(run(stop, newOp()), /no server any more, so there is nothing to stop/);
  });

  it('is not touched where there is no server, none that can be read, and none that runs for a reboot', async () => {
    const context = newContext();
    const without = await seen(context);
    for (const what of ['start', 'stop', 'reboot'] as const) {
      assert.throws(() => planPower(what, context, without), /This site has no server yet/);
      const unknown: SiteHave = { ...without, server: { kind: 'unknown', reason: 'Denied.' } };
      assert.throws(() => planPower(what, context, unknown), /could not be read, so nothing is planned\. Denied\./);
    }
    await provision(context, 'server');
    await change(context, 'stop');
    const stopped = await seen(context);
    assert.throws(() => planPower('reboot', context, stopped), /The server is stopped, so it cannot be rebooted/);
    assert.deepEqual(powerNotes('stop', context, stopped), []);
  });

  it('is told beforehand what becomes of readers and of the address', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { publicIp } = await serverOf(context);
    assert.deepEqual(powerNotes('stop', context, await seen(context)), [
      'Until it is started again, readers get no pages; images are served on.',
      `Its address ${publicIp} is given up: after the next start it is another one.`,
    ]);
    const site = await seen(context);
    const have = known(site.server) ?? assert.fail('no server');
    const elastic: SiteHave = { ...site, server: { kind: 'known', have: { ...have, address: 'elastic' } } };
    assert.equal(
      powerNotes('stop', context, elastic)[1],
      `Its address ${publicIp} is an Elastic IP address: it stays, and costs meanwhile.`,
    );
    assert.deepEqual(powerNotes('start', context, site), []);
  });

  it('tells a distribution that reads the pages from the server its new name, and the readers what they get meanwhile', async () => {
    const context = whole();
    await provision(context, 'all');
    const before = await seen(context);
    assert.match(powerNotes('stop', context, before)[0] ?? '', /readers get no pages/);
    const bucket = known(before.bucket) ?? assert.fail('no bucket');
    const object = { sizeBytes: 1, etag: '' };
    const published: SiteHave = {
      ...before,
      bucket: { kind: 'known', have: { ...bucket, objects: new Map([['index.html', object]]) } },
    };
    assert.match(powerNotes('stop', context, published)[0] ?? '', /^Readers go on getting the copies of the pages/);
    const unread: SiteHave = { ...published, distribution: { kind: 'unknown', reason: 'Denied.' } };
    assert.match(powerNotes('stop', context, unread)[0] ?? '', /was not seen: Denied\./);
    assert.deepEqual(await change(context, 'stop'), ['stopInstance']);
    const stopped = await seen(context);
    assert.throws(
      () => planPower('start', context, { ...stopped, distribution: { kind: 'unknown', reason: 'Denied.' } }),
      /another address, which its distribution must be told, and that could not be read: Denied\. Nothing was changed/,
    );
    await refuse('cloudfront', 'UpdateDistribution');
    await assert.rejects(change(context, 'start'), { name: 'AccessDenied' });
    assert.deepEqual(await change(context, 'start'), ['distributionSettings']);
    const after = await seen(context);
    assert.equal(known(after.distribution)?.pagesHost, known(after.server)?.host);
    assert.notEqual(known(after.server)?.host, known(before.server)?.host);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('is only asked for by a reboot whose server cannot be looked into, once, also when no answer comes', async () => {
    const context = newContext();
    await provision(context, 'server');
    const plan = await power(context, 'reboot');
    assert.deepEqual(keysOf(plan), ['askReboot']);
    for (const online of [true, false]) {
      assert.equal(rebootStep(context, { instanceId: 'i-1', online }).loses, 'uptime');
    }
    assert.match(stepsOf(plan)[0]?.title ?? '', /^ask AWS to reboot .*that it does cannot be seen/);
    assert.equal(stepsOf(plan)[0]?.loses, 'uptime');
    assert.equal(requests(await callsOf(() => run(plan, newOp())), 'RebootInstances').length, 1);
    await controlPlane().send('POST', 'faults', {
      service: 'ec2',
      action: 'RebootInstances',
      kind: 'cut',
      when: 'after',
    });
    const calls = await callsOf(() => assert.rejects(run(plan, newOp())));
    assert.equal(requests(calls, 'RebootInstances').length, 1);
  });

  it('is not said to have come back from a reboot when the agent takes up no command', async () => {
    const context = newContext();
    await provision(context, 'server');
    const have = await seen(context);
    const server = known(have.server) ?? assert.fail('no server');
    const agent = newAgent({ Status: 'Failed', StatusDetails: 'DeliveryTimedOut' });
    const looked = { site: context.site, clients: { ...context.clients, ssm: agent.context.clients.ssm } };
    const online: SiteHave = { ...have, server: { kind: 'known', have: { ...server, online: true } } };
    const plan = planPower('reboot', looked, online);
    assert.deepEqual(keysOf(plan), ['rebootInstance']);
    const calls = await callsOf(() => assert.rejects(run(plan, newOp()), /Whether it did was not seen/));
    assert.equal(requests(calls, 'RebootInstances').length, 1);
  });
});
