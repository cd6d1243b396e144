import { CreateSecurityGroupCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { run } from '../../../src/core/plan';
import { ensureSecurityGroup, findSecurityGroup } from '../../../src/core/resources/network';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf, count, keysOf, planned, provision, requests } from './provisioned';

describe('server and volume', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('are planned as absent, made, and then leave nothing to do outside of the machine', async () => {
    const context = newContext();
    assert.deepEqual(await provision(context, 'volume'), ['role', 'securityGroup', 'instance', 'volume', 'attachment']);
    assert.deepEqual(await provision(context, 'volume'), []);
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
  });

  it('have an encrypted volume', async () => {
    const context = newContext();
    await provision(context, 'volume');
    assert.ok(known((await describeSite(context, newOp())).volume)?.encrypted);
  });

  it('make nothing when each step is run a second time', async () => {
    const context = newContext();
    const plan = await planned(context, 'volume');
    await run(plan, newOp());
    const calls = await callsOf(() => run(plan, newOp()));
    assert.deepEqual(changesOf(calls), []);
  });

  it('are made once although EC2 shows everything late', async () => {
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 1.5, ec2IdLagSeconds: 0.7 });
    try {
      const context = newContext();
      const calls = await callsOf(() => provision(context, 'volume'));
      for (const action of ['CreateSecurityGroup', 'CreateVolume']) assert.equal(requests(calls, action).length, 1);
      assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
      assert.deepEqual(keysOf(await planned(context, 'volume')), []);
    } finally {
      await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0 });
    }
  });

  it('wait for a security group of theirs that is not listed yet, and leave a stranger’s alone', async () => {
    const context = newContext();
    await ensureSecurityGroup(context, newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 1 });
    try {
      const other = newContext();
      const [one, two] = await Promise.all([ensureSecurityGroup(other, newOp()), ensureSecurityGroup(other, newOp())]);
      assert.equal(one, two);
    } finally {
      await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
    }
    const strange = newContext();
    const { VpcId } = (await findSecurityGroup(context, undefined, newOp())) ?? assert.fail('no group');
    const GroupName = `sitelift-${strange.site.id}-web`;
    await strange.clients.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'mine', VpcId }));
    const calls = await callsOf(() =>
      assert.rejects(ensureSecurityGroup(strange, newOp()), /exists without this site’s tag, so it is left alone/),
    );
    assert.deepEqual(requests(calls, 'AuthorizeSecurityGroupIngress'), []);
  });

  it('get a new server in the volume’s zone, with the volume attached, after it was terminated', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const before = await describeSite(context, newOp());
    const { instanceId } = known(before.server) ?? assert.fail('no server');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const keys = await provision(context, 'volume');
    assert.ok(keys.includes('instance') && keys.includes('attachment') && !keys.includes('volume'));
    const after = await describeSite(context, newOp());
    assert.equal(known(after.server)?.zone, known(before.volume)?.zone);
    assert.equal(known(after.volume)?.attachment?.instanceId, known(after.server)?.instanceId);
  });

  it('plan nothing while AWS cannot be read', async () => {
    const context = newContext();
    const fault = {
      service: 'ec2',
      action: 'DescribeInstances',
      kind: 'error',
      code: 'UnauthorizedOperation',
      status: 403,
    };
    await controlPlane().send('POST', 'faults', fault);
    await assert.rejects(
      planned(context, 'volume'),
      /nothing is planned.*server: This AWS user or role is not allowed/,
    );
  });
});
