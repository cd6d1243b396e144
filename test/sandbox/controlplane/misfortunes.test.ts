import assert from 'node:assert/strict';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { code, setInstant, setNever, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { describeInstance, instanceReaches, launchInstance } from './testInstances';

describe('the control plane, on what goes wrong behind a call', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const arm = (misfortune: object) => plane.admin('POST', 'misfortunes', misfortune);
  const createVolume = async () => {
    const { VolumeId } = await plane.ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, VolumeType: 'gp3' }),
    );
    assert.ok(VolumeId);
    return VolumeId;
  };
  async function volumeState(id: string) {
    return (await plane.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0]?.State;
  }

  it('lets the next launch die, with its reason by id and in listings, and its token used up', async () => {
    await setNever(plane, 'bootSeconds');
    await arm({ kind: 'launch' });
    const doomed = await launchInstance(plane, { ClientToken: 'web' });
    assert.equal((await describeInstance(plane.ec2, doomed)).State?.Name, 'pending');
    await plane.admin('POST', 'settings', { bootSeconds: 0 });
    const dead = await instanceReaches(plane.ec2, doomed, 'terminated');
    const reason = { Code: 'Server.InternalError', Message: 'Client.InternalError: Client error on launch' };
    assert.deepEqual(dead.StateReason, reason);
    assert.equal(dead.StateTransitionReason, 'Server.InternalError');
    const { Reservations } = await plane.ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['terminated'] }] }),
    );
    assert.deepEqual(Reservations?.[0]?.Instances?.[0]?.StateReason, reason);
    assert.deepEqual((await plane.ec2.send(new DescribeVolumesCommand({}))).Volumes, []);
    await assert.rejects(launchInstance(plane, { ClientToken: 'web' }), code('IdempotentInstanceTerminated'));
    await instanceReaches(plane.ec2, await launchInstance(plane), 'running');
  });

  it('tells the reason that was armed, for as many launches as were armed', async () => {
    const message = 'Client.VolumeLimitExceeded: Volume limit exceeded';
    await arm({ kind: 'launch', times: 2, code: 'Client.VolumeLimitExceeded', message });
    for (let launch = 0; launch < 2; launch++) {
      const dead = await instanceReaches(plane.ec2, await launchInstance(plane), 'terminated');
      assert.equal(dead.StateReason?.Message, message);
    }
    await arm({ kind: 'launch' });
    await plane.admin('DELETE', 'misfortunes');
    await instanceReaches(plane.ec2, await launchInstance(plane), 'running');
  });

  it('makes the next volume end in error, good for nothing but deletion', async () => {
    const instance = await launchInstance(plane, { Placement: { AvailabilityZone: 'us-east-1a' } });
    await instanceReaches(plane.ec2, instance, 'running');
    await arm({ kind: 'volume' });
    const [broken, whole] = [await createVolume(), await createVolume()];
    assert.equal(await volumeState(broken), 'error');
    assert.equal(await volumeState(whole), 'available');
    const listed = new DescribeVolumesCommand({ Filters: [{ Name: 'status', Values: ['error'] }] });
    assert.equal((await plane.ec2.send(listed)).Volumes?.[0]?.VolumeId, broken);
    const attach = new AttachVolumeCommand({ VolumeId: broken, InstanceId: instance, Device: '/dev/sdf' });
    await assert.rejects(plane.ec2.send(attach), code('IncorrectState'));
    const grow = new ModifyVolumeCommand({ VolumeId: broken, Size: 2 });
    await assert.rejects(plane.ec2.send(grow), code('IncorrectState'));
    await plane.ec2.send(new DeleteVolumeCommand({ VolumeId: broken }));
    await assert.rejects(volumeState(broken), code('InvalidVolume.NotFound'));
  });

  it('refuses what is no misfortune', async () => {
    await assert.rejects(arm({ kind: 'flood' }), /A misfortune has a kind/);
    await assert.rejects(arm({ kind: 'launch', reason: 'none' }), /A misfortune has a kind/);
    await assert.rejects(arm({ kind: 'agent', instanceId: 'i-00000000000000000' }), /There is no agent/);
  });
});
