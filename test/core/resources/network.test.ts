import assert from 'node:assert/strict';
import type { IpPermission, SecurityGroup, Subnet, Volume } from '@aws-sdk/client-ec2';
import type { Context } from '../../../src/core/context';
import { usableVolume } from '../../../src/core/resources/lookup';
import { reachOf } from '../../../src/core/resources/network/httpRules';
import { places } from '../../../src/core/resources/network/network';
import { newContext, newOp } from '../sandbox';

/** An EC2 in memory that offers an instance type in some zones and has some subnets. */
function inNetwork(
  { zones, subnets, type = {} }: { zones: readonly string[]; subnets: readonly Subnet[]; type?: object },
  server: object = {},
): Context {
  const answers: Readonly<Record<string, unknown>> = {
    DescribeVpcsCommand: { Vpcs: [{ VpcId: 'vpc-1' }] },
    DescribeSubnetsCommand: { Subnets: subnets },
    DescribeInstanceTypeOfferingsCommand: { InstanceTypeOfferings: zones.map((Location) => ({ Location })) },
    DescribeInstanceTypesCommand: { InstanceTypes: [type] },
  };
  const send = (command: object) => Promise.resolve(answers[command.constructor.name]);
  const context = newContext((file) => (file['server'] = server));
  // The SDK's paginators take nothing but a client of its own class.
  const ec2 = Object.create(context.clients.ec2, { send: { value: send } }) as Context['clients']['ec2'];
  return { ...context, clients: { ...context.clients, ec2 } };
}

const subnet = (zone: string): Subnet => ({ VpcId: 'vpc-1', AvailabilityZone: zone, SubnetId: `subnet-${zone}` });

describe('the places of a server', () => {
  it('are the default subnets of the zones that offer its type, in the order of their names', async () => {
    const subnets = [subnet('c'), subnet('a'), subnet('b'), { SubnetId: 'subnet-x' }, { AvailabilityZone: 'a' }];
    assert.deepEqual(await places(inNetwork({ zones: ['a', 'c', 'd'], subnets }), newOp()), [
      { zone: 'a', subnetId: 'subnet-a' },
      { zone: 'c', subnetId: 'subnet-c' },
    ]);
  });

  it('are told to be none, with the reason and the ways on', async () => {
    const subnets = [subnet('a'), subnet('b')];
    await assert.rejects(places(inNetwork({ zones: ['c'], subnets }), newOp()), {
      message:
        't3.micro is not offered in a, b, the zones of us-east-1 that have a default subnet. Choose another “server.instanceType” in sitelift.json, or create a default subnet in another zone.',
    });
    const named = { subnet: 'subnet-0123456789abcdef0' };
    await assert.rejects(places(inNetwork({ zones: ['c'], subnets }, named), newOp()), {
      message:
        't3.micro is not offered in a, where the subnet subnet-0123456789abcdef0 lies. Choose another “server.instanceType” or “server.subnet” in sitelift.json.',
    });
    await assert.rejects(places(inNetwork({ zones: [], subnets }), newOp()), {
      message:
        'us-east-1 does not offer the instance type t3.micro. Choose another “server.instanceType” in sitelift.json.',
    });
    for (const found of [[], [{ VpcId: 'vpc-1' }], [{ AvailabilityZone: 'a' }]]) {
      await assert.rejects(places(inNetwork({ zones: ['a'], subnets: found }, named), newOp()), {
        message:
          'us-east-1 has no subnet subnet-0123456789abcdef0. Correct “server.subnet” in sitelift.json, or leave it out to use the default VPC.',
      });
    }
  });

  it('are none for a machine whose disks cannot be told apart, or of another architecture', async () => {
    const subnets = [subnet('a')];
    const of = (type: object) => places(inNetwork({ zones: ['a'], subnets, type }), newOp());
    for (const one of ['x86_64', 'arm64']) {
      assert.equal((await of({ Hypervisor: 'nitro', ProcessorInfo: { SupportedArchitectures: [one] } })).length, 1);
    }
    for (const type of [{ Hypervisor: 'xen' }, { ProcessorInfo: { SupportedArchitectures: ['arm64_mac'] } }]) {
      await assert.rejects(of(type), /^UserError: t3\.micro is not an x86_64 or arm64 type of the Nitro system/);
    }
  });
});

describe('a security group', () => {
  const letsHttpIn = (group: SecurityGroup | undefined) => reachOf(group, undefined).everyone;
  const http: IpPermission = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

  it('lets anybody reach port 80 only by a rule for just that', () => {
    assert.ok(letsHttpIn({ IpPermissions: [{ ...http, FromPort: 22 }, http] }));
    assert.ok(
      letsHttpIn({ IpPermissions: [{ ...http, IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '0.0.0.0/0' }] }] }),
    );
    for (const other of [
      { IpProtocol: 'udp' },
      { FromPort: 8080 },
      { IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
      { IpRanges: [] },
      { IpRanges: undefined },
    ]) {
      assert.ok(!letsHttpIn({ IpPermissions: [{ ...http, ...other }] }), JSON.stringify(other));
    }
    assert.ok(!letsHttpIn({}) && !letsHttpIn(undefined));
  });
});

describe('the volume of several', () => {
  const volume = (VolumeId: string, State: Volume['State']): Volume => ({ VolumeId, State });

  it('is the one that can be used, or the one that is attached, and else nobody’s choice but the user’s', () => {
    const free = volume('vol-1', 'available');
    const attached = volume('vol-2', 'in-use');
    const failed = volume('vol-3', 'error');
    assert.equal(usableVolume([]), undefined);
    assert.equal(usableVolume([failed]), undefined);
    assert.equal(usableVolume([failed, free]), free);
    assert.equal(usableVolume([free, failed, attached]), attached);
    for (const several of [
      [free, volume('vol-4', 'available')],
      [attached, volume('vol-4', 'in-use')],
    ]) {
      assert.throws(
        () => usableVolume(several),
        /more than one volume \(vol-\d, vol-4\)\. .*remove the tag sitelift:site/,
      );
    }
  });
});
