import assert from 'node:assert/strict';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeAddressesCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupsCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import { code, setInstant, setNever, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { describeInstance, instanceReaches, launchInstance } from './testInstances';
import { deleteDefaultSubnets, makeNetwork } from './testNetworks';

describe('the control plane, on public addresses', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const allocate = async () => {
    const TagSpecifications = [{ ResourceType: 'elastic-ip' as const, Tags: [{ Key: 'site', Value: 'demo' }] }];
    const answer = await plane.ec2.send(new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications }));
    return { AllocationId: answer.AllocationId, PublicIp: answer.PublicIp ?? assert.fail('no address') };
  };
  const running = async () => {
    const id = await launchInstance(plane);
    await instanceReaches(plane.ec2, id, 'running');
    return id;
  };
  const associate = (AllocationId: string | undefined, InstanceId: string, more: object = {}) =>
    plane.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId, ...more }));
  const shown = async (id: string) => {
    const { NetworkInterfaces, PublicIpAddress, PublicDnsName } = await describeInstance(plane.ec2, id);
    return { ip: PublicIpAddress, name: PublicDnsName, owner: NetworkInterfaces?.[0]?.Association?.IpOwnerId };
  };
  const listed = async () => {
    const Filters = [{ Name: 'tag:site', Values: ['demo'] }];
    return (await plane.ec2.send(new DescribeAddressesCommand({ Filters }))).Addresses ?? [];
  };

  it('gives an instance a changing address of Amazon’s, another one at each start', async () => {
    const id = await running();
    const first = await shown(id);
    assert.equal(first.owner, 'amazon');
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'stopped');
    assert.deepEqual([(await shown(id)).ip, (await shown(id)).owner], [undefined, undefined]);
    await plane.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'running');
    assert.notEqual((await shown(id)).ip, first.ip);
  });

  it('keeps an Elastic IP with a stopped instance, and its name with it, until the instance is terminated', async () => {
    const id = await running();
    const { AllocationId, PublicIp } = await allocate();
    await associate(AllocationId, id);
    const own = { ip: PublicIp, name: `ec2-${PublicIp.replaceAll('.', '-')}.compute-1.amazonaws.com` };
    assert.deepEqual(await shown(id), { ...own, owner: '123456789012' });
    for (const [command, state] of [
      [new StopInstancesCommand({ InstanceIds: [id] }), 'stopped'],
      [new StartInstancesCommand({ InstanceIds: [id] }), 'running'],
    ] as const) {
      await plane.ec2.send(command as StopInstancesCommand);
      await instanceReaches(plane.ec2, id, state);
      assert.deepEqual(await shown(id), { ...own, owner: '123456789012' });
    }
    assert.equal((await listed())[0]?.InstanceId, id);
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'terminated');
    const [left] = await listed();
    assert.deepEqual(
      [left?.PublicIp, left?.AssociationId, left?.InstanceId || undefined],
      [PublicIp, undefined, undefined],
    );
  });

  it('gives a changing address again a while after the Elastic IP was taken away', async () => {
    const id = await running();
    const { AllocationId } = await allocate();
    const { AssociationId } = await associate(AllocationId, id);
    await assert.rejects(plane.ec2.send(new ReleaseAddressCommand({ AllocationId })), code('InvalidIPAddress.InUse'));
    await setNever(plane, 'addressSeconds');
    await plane.ec2.send(new DisassociateAddressCommand({ AssociationId }));
    assert.equal((await shown(id)).ip, undefined);
    await assert.rejects(
      plane.ec2.send(new DisassociateAddressCommand({ AssociationId })),
      code('InvalidAssociationID.NotFound'),
    );
    await setInstant(plane);
    assert.equal((await shown(id)).owner, 'amazon');
    await plane.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    await assert.rejects(
      plane.ec2.send(new ReleaseAddressCommand({ AllocationId })),
      code('InvalidAllocationID.NotFound'),
    );
    assert.deepEqual(await listed(), []);
  });

  it('moves an Elastic IP only where the request does not forbid it, and puts out the one that was there', async () => {
    const [one, other] = [await running(), await running()];
    const [first, second] = [await allocate(), await allocate()];
    const { AssociationId } = await associate(first.AllocationId, one);
    assert.equal(
      (await associate(first.AllocationId, one, { AllowReassociation: false })).AssociationId,
      AssociationId,
    );
    await assert.rejects(
      associate(first.AllocationId, other, { AllowReassociation: false }),
      code('Resource.AlreadyAssociated'),
    );
    await associate(first.AllocationId, other, { AllowReassociation: true });
    assert.deepEqual([(await shown(one)).owner, (await shown(other)).ip], ['amazon', first.PublicIp]);
    await associate(second.AllocationId, other);
    assert.equal((await shown(other)).ip, second.PublicIp);
    const free = (await listed()).filter(({ AssociationId: association }) => !association);
    assert.deepEqual(
      free.map(({ PublicIp }) => PublicIp),
      [first.PublicIp],
    );
  });

  it('has five Elastic IPs, and none for an instance that is pending or without a way out', async () => {
    await setNever(plane, 'bootSeconds');
    await plane.admin('POST', 'misfortunes', { kind: 'launch' });
    const { AllocationId } = await allocate();
    await assert.rejects(associate(AllocationId, await launchInstance(plane)), code('InvalidInstanceID'));
    await setInstant(plane);
    await deleteDefaultSubnets(plane.ec2);
    const { subnetId } = await makeNetwork(plane.ec2, { gateway: false, addresses: false });
    const id = await launchInstance(plane, { SubnetId: subnetId });
    await instanceReaches(plane.ec2, id, 'running');
    await assert.rejects(associate(AllocationId, id), code('Gateway.NotAttached'));
    for (let count = 1; count < 5; count += 1) await allocate();
    await assert.rejects(allocate(), code('AddressLimitExceeded'));
  });

  it('counts CloudFront’s prefix list as 55 of the 60 rules of a group', async () => {
    const Filters = [{ Name: 'prefix-list-name', Values: ['com.amazonaws.global.cloudfront.origin-facing'] }];
    const { PrefixLists } = await plane.ec2.send(new DescribeManagedPrefixListsCommand({ Filters }));
    const [list] = PrefixLists ?? [];
    assert.deepEqual([list?.OwnerId, list?.AddressFamily], ['AWS', 'IPv4']);
    const { GroupId } = await plane.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: '80' }));
    const open = (FromPort: number, to: Partial<IpPermission>) => {
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort, ToPort: FromPort, ...to }];
      return plane.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    };
    const PrefixListIds = [{ PrefixListId: list?.PrefixListId }];
    await assert.rejects(
      open(80, { PrefixListIds: [{ PrefixListId: 'pl-00000000' }] }),
      code('InvalidPrefixListID.NotFound'),
    );
    await open(80, { PrefixListIds, IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] });
    await assert.rejects(open(443, { PrefixListIds }), code('RulesPerSecurityGroupLimitExceeded'));
    for (const last of [1, 2, 3, 4]) await open(80, { IpRanges: [{ CidrIp: `10.0.0.${last}/32` }] });
    await open(80, { Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] });
    await assert.rejects(
      open(80, { IpRanges: [{ CidrIp: '10.0.0.5/32' }] }),
      code('RulesPerSecurityGroupLimitExceeded'),
    );
    const { SecurityGroups } = await plane.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId ?? ''] }));
    const [rules] = SecurityGroups?.[0]?.IpPermissions ?? [];
    assert.deepEqual(
      [rules?.FromPort, rules?.PrefixListIds?.length, rules?.IpRanges?.length, rules?.Ipv6Ranges?.length],
      [80, 1, 5, 2],
    );
  });
});
