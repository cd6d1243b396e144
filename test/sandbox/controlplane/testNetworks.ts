import assert from 'node:assert/strict';
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  ModifySubnetAttributeCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

/** Leaves the region's default VPC without default subnets, as its owner may have; the VPC's id. */
export async function deleteDefaultSubnets(ec2: EC2Client): Promise<string> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }));
  const VpcId = Vpcs?.[0]?.VpcId;
  assert.ok(VpcId);
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }));
  for (const { SubnetId } of Subnets ?? []) await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  return VpcId;
}

/** Leaves the region without a default VPC. */
export async function deleteDefaultVpc(ec2: EC2Client): Promise<void> {
  await ec2.send(new DeleteVpcCommand({ VpcId: await deleteDefaultSubnets(ec2) }));
}

/** Makes a VPC with one subnet, public unless told otherwise: a route to an internet gateway, and public addresses at launch. */
export async function makeNetwork(
  ec2: EC2Client,
  {
    zone = 'us-east-1b',
    gateway = true,
    addresses = true,
  }: { zone?: string; gateway?: boolean; addresses?: boolean } = {},
): Promise<{ vpcId: string; subnetId: string }> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const VpcId = Vpc?.VpcId;
  assert.ok(VpcId);
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24', AvailabilityZone: zone }),
  );
  const SubnetId = Subnet?.SubnetId;
  assert.ok(SubnetId);
  if (addresses) await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
  if (gateway) {
    const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
    const GatewayId = InternetGateway?.InternetGatewayId;
    await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
    // A new subnet goes by its VPC's main table.
    const { RouteTables } = await ec2.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }),
    );
    const RouteTableId = RouteTables?.[0]?.RouteTableId;
    await ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '0.0.0.0/0' }));
  }
  return { vpcId: VpcId, subnetId: SubnetId };
}
