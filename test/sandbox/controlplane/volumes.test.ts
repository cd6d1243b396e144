import assert from 'node:assert/strict';
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  DetachVolumeCommand,
  ModifyVolumeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type CreateVolumeCommandInput,
  type Volume,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import {
  code,
  eventually,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';
import { AMAZON_LINUX } from './testInstances';

describe('the control plane, on volumes', () => {
  let plane: TestControlPlane;
  let instanceId: string;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    instanceId = await launch();
  });
  after(() => plane.stop());

  async function launch(): Promise<string> {
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const { Instances } = await plane.ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        Placement: { AvailabilityZone: 'us-east-1a' },
      }),
    );
    const id = Instances?.[0]?.InstanceId;
    assert.ok(id);
    await instanceReaches(id, 'running');
    return id;
  }
  const instanceReaches = (id: string, state: string) =>
    eventually(async () => {
      const { Reservations } = await plane.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      return Reservations?.[0]?.Instances?.[0]?.State?.Name === state ? true : undefined;
    });
  async function create(changes: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
    const input = { AvailabilityZone: 'us-east-1a', Size: 4, VolumeType: 'gp3' as const, Encrypted: true, ...changes };
    const { VolumeId } = await plane.ec2.send(new CreateVolumeCommand(input));
    assert.ok(VolumeId);
    return VolumeId;
  }
  async function describe(id: string): Promise<Volume> {
    const { Volumes } = await plane.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
    assert.ok(Volumes?.[0]);
    return Volumes[0];
  }
  const reaches = (id: string, state: string) =>
    eventually(async () => {
      const volume = await describe(id);
      const reached = volume.Attachments?.[0]?.State ?? volume.State;
      return reached === state ? volume : undefined;
    });
  const attach = (VolumeId: string, Device = '/dev/sdf', InstanceId = instanceId) =>
    plane.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));
  const detach = (VolumeId: string, InstanceId?: string) =>
    plane.ec2.send(new DetachVolumeCommand({ VolumeId, ...(InstanceId ? { InstanceId } : {}) }));

  it('takes a snapshot over time, or fails to', async () => {
    const VolumeId = (await plane.ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 })))
      .VolumeId;
    const states = async () =>
      (
        await plane.ec2.send(
          new DescribeSnapshotsCommand({ Filters: [{ Name: 'volume-id', Values: [VolumeId ?? ''] }] }),
        )
      ).Snapshots?.map(({ State }) => State);
    await setNever(plane, 'snapshotSeconds');
    await plane.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    assert.deepEqual(await states(), ['pending']);
    await setInstant(plane);
    assert.deepEqual(await states(), ['completed']);
    await plane.admin('POST', 'misfortunes', { kind: 'snapshot' });
    await plane.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    assert.deepEqual((await states())?.sort(), ['completed', 'error']);
  });

  it('makes a volume from a snapshot that is complete, as large as that or larger', async () => {
    const VolumeId = await create({ Size: 4 });
    await setNever(plane, 'snapshotSeconds');
    const { SnapshotId } = await plane.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    await assert.rejects(create({ SnapshotId }), code('IncorrectState'));
    const { Snapshots: [pending] = [] } = await plane.ec2.send(
      new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId ?? ''] }),
    );
    assert.deepEqual([pending?.Progress, pending?.VolumeSize], ['0%', 4]);
    await setInstant(plane);
    await plane.ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 8 }));
    await assert.rejects(create({ SnapshotId, Size: 3 }), code('InvalidParameterValue'));
    await assert.rejects(create({ SnapshotId: 'snap-0123456789abcdef0' }), code('InvalidSnapshot.NotFound'));
    await plane.ec2.send(new DeleteVolumeCommand({ VolumeId }));
    const restored = await describe(await create({ SnapshotId, Size: 6 }));
    assert.deepEqual([restored.SnapshotId, restored.Size, restored.Encrypted], [SnapshotId, 6, true]);
    assert.equal((await describe(await create({ SnapshotId, Size: undefined }))).Size, 4);
  });

  it('makes one volume per client token', async () => {
    const first = await create({ ClientToken: 'data' });
    assert.equal(await create({ ClientToken: 'data' }), first);
    await assert.rejects(create({ ClientToken: 'data', Size: 5 }), code('IdempotentParameterMismatch'));
    assert.equal((await describe(first)).Encrypted, true);
    await assert.rejects(create({ AvailabilityZone: 'us-east-1z' }), code('InvalidZone.NotFound'));
  });

  it('attaches a volume to one instance of its zone, under a device name that is free', async () => {
    const [here, alsoHere] = [await create(), await create()];
    const elsewhere = await create({ AvailabilityZone: 'us-east-1b' });
    await assert.rejects(attach(elsewhere), code('InvalidVolume.ZoneMismatch'));
    await attach(here);
    await reaches(here, 'attached');
    await assert.rejects(attach(here, '/dev/sdg'), code('VolumeInUse'));
    await assert.rejects(attach(alsoHere), code('InvalidParameterValue'));
    await assert.rejects(attach(alsoHere, 'sdg'), code('InvalidParameterValue'));
    await assert.rejects(plane.ec2.send(new DeleteVolumeCommand({ VolumeId: here })), code('VolumeInUse'));
  });

  it('attaches only to an instance that runs or is stopped', async () => {
    const volume = await create();
    await setNever(plane, 'stopSeconds');
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await assert.rejects(attach(volume), code('IncorrectState'));
    const other = await launch();
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [other] }));
    await instanceReaches(other, 'stopped');
    await attach(volume, '/dev/sdf', other);
    await reaches(volume, 'attached');
  });

  it('detaches without being told from which instance, but not from a wrong one', async () => {
    const volume = await create();
    await assert.rejects(detach(volume), code('IncorrectState'));
    await attach(volume);
    await reaches(volume, 'attached');
    await assert.rejects(detach(volume, 'i-00000000000000000'), code('InvalidAttachment.NotFound'));
    await detach(volume);
    await reaches(volume, 'available');
    await plane.ec2.send(new DeleteVolumeCommand({ VolumeId: volume }));
    await assert.rejects(describe(volume), code('InvalidVolume.NotFound'));
  });

  it('keeps the root disk of a running instance attached', async () => {
    const { Volumes } = await plane.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
    );
    assert.ok(Volumes?.[0]?.VolumeId);
    await assert.rejects(detach(Volumes[0].VolumeId), code('OperationNotPermitted'));
  });

  it('lets data volumes outlive their instance', async () => {
    const volume = await create();
    await attach(volume);
    await reaches(volume, 'attached');
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(instanceId, 'terminated');
    assert.equal((await describe(volume)).State, 'available');
    instanceId = await launch();
    await attach(volume);
    await reaches(volume, 'attached');
  });

  it('grows a volume over time, never shrinks it, and rests between two changes', async () => {
    const volume = await create();
    const modify = (Size: number) => plane.ec2.send(new ModifyVolumeCommand({ VolumeId: volume, Size }));
    const state = async () => {
      const { VolumesModifications } = await plane.ec2.send(
        new DescribeVolumesModificationsCommand({ VolumeIds: [volume] }),
      );
      return VolumesModifications?.[0]?.ModificationState;
    };
    await assert.rejects(state(), code('InvalidVolumeModification.NotFound'));
    await assert.rejects(modify(3), code('InvalidParameterValue'));
    await setNever(plane, 'modificationSeconds');
    await setNever(plane, 'cooldownSeconds');
    await modify(8);
    assert.equal(await state(), 'modifying');
    assert.equal((await describe(volume)).Size, 4);
    await assert.rejects(modify(9), code('IncorrectModificationState'));
    await plane.admin('POST', 'settings', { modificationSeconds: 0 });
    assert.equal(await state(), 'completed');
    assert.equal((await describe(volume)).Size, 8);
    await assert.rejects(modify(9), code('VolumeModificationRateExceeded'));
    await plane.admin('POST', 'settings', { cooldownSeconds: 0 });
    await modify(9);
  });
});
