import assert from 'node:assert/strict';
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  code,
  eventually,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';
import { instanceReaches, launchInstance } from './testInstances';

const LISTINGS = 'ec2LagSeconds';
const BY_ID = 'ec2IdLagSeconds';
const MINE = [{ Key: 'sitelift:site', Value: 'demo' }];
const FILTERS = [{ Name: 'tag:sitelift:site', Values: ['demo'] }];

describe('the control plane, on what EC2 shows late', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const catchUp = (setting: string) => plane.admin('POST', 'settings', { [setting]: 0 });
  const launch = () =>
    launchInstance(plane, { TagSpecifications: [{ ResourceType: 'instance', Tags: MINE }], ClientToken: 'web' });
  const createVolume = async () => {
    const { VolumeId } = await plane.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: 'us-east-1a',
        Size: 1,
        VolumeType: 'gp3',
        TagSpecifications: [{ ResourceType: 'volume', Tags: MINE }],
      }),
    );
    assert.ok(VolumeId);
    return VolumeId;
  };
  const createGroup = () =>
    plane.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'port 80' }));

  async function listedInstances() {
    const { Reservations } = await plane.ec2.send(new DescribeInstancesCommand({ Filters: FILTERS }));
    return Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
  }
  const instanceById = (id: string) => plane.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  async function listedVolumes() {
    return (await plane.ec2.send(new DescribeVolumesCommand({ Filters: FILTERS }))).Volumes ?? [];
  }
  const volumeById = (id: string) => plane.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  async function listedGroups() {
    const command = new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['web'] }] });
    return (await plane.ec2.send(command)).SecurityGroups ?? [];
  }
  const groupById = (id: string) => plane.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));

  it('leaves new instances, volumes and groups out of listings, but finds them by id', async () => {
    await setNever(plane, LISTINGS);
    const [instance, volume, { GroupId }] = [await launch(), await createVolume(), await createGroup()];
    assert.ok(GroupId);
    assert.deepEqual(await listedInstances(), []);
    assert.deepEqual(await listedVolumes(), []);
    assert.deepEqual(await listedGroups(), []);
    await instanceReaches(plane.ec2, instance, 'running');
    await volumeById(volume);
    await groupById(GroupId);
    await catchUp(LISTINGS);
    assert.deepEqual(
      (await listedInstances()).map(({ InstanceId }) => InstanceId),
      [instance],
    );
    assert.deepEqual(
      (await listedVolumes()).map(({ VolumeId }) => VolumeId),
      [volume],
    );
    assert.deepEqual(
      (await listedGroups()).map((group) => group.GroupId),
      [GroupId],
    );
  });

  it('does not know new instances, volumes and groups by id, whatever is asked of them', async () => {
    const old = await launchInstance(plane);
    await instanceReaches(plane.ec2, old, 'running');
    await setNever(plane, BY_ID);
    const [instance, volume, { GroupId }] = [await launch(), await createVolume(), await createGroup()];
    assert.ok(GroupId);
    await assert.rejects(instanceById(instance), code('InvalidInstanceID.NotFound'));
    await assert.rejects(volumeById(volume), code('InvalidVolume.NotFound'));
    await assert.rejects(groupById(GroupId), code('InvalidGroup.NotFound'));
    const attach = new AttachVolumeCommand({ VolumeId: volume, InstanceId: old, Device: '/dev/sdf' });
    await assert.rejects(plane.ec2.send(attach), code('InvalidVolume.NotFound'));
    const open = new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
    await assert.rejects(plane.ec2.send(open), code('InvalidGroup.NotFound'));
    await assert.rejects(launchInstance(plane, { SecurityGroupIds: [GroupId] }), code('InvalidGroup.NotFound'));
    assert.equal((await listedInstances())[0]?.InstanceId, instance);
    await instanceById(old);
    await catchUp(BY_ID);
    await volumeById(volume);
    await plane.ec2.send(attach);
    await plane.ec2.send(open);
  });

  it('writes without lag: a second group is a duplicate and a client token gives the same instance', async () => {
    await setNever(plane, LISTINGS);
    await createGroup();
    await assert.rejects(createGroup(), code('InvalidGroup.Duplicate'));
    assert.deepEqual(await listedGroups(), []);
    assert.equal(await launch(), await launch());
    assert.deepEqual(await listedInstances(), []);
  });

  it('shows the former state of an instance that starts and of a volume that is attached or deleted', async () => {
    const [instance, volume, other] = [await launch(), await createVolume(), await createVolume()];
    await instanceReaches(plane.ec2, instance, 'running');
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [instance] }));
    await instanceReaches(plane.ec2, instance, 'stopped');
    await setNever(plane, LISTINGS);
    await plane.ec2.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: instance, Device: '/dev/sdf' }));
    await plane.ec2.send(new DeleteVolumeCommand({ VolumeId: other }));
    await plane.ec2.send(new StartInstancesCommand({ InstanceIds: [instance] }));
    const running = await instanceReaches(plane.ec2, instance, 'running');
    const [listed] = await listedInstances();
    assert.equal(listed?.State?.Name, 'stopped');
    assert.equal(listed.PublicIpAddress, undefined);
    assert.equal(listed.BlockDeviceMappings?.length, 1);
    assert.ok(running.PublicIpAddress);
    assert.equal(running.BlockDeviceMappings?.length, 2);
    const stopped = new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['stopped'] }] });
    assert.equal((await plane.ec2.send(stopped)).Reservations?.length, 1);
    assert.deepEqual(
      (await listedVolumes()).map(({ VolumeId, State }) => [VolumeId, State]),
      [
        [volume, 'available'],
        [other, 'available'],
      ],
    );
    await catchUp(LISTINGS);
    assert.equal((await listedInstances())[0]?.State?.Name, 'running');
    assert.deepEqual(
      (await listedVolumes()).map(({ VolumeId, State }) => [VolumeId, State]),
      [[volume, 'in-use']],
    );
  });

  it('shows by itself what is older than the lag', async () => {
    await plane.admin('POST', 'settings', { [LISTINGS]: 0.5 });
    const begunMs = performance.now();
    await createGroup();
    await eventually(async () => ((await listedGroups()).length === 1 ? true : undefined));
    assert.ok(performance.now() - begunMs >= 500);
  });
});
