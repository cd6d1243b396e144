import assert from 'node:assert/strict';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateDefaultSubnetCommand,
  CreateDefaultVpcCommand,
  CreateSecurityGroupCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { instanceReaches, launchInstance } from './testInstances';
import { deleteDefaultSubnets, deleteDefaultVpc, makeNetwork } from './testNetworks';

describe('the control plane, on networks that are not the default', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const createGroup = (VpcId?: string) =>
    plane.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'port 80', VpcId }));
  const routes = async (filter: string, value: string) => {
    const command = new DescribeRouteTablesCommand({ Filters: [{ Name: filter, Values: [value] }] });
    return (await plane.ec2.send(command)).RouteTables?.flatMap(({ Routes }) => Routes ?? []) ?? [];
  };
  const subnet = async (id: string) =>
    (await plane.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [id] }))).Subnets?.[0];

  it('has no place for an instance or a group where there is no default VPC, until one is made', async () => {
    await deleteDefaultVpc(plane.ec2);
    const defaults = new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] });
    assert.deepEqual((await plane.ec2.send(defaults)).Vpcs, []);
    await assert.rejects(launchInstance(plane), code('VPCIdNotSpecified'));
    await assert.rejects(createGroup(), code('VPCIdNotSpecified'));
    await plane.ec2.send(new CreateDefaultVpcCommand({}));
    await instanceReaches(plane.ec2, await launchInstance(plane), 'running');
  });

  it('has no place for an instance where the default VPC has no default subnet, until one is made', async () => {
    const vpcId = await deleteDefaultSubnets(plane.ec2);
    const noSubnets = (error: Error) =>
      code('MissingInput')(error) &&
      error.message === `No subnets found for the default VPC '${vpcId}'. Please specify a subnet.`;
    await assert.rejects(launchInstance(plane), noSubnets);
    await createGroup();
    const { Subnet } = await plane.ec2.send(new CreateDefaultSubnetCommand({ AvailabilityZone: 'us-east-1b' }));
    assert.deepEqual([Subnet?.DefaultForAz, Subnet?.MapPublicIpOnLaunch], [true, true]);
    const elsewhere = { Placement: { AvailabilityZone: 'us-east-1a' } };
    await assert.rejects(launchInstance(plane, elsewhere), code('InvalidInput'));
    const { Placement } = await instanceReaches(plane.ec2, await launchInstance(plane), 'running');
    assert.equal(Placement?.AvailabilityZone, 'us-east-1b');
  });

  it('adds no rule of a request of which one is there already', async () => {
    const { GroupId } = await createGroup();
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
    const open = (ranges: object) =>
      plane.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...rule, ...ranges }] }));
    const Ipv6Ranges = [{ CidrIpv6: '::/0' }];
    await open({ Ipv6Ranges });
    const both = { IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges };
    await assert.rejects(open(both), code('InvalidPermission.Duplicate'));
    const command = new DescribeSecurityGroupsCommand({ GroupIds: [GroupId ?? ''] });
    const [group] = (await plane.ec2.send(command)).SecurityGroups ?? [];
    assert.deepEqual(
      group?.IpPermissions?.flatMap(({ IpRanges }) => IpRanges ?? []),
      [],
    );
  });

  it('launches into a public subnet of another VPC, which shows its route and that it gives addresses', async () => {
    await deleteDefaultVpc(plane.ec2);
    const { vpcId, subnetId } = await makeNetwork(plane.ec2);
    const { GroupId } = await createGroup(vpcId);
    assert.ok(GroupId);
    assert.equal((await subnet(subnetId))?.MapPublicIpOnLaunch, true);
    // Without a table of its own the subnet has no association: the VPC's main table counts.
    assert.deepEqual(await routes('association.subnet-id', subnetId), []);
    const out = (await routes('vpc-id', vpcId)).find(
      ({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0',
    );
    assert.match(out?.GatewayId ?? '', /^igw-/);
    assert.equal(out?.State, 'active');
    const id = await launchInstance(plane, { SubnetId: subnetId, SecurityGroupIds: [GroupId] });
    const instance = await instanceReaches(plane.ec2, id, 'running');
    assert.deepEqual([instance.VpcId, instance.SubnetId], [vpcId, subnetId]);
    assert.equal(instance.Placement?.AvailabilityZone, 'us-east-1b');
    assert.ok(instance.PublicIpAddress);
    assert.match(instance.PrivateIpAddress ?? '', /^10\.0\.1\./);
  });

  it('gives no address and shows no way out in a private subnet', async () => {
    await deleteDefaultSubnets(plane.ec2);
    const { vpcId, subnetId } = await makeNetwork(plane.ec2, { gateway: false, addresses: false });
    const { MapPublicIpOnLaunch, DefaultForAz } = (await subnet(subnetId)) ?? {};
    assert.deepEqual([MapPublicIpOnLaunch, DefaultForAz], [false, false]);
    assert.deepEqual(
      (await routes('vpc-id', vpcId)).map(({ GatewayId }) => GatewayId),
      ['local'],
    );
    const id = await launchInstance(plane, { SubnetId: subnetId });
    assert.equal((await instanceReaches(plane.ec2, id, 'running')).PublicIpAddress, undefined);
  });

  it('refuses a subnet that does not exist and a group of another VPC', async () => {
    const { subnetId } = await makeNetwork(plane.ec2);
    const { GroupId } = await createGroup();
    assert.ok(GroupId);
    await assert.rejects(launchInstance(plane, { SubnetId: 'subnet-00000000' }), code('InvalidSubnetID.NotFound'));
    const mixed = { SubnetId: subnetId, SecurityGroupIds: [GroupId] };
    await assert.rejects(launchInstance(plane, mixed), code('InvalidParameter'));
  });
});
