import assert from 'node:assert/strict';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  ModifyInstanceCreditSpecificationCommand,
  RebootInstancesCommand,
  ReleaseAddressCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { routeOf } from '../routes';
import {
  code,
  eventually,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';
import { AMAZON_LINUX, makeProfile, UBUNTU } from './testInstances';

describe('the control plane, on instances', () => {
  let plane: TestControlPlane;
  let imageId: string;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    imageId = await publicImage(AMAZON_LINUX);
  });
  after(() => plane.stop());

  async function publicImage(Name: string): Promise<string> {
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name }));
    assert.ok(Parameter?.Value);
    return Parameter.Value;
  }
  async function launch(changes: Partial<RunInstancesCommandInput> = {}): Promise<string> {
    const input = { ImageId: imageId, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1, ...changes };
    const { Instances } = await plane.ec2.send(new RunInstancesCommand(input));
    const id = Instances?.[0]?.InstanceId;
    assert.ok(id);
    return id;
  }
  async function describe(id: string): Promise<Instance> {
    const { Reservations } = await plane.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const instance = Reservations?.[0]?.Instances?.[0];
    assert.ok(instance);
    return instance;
  }
  const reaches = (id: string, state: string) =>
    eventually(async () => {
      const instance = await describe(id);
      return instance.State?.Name === state ? instance : undefined;
    });

  it('publishes the images that it boots, with the root device of their kind', async () => {
    for (const [parameter, device] of [
      [AMAZON_LINUX, '/dev/xvda'],
      [UBUNTU, '/dev/sda1'],
    ] as const) {
      const id = await publicImage(parameter);
      const { Images } = await plane.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
      assert.equal(Images?.[0]?.RootDeviceName, device);
      const { BlockDeviceMappings } = await describe(await launch({ ImageId: id }));
      assert.deepEqual(
        BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.DeleteOnTermination]),
        [[device, true]],
      );
    }
    await assert.rejects(launch({ ImageId: 'ami-00000000000000000' }), code('InvalidAMIID.NotFound'));
    await assert.rejects(launch({ InstanceType: 't9.huge' as 't3.micro' }), code('InvalidParameterValue'));
  });

  it('launches once per client token', async () => {
    const first = await launch({ ClientToken: 'one' });
    assert.equal(await launch({ ClientToken: 'one' }), first);
    await assert.rejects(launch({ ClientToken: 'one', InstanceType: 't3.small' }), code('IdempotentParameterMismatch'));
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
    await assert.rejects(launch({ ClientToken: 'one' }), code('IdempotentInstanceTerminated'));
    assert.notEqual(await launch({ ClientToken: 'two' }), first);
  });

  it('gives metadata options, tags and an encrypted root disk back', async () => {
    const id = await launch({
      MetadataOptions: { HttpTokens: 'required' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'sitelift:site', Value: 'demo' }] }],
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 10 } }],
    });
    const instance = await describe(id);
    assert.equal(instance.MetadataOptions?.HttpTokens, 'required');
    assert.deepEqual(instance.Tags, [{ Key: 'sitelift:site', Value: 'demo' }]);
    assert.equal(instance.BlockDeviceMappings?.length, 1);
  });

  it('stops with its address gone, starts with a new one, and refuses what its state does not allow', async () => {
    const id = await launch();
    const { PublicIpAddress } = await reaches(id, 'running');
    assert.ok(PublicIpAddress);
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await reaches(id, 'stopped')).PublicIpAddress, undefined);
    await assert.rejects(plane.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] })), code('IncorrectState'));
    await plane.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    assert.notEqual((await reaches(id, 'running')).PublicIpAddress, PublicIpAddress);
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await reaches(id, 'terminated');
    await assert.rejects(
      plane.ec2.send(new StartInstancesCommand({ InstanceIds: [id] })),
      code('IncorrectInstanceState'),
    );
  });

  it('shows the proxy where each instance answers', async () => {
    const id = await launch();
    const { PublicIpAddress, PublicDnsName } = await reaches(id, 'running');
    const [row] = await plane.admin<Record<string, unknown>[]>('GET', 'instances');
    assert.equal(row?.['id'], id);
    assert.equal(row['state'], 'running');
    assert.equal(row['publicIp'], PublicIpAddress);
    assert.equal(row['publicDnsName'], PublicDnsName);
    assert.equal(typeof row['httpPort'], 'number');
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await reaches(id, 'stopped');
    await plane.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    const again = await reaches(id, 'running');
    assert.ok(again.PublicDnsName && again.PublicDnsName !== PublicDnsName);
    const [moved] = await plane.admin<Record<string, unknown>[]>('GET', 'instances');
    assert.equal(moved?.['publicDnsName'], again.PublicDnsName);
    assert.equal(routeOf(again.PublicDnsName), 'instance');
  });

  it('does not know an instance profile right after its creation, nor one without a role', async () => {
    await setNever(plane, 'profileSeconds');
    await makeProfile(plane, 'web');
    const withProfile = (Name: string) => launch({ IamInstanceProfile: { Name } });
    const unknown = (error: Error) =>
      code('InvalidParameterValue')(error) && /Invalid IAM Instance Profile/.test(error.message);
    await assert.rejects(withProfile('web'), unknown);
    await assert.rejects(withProfile('never-made'), unknown);
    await plane.admin('POST', 'settings', { profileSeconds: 0 });
    await withProfile('web');
    await makeProfile(plane, 'empty', { role: false });
    await assert.rejects(withProfile('empty'), /has no associated IAM Roles/);
  });

  it('launches only what the zone and the image can run', async () => {
    const { Subnets } = await plane.ec2.send(new DescribeSubnetsCommand({}));
    const subnet = Subnets?.find(({ AvailabilityZone }) => AvailabilityZone === 'us-east-1e');
    assert.ok(subnet?.SubnetId);
    await assert.rejects(launch({ SubnetId: subnet.SubnetId }), code('Unsupported'));
    await assert.rejects(launch({ InstanceType: 't4g.micro' }), code('InvalidParameterValue'));
  });

  it('gives T3 unlimited credits unless the launch or a later change asks for standard ones', async () => {
    const credits = async (...InstanceIds: string[]) => {
      const command = new DescribeInstanceCreditSpecificationsCommand(InstanceIds.length > 0 ? { InstanceIds } : {});
      const { InstanceCreditSpecifications } = await plane.ec2.send(command);
      return InstanceCreditSpecifications?.map(({ InstanceId, CpuCredits }) => [InstanceId, CpuCredits]);
    };
    const standard = { CpuCredits: 'standard' };
    const [open, capped] = [await launch(), await launch({ CreditSpecification: standard })];
    assert.deepEqual(await credits(open, capped), [
      [open, 'unlimited'],
      [capped, 'standard'],
    ]);
    assert.deepEqual(await credits(), [[open, 'unlimited']]);
    const change = { InstanceCreditSpecifications: [{ InstanceId: open, ...standard }] };
    await plane.ec2.send(new ModifyInstanceCreditSpecificationCommand(change));
    assert.deepEqual(await credits(open), [[open, 'standard']]);
    const notSupported = code('InstanceCreditSpecification.NotSupported');
    await assert.rejects(launch({ InstanceType: 'm5.large', CreditSpecification: standard }), notSupported);
    await assert.rejects(credits(await launch({ InstanceType: 'm5.large' })), notSupported);
    await assert.rejects(launch({ CreditSpecification: { CpuCredits: 'some' } }), code('InvalidParameterValue'));
  });

  it('keeps a security group until the interfaces of its instances are gone', async () => {
    const { GroupId } = await plane.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'port 80' }),
    );
    const remove = () => plane.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    assert.ok(GroupId);
    await setNever(plane, 'lingerSeconds');
    const id = await launch({ SecurityGroupIds: [GroupId] });
    await assert.rejects(remove(), code('DependencyViolation'));
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await reaches(id, 'terminated');
    await assert.rejects(remove(), code('DependencyViolation'));
    await plane.admin('POST', 'settings', { lingerSeconds: 0 });
    await remove();
    const { NetworkInterfaces } = await plane.ec2.send(new DescribeNetworkInterfacesCommand({}));
    assert.deepEqual(NetworkInterfaces, []);
  });

  it('lets an elastic address answer for an instance, and not be released while it does', async () => {
    const id = await launch();
    await reaches(id, 'running');
    const { AllocationId, PublicIp } = await plane.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    await plane.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: id }));
    const { PublicIpAddress, PublicDnsName } = await describe(id);
    assert.equal(PublicIpAddress, PublicIp);
    assert.equal(PublicDnsName, `ec2-${PublicIp?.replaceAll('.', '-')}.compute-1.amazonaws.com`);
    const [row] = await plane.admin<Record<string, unknown>[]>('GET', 'instances');
    assert.equal(row?.['publicDnsName'], PublicDnsName);
    await assert.rejects(plane.ec2.send(new ReleaseAddressCommand({ AllocationId })), code('InvalidIPAddress.InUse'));
  });
});
