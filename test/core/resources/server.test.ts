import {
  CreateSecurityGroupCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { isUserError } from '../../../src/core/op';
import { run } from '../../../src/core/plan';
import { reachOf } from '../../../src/core/resources/network/httpRules';
import { ensureSecurityGroup, findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { makeNetwork } from '../../sandbox/controlplane/testNetworks';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
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
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.4, ec2IdLagSeconds: 0.2 });
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

  it('are not done with a launch before the next step would find the server', async () => {
    const context = newContext();
    await ensureSecurityGroup(context, newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 1 });
    try {
      await provision(context, 'server');
      assert.equal(known((await describeSite(context, newOp())).server)?.state, 'running');
    } finally {
      await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
    }
  });

  it('are made once and seen, and refused by their type although AWS answers with empty pages first', async () => {
    const context = newContext();
    await controlPlane().send('POST', 'settings', { emptyFirstPages: 1 });
    try {
      await provision(context, 'volume');
      assert.deepEqual(keysOf(await planned(context, 'volume')), []);
      const old = newContext((file) => (file['server'] = { instanceType: 't2.micro' }));
      await assert.rejects(provision(old, 'server'), /t2\.micro is not an x86_64 or arm64 type of the Nitro system/);
    } finally {
      await controlPlane().send('POST', 'settings', { emptyFirstPages: 0 });
    }
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
  });

  it('wait for a security group of theirs that is not listed yet, and leave a stranger’s alone', async () => {
    const context = newContext();
    await ensureSecurityGroup(context, newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.3 });
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

  it('take no security group of another network for the one of theirs, and say at once why none could be made', async () => {
    const context = newContext();
    await ensureSecurityGroup(context, newOp());
    const { vpcId, subnetId } = await makeNetwork(context.clients.ec2);
    const moved = newContext((file) => Object.assign(file, { id: context.site.id, server: { subnet: subnetId } }));
    const GroupName = `sitelift-${context.site.id}-web`;
    const group = { GroupName, Description: 'mine', VpcId: vpcId };
    await context.clients.ec2.send(new CreateSecurityGroupCommand(group));
    await assert.rejects(ensureSecurityGroup(moved, newOp()), /exists without this site’s tag, so it is left alone/);
    await refuse('ec2', 'CreateSecurityGroup', 'UnauthorizedOperation');
    await assert.rejects(ensureSecurityGroup(newContext(), newOp()), { name: 'UnauthorizedOperation' });
  });

  it('let everybody in again after somebody took the rule of IPv4 or of both out of the group', async () => {
    const context = newContext();
    const GroupId = await ensureSecurityGroup(context, newOp());
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
    const ipv4 = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    for (const ranges of [ipv4, { ...ipv4, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }]) {
      await context.clients.ec2.send(
        new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...rule, ...ranges }] }),
      );
      assert.ok(!reachOf(await findSecurityGroup(context, undefined, newOp()), undefined).everyone);
      assert.equal(await ensureSecurityGroup(context, newOp()), GroupId);
      const group = await findSecurityGroup(context, undefined, newOp());
      assert.ok(reachOf(group, undefined).everyone);
      assert.deepEqual(
        group?.IpPermissions?.flatMap(({ Ipv6Ranges }) => Ipv6Ranges?.map(({ CidrIpv6 }) => CidrIpv6) ?? []),
        ['::/0'],
      );
    }
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
    await refuse('ec2', 'DescribeInstances', 'UnauthorizedOperation');
    await assert.rejects(planned(context, 'volume'), (error) => {
      assert.ok(isUserError(error));
      assert.match(error.message, /nothing is planned.*server: ec2:DescribeInstances is not allowed to this AWS user/);
      const ways = ['sitelift.selectProfile', 'sitelift.copyPolicy'];
      assert.deepEqual(
        error.remedies.map(({ command }) => command),
        ways,
      );
      return true;
    });
  });
});
