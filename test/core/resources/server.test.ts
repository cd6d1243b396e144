import { DescribeInstancesCommand, DescribeVolumesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { SITE_TAG } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import { findSecurityGroup } from '../../../src/core/resources/network';
import type { Context } from '../../../src/core/context';
import { known } from '../../../src/core/resources/resource';
import { describeSite, planProvision } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';

/** Steps that need a machine; without one the instances of the sandbox are only names. */
const INSIDE = ['webServer', 'mount'];

const planned = async (context: Context) =>
  planProvision('volume', context, await describeSite(context, newOp())).map((stage) =>
    stage.filter(({ key }) => !INSIDE.includes(key)),
  );
const keysOf = (plan: Awaited<ReturnType<typeof planned>>) => stepsOf(plan).map(({ key }) => key);
const provision = async (context: Context) => {
  const plan = await planned(context);
  await run(plan, newOp());
  return keysOf(plan);
};
const count = async ({ site, clients }: Context) => {
  const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }];
  const instances = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  const volumes = await clients.ec2.send(new DescribeVolumesCommand({ Filters }));
  return {
    instances: instances.Reservations?.flatMap(({ Instances }) => Instances ?? []).length,
    dataVolumes: volumes.Volumes?.filter(({ Tags }) => Tags?.some(({ Value }) => Value === 'volume')).length,
  };
};

describe('server and volume', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('are planned as absent, made, and then leave nothing to do outside of the machine', async () => {
    const context = newContext();
    assert.deepEqual(await provision(context), ['role', 'securityGroup', 'instance', 'volume', 'attachment']);
    assert.deepEqual(await provision(context), []);
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
  });

  it('have IMDSv2 required, an encrypted disk, and no port but 80 open', async () => {
    const context = newContext();
    await provision(context);
    const calls = (await controlPlane().calls()).filter(({ action }) => action === 'RunInstances');
    const wanted = JSON.stringify(calls.at(-1)?.parameters);
    assert.match(wanted, /"HttpTokens":"required"/);
    assert.match(wanted, /"Encrypted":(true|"true")/);
    const opened = (await controlPlane().calls()).filter(({ action }) => action === 'AuthorizeSecurityGroupIngress');
    assert.match(JSON.stringify(opened.at(-1)?.parameters), /"FromPort":(80|"80"),"ToPort":(80|"80")/);
    assert.ok(known((await describeSite(context, newOp())).volume)?.encrypted);
  });

  it('use the security group and the key that the site file names', async () => {
    const other = newContext();
    await provision(other);
    const group = (await findSecurityGroup(other, undefined, newOp()))?.GroupId ?? assert.fail('no group');
    const context = newContext((file) => {
      file['server'] = { securityGroup: group };
      file['volume'] = { device: '/dev/sdh' };
    });
    assert.deepEqual(await provision(context), ['role', 'instance', 'volume', 'attachment']);
    assert.equal(known((await describeSite(context, newOp())).volume)?.attachment?.device, '/dev/sdh');
  });

  it('get a new server in the volume’s zone, with the volume attached, after it was terminated', async () => {
    const context = newContext();
    await provision(context);
    const before = await describeSite(context, newOp());
    const { instanceId } = known(before.server) ?? assert.fail('no server');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const keys = await provision(context);
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
    await assert.rejects(planned(context), /nothing is planned.*server: This AWS user or role is not allowed/);
  });

  const changes = [
    ['iam', 'CreateRole'],
    ['iam', 'PutRolePolicy'],
    ['iam', 'CreateInstanceProfile'],
    ['iam', 'AddRoleToInstanceProfile'],
    ['ec2', 'CreateSecurityGroup'],
    ['ec2', 'AuthorizeSecurityGroupIngress'],
    ['ec2', 'RunInstances'],
    ['ec2', 'CreateVolume'],
    ['ec2', 'AttachVolume'],
  ] as const;
  for (const [service, action] of changes) {
    for (const [title, fault] of [
      ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
      ['the connection is cut after', { kind: 'cut', when: 'after' }],
    ] as const) {
      it(`converge to one of each when ${title} ${action}`, async () => {
        const context = newContext();
        await controlPlane().send('POST', 'faults', { service, action, ...fault });
        if (fault.kind === 'error') await assert.rejects(provision(context));
        else await provision(context).catch(() => undefined);
        await controlPlane().send('DELETE', 'faults');
        await provision(context);
        assert.deepEqual(keysOf(await planned(context)), []);
        assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
      });
    }
  }
});
