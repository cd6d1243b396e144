import {
  CreateKeyPairCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { clientToken, SITE_TAG, tagsFor } from '../../../src/core/names';
import { isUserError } from '../../../src/core/op';
import { ensureSecurityGroup, findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { ensureRole } from '../../../src/core/resources/server/role';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import type { Misfortune } from '../../sandbox/sandbox';
import { until } from '../../sandbox/command';
import { deleteDefaultSubnets, deleteDefaultVpc, makeNetwork } from '../../sandbox/controlplane/testNetworks';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf, count, keysOf, leaveVolume, planned, provision, requests } from './provisioned';

const arm = (misfortune: Misfortune) => controlPlane().send('POST', 'misfortunes', misfortune);
const fault = (fault: object) => controlPlane().send('POST', 'faults', { kind: 'error', status: 400, ...fault });

async function rejection(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => assert.fail('ended well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(isUserError(error), String(error));
  return error.message;
}

async function subnetIn(context: Context, zone: string): Promise<string> {
  const Filters = [
    { Name: 'availability-zone', Values: [zone] },
    { Name: 'default-for-az', Values: ['true'] },
  ];
  const { Subnets } = await context.clients.ec2.send(new DescribeSubnetsCommand({ Filters }));
  return Subnets?.[0]?.SubnetId ?? assert.fail(`no default subnet in ${zone}`);
}

/** How many instances of the site EC2 knows, dead ones as well. */
async function everLaunched({ site, clients }: Context): Promise<number> {
  const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }];
  const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations?.length ?? 0;
}

async function launchTagged({ site, clients }: Context): Promise<void> {
  const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name }));
  await clients.ec2.send(
    new RunInstancesCommand({
      ImageId: Parameter?.Value,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags: tagsFor(site, 'server') }],
    }),
  );
}

describe('a launch', () => {
  const setProfileSeconds = (profileSeconds: number) => controlPlane().send('POST', 'settings', { profileSeconds });
  beforeEach(async () => {
    await setProfileSeconds(0);
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'misfortunes');
  });

  it('asks for just this: IMDSv2, standard credits, an encrypted disk, our group with port 80 and our profile', async () => {
    const context = newContext();
    const { site } = context;
    const calls = await callsOf(() => provision(context, 'volume'));
    const group = (await findSecurityGroup(context, undefined, newOp())) ?? assert.fail('no group');
    const [launch, ...more] = requests(calls, 'RunInstances');
    const { ImageId, ...rest } = launch ?? {};
    assert.match(String(ImageId), /^ami-/);
    // It is asked again, for the same, while EC2 does not know the profile yet.
    for (const again of more) assert.deepEqual(again, launch);
    assert.deepEqual(rest, {
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      ClientToken: clientToken(site, 'server/us-east-1a', 1),
      IamInstanceProfile: { Name: `sitelift-${site.id}-server` },
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
      CreditSpecification: { CpuCredits: 'standard' },
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: await subnetIn(context, 'us-east-1a'),
          Groups: [group.GroupId],
          AssociatePublicIpAddress: true,
        },
      ],
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: tagsFor(site, 'server') },
        { ResourceType: 'volume', Tags: tagsFor(site, 'server-root') },
      ],
    });
    assert.deepEqual(requests(calls, 'AuthorizeSecurityGroupIngress'), [
      {
        GroupId: group.GroupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 80,
            ToPort: 80,
            IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'HTTP' }],
            Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'HTTP' }],
          },
        ],
      },
    ]);
    assert.deepEqual(requests(calls, 'CreateVolume'), [
      {
        AvailabilityZone: 'us-east-1a',
        Size: 1,
        VolumeType: 'gp3',
        Encrypted: true,
        ClientToken: clientToken(site, 'volume', 1),
        TagSpecifications: [
          {
            ResourceType: 'volume',
            Tags: [...tagsFor(site, 'volume'), { Key: 'sitelift:created-blank', Value: 'yes' }],
          },
        ],
      },
    ]);
  });

  for (const [image, instanceType, name] of [
    ['amazon-linux-2023', 't4g.micro', /^al2023-ami-.*-arm64$/],
    ['ubuntu-24.04', 't4g.micro', /^ubuntu.*-arm64-/],
    ['ubuntu-24.04', 't3.micro', /^ubuntu.*-amd64-/],
  ] as const) {
    it(`boots ${image} in the architecture of a ${instanceType}`, async () => {
      const context = newContext((file) => (file['server'] = { image, instanceType }));
      const [launch] = requests(await callsOf(() => provision(context, 'server')), 'RunInstances');
      const ImageIds = [String(launch?.['ImageId'])];
      const { Images } = await context.clients.ec2.send(new DescribeImagesCommand({ ImageIds }));
      assert.match(Images?.[0]?.Name ?? '', name);
      assert.deepEqual(keysOf(await planned(context, 'server')), []);
    });
  }

  it('takes the user’s group, key, image, type, subnet, profile and device, and makes none of its own', async () => {
    const maker = newContext();
    await ensureRole(maker, newOp());
    const { vpcId, subnetId } = await makeNetwork(maker.clients.ec2, { zone: 'us-east-1b' });
    const other = newContext((file) => (file['server'] = { subnet: subnetId }));
    const group = await ensureSecurityGroup(other, newOp());
    assert.equal((await findSecurityGroup(other, vpcId, newOp()))?.GroupId, group);
    await maker.clients.ec2.send(new CreateKeyPairCommand({ KeyName: maker.site.id }));
    const context = newContext((file) => {
      file['server'] = {
        image: 'ubuntu-24.04',
        instanceType: 'm5.large',
        keyName: maker.site.id,
        securityGroup: group,
        subnet: subnetId,
        instanceProfile: `sitelift-${maker.site.id}-server`,
      };
      file['volume'] = { sizeGib: 3, device: '/dev/sdh' };
    });
    const calls = await callsOf(async () =>
      assert.deepEqual(await provision(context, 'volume'), ['instance', 'volume', 'attachment']),
    );
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['RunInstances', 'CreateVolume', 'AttachVolume'],
    );
    const [launch] = requests(calls, 'RunInstances');
    assert.equal(launch?.['KeyName'], maker.site.id);
    assert.equal(launch['InstanceType'], 'm5.large');
    assert.equal(launch['CreditSpecification'], undefined);
    assert.deepEqual(launch['IamInstanceProfile'], { Name: `sitelift-${maker.site.id}-server` });
    assert.deepEqual(launch['NetworkInterfaces'], [
      { DeviceIndex: 0, SubnetId: subnetId, Groups: [group], AssociatePublicIpAddress: true },
    ]);
    const [disk] = launch['BlockDeviceMappings'] as { DeviceName: string }[];
    assert.equal(disk?.DeviceName, '/dev/sda1');
    assert.equal(requests(calls, 'CreateVolume')[0]?.['Size'], 3);
    assert.equal(requests(calls, 'CreateVolume')[0]?.['AvailabilityZone'], 'us-east-1b');
    assert.equal(requests(calls, 'AttachVolume')[0]?.['Device'], '/dev/sdh');
    const site = await describeSite(context, newOp());
    assert.deepEqual([known(site.server)?.role, known(site.server)?.portOpen], ['ready', true]);
  });

  it('asks again with the same token until EC2 knows its new profile', async () => {
    const context = newContext();
    await setProfileSeconds(1e6);
    const calls = await callsOf(async () => {
      const provisioned = provision(context, 'server');
      await until(async () => requests(await controlPlane().calls(), 'RunInstances').length > 0);
      await setProfileSeconds(0);
      await provisioned;
    });
    const tokens = requests(calls, 'RunInstances').map(({ ClientToken }) => ClientToken);
    assert.ok(tokens.length > 1);
    assert.deepEqual(new Set(tokens), new Set([clientToken(context.site, 'server/us-east-1a', 1)]));
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
  });

  it('goes where the volume is', async () => {
    const context = newContext();
    const volumeId = await leaveVolume(context, 'us-east-1b');
    const plan = await planned(context, 'volume');
    const launchStep = plan.flat().find(({ key }) => key === 'instance');
    assert.match(launchStep?.title ?? '', /in the volume’s zone us-east-1b/);
    const calls = await callsOf(() => provision(context, 'volume'));
    const [launch] = requests(calls, 'RunInstances');
    assert.equal(launch?.['ClientToken'], clientToken(context.site, 'server/us-east-1b', 1));
    const [network] = launch['NetworkInterfaces'] as { SubnetId: string }[];
    assert.equal(network?.SubnetId, await subnetIn(context, 'us-east-1b'));
    assert.deepEqual(requests(calls, 'CreateVolume'), []);
    const { volume } = await describeSite(context, newOp());
    assert.equal(known(volume)?.volumeId, volumeId);
  });

  it('goes to no other zone than the volume’s when the site file’s subnet lies elsewhere', async () => {
    const context = newContext((file) => (file['server'] = { subnet: 'subnet-00000000' }));
    const { subnetId } = await makeNetwork(context.clients.ec2, { zone: 'us-east-1a' });
    await leaveVolume(context, 'us-east-1b');
    const here = { ...context, site: { ...context.site, server: { ...context.site.server, subnet: subnetId } } };
    assert.equal(
      await rejection(provision(here, 'server')),
      `The volume lies in us-east-1b, but the subnet ${subnetId} (“server.subnet” in sitelift.json) lies in us-east-1a. Name a subnet of us-east-1b; a volume cannot be moved to another zone.`,
    );
    assert.match(await rejection(provision(context, 'server')), /^us-east-1 has no subnet subnet-00000000\. Correct/);
  });

  it('takes the next zone when one has no room, told at once or by the death of the instance', async () => {
    const context = newContext();
    await fault({ service: 'ec2', action: 'RunInstances', code: 'InsufficientInstanceCapacity' });
    const message = 'Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request';
    await arm({ kind: 'launch', code: 'Server.InternalError', message });
    const calls = await callsOf(() => provision(context, 'server'));
    assert.deepEqual(
      requests(calls, 'RunInstances').map(({ ClientToken }) => ClientToken),
      ['a', 'b', 'c'].map((zone) => clientToken(context.site, `server/us-east-1${zone}`, 1)),
    );
    assert.equal(known((await describeSite(context, newOp())).server)?.zone, 'us-east-1c');
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
  });

  it('takes the next zone when the subnet of one has no free address', async () => {
    const context = newContext();
    await fault({ service: 'ec2', action: 'RunInstances', code: 'InsufficientFreeAddressesInSubnet' });
    await provision(context, 'server');
    assert.equal(known((await describeSite(context, newOp())).server)?.zone, 'us-east-1b');
  });

  it('takes no next zone for another reason', async () => {
    const context = newContext();
    await fault({ service: 'ec2', action: 'RunInstances', code: 'VcpuLimitExceeded', times: 9 });
    const calls = await callsOf(() => assert.rejects(provision(context, 'server'), { name: 'VcpuLimitExceeded' }));
    assert.equal(requests(calls, 'RunInstances').length, 1);
  });

  it('tells why AWS ended the server, launches one more at each run, and goes on once the reason is gone', async () => {
    const context = newContext();
    await arm({ kind: 'launch', times: 2 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const sentence = await rejection(provision(context, 'server'));
      assert.match(
        sentence,
        /^AWS ended the server i-[0-9a-f]+ while it was starting: Client\.InternalError: Client error on launch\. Most often the key that encrypts new disks .* Then run the command again/,
      );
      assert.equal(await everLaunched(context), attempt + 1);
    }
    assert.deepEqual(await count(context), { instances: 0, dataVolumes: 0 });
    await provision(context, 'server');
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 0 });
  });

  it('tells what helps against the commonest reasons', async () => {
    const context = newContext();
    for (const [message, advice] of [
      ['Client.VolumeLimitExceeded: Volume limit exceeded', /Service Quotas/],
      ['Server.InternalError: Internal error on launch', /Remove the cause/],
    ] as const) {
      await arm({ kind: 'launch', message });
      const sentence = await rejection(provision(context, 'server'));
      assert.ok(sentence.includes(message), sentence);
      assert.match(sentence, advice);
    }
  });

  it('starts a server that was stopped, and shows it stopped until then', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { instanceId } = known((await describeSite(context, newOp())).server) ?? assert.fail('no server');
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    const plan = await planned(context, 'server');
    assert.deepEqual(keysOf(plan), ['startInstance']);
    assert.match(
      plan.flat()[0]?.title ?? '',
      new RegExp(`^start server ${instanceId} \\(it is stopp(ing|ed); its address will be another one\\)$`),
    );
    const calls = await callsOf(() => provision(context, 'server'));
    assert.deepEqual(requests(calls, 'StartInstances'), [{ InstanceIds: [instanceId] }]);
    const after = known((await describeSite(context, newOp())).server);
    assert.deepEqual([after?.instanceId, after?.state], [instanceId, 'running']);
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
  });

  it('takes part in nothing while there are two servers or two volumes, and names them', async () => {
    const servers = newContext();
    await launchTagged(servers);
    await launchTagged(servers);
    assert.match(
      await rejection(planned(servers, 'server')),
      /nothing is planned\. server: This site has more than one server \(i-[0-9a-f]+, i-[0-9a-f]+\)\. Remove the tag sitelift:site/,
    );
    const volumes = newContext();
    await leaveVolume(volumes, 'us-east-1a');
    await leaveVolume(volumes, 'us-east-1b');
    assert.match(
      await rejection(planned(volumes, 'volume')),
      /volume: This site has more than one volume \(vol-[0-9a-f]+, vol-[0-9a-f]+\)\. Sitelift deletes none of them/,
    );
  });

  it('goes on with the attached one of two volumes', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const attached = known((await describeSite(context, newOp())).volume)?.volumeId;
    await leaveVolume(context, 'us-east-1a');
    assert.equal(known((await describeSite(context, newOp())).volume)?.volumeId, attached);
    assert.deepEqual(keysOf(await planned(context, 'volume')), []);
  });

  it('tells of a volume that AWS could not make, and makes one more at the next run', async () => {
    const context = newContext();
    await arm({ kind: 'volume', times: 2 });
    const failed: string[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const sentence = await rejection(provision(context, 'volume'));
      assert.match(sentence, /^AWS could not make the volume vol-[0-9a-f]+: it is in the state “error”/);
      failed.push(/vol-[0-9a-f]+/.exec(sentence)?.[0] ?? '');
    }
    assert.equal(new Set(failed).size, 2);
    const { volume } = await describeSite(context, newOp());
    assert.equal(known(volume)?.state, 'error');
    const plan = await planned(context, 'volume');
    assert.deepEqual(keysOf(plan), ['volume', 'attachment']);
    assert.match(plan.flat()[0]?.title ?? '', /\(AWS could not make vol-[0-9a-f]+\)$/);
    await provision(context, 'volume');
    const after = known((await describeSite(context, newOp())).volume);
    assert.equal(after?.attachment?.state, 'attached');
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 3 });
  });

  it('makes another volume when the one of its token was deleted', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const before = await describeSite(context, newOp());
    const { instanceId } = known(before.server) ?? assert.fail('no server');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await provision(context, 'volume');
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
    const { Reservations } = await context.clients.ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
    );
    assert.notEqual(Reservations?.[0]?.Instances?.[0]?.State?.Name, 'running');
  });
});

describe('a region without the usual network', () => {
  // No other file may need the default network of this region: its tests may run later in the same sandbox.
  const region = 'eu-west-2';
  const inRegion = (server: object = {}) =>
    newContext((file) => {
      file['region'] = region;
      file['server'] = server;
    });

  it('is told as such: no default subnet, no default VPC, each with two ways on', async () => {
    const context = inRegion();
    const vpcId = await deleteDefaultSubnets(context.clients.ec2);
    assert.equal(
      await rejection(provision(context, 'server')),
      `The default VPC of eu-west-2 (${vpcId}) has no default subnet, so there is no network to put the server into. Name a subnet of yours as “server.subnet” in sitelift.json, or create a default one with “aws ec2 create-default-subnet --availability-zone eu-west-2a --region eu-west-2”; then run the command again.`,
    );
    await deleteDefaultVpc(context.clients.ec2);
    assert.equal(
      await rejection(provision(inRegion(), 'server')),
      'The region eu-west-2 has no default VPC, so there is no network to put the server into. Name a subnet of yours as “server.subnet” in sitelift.json, or create a default VPC with “aws ec2 create-default-vpc --region eu-west-2”; then run the command again.',
    );
  });

  it('serves a site with a subnet of its own, whose VPC gets the security group', async () => {
    const { vpcId, subnetId } = await makeNetwork(inRegion().clients.ec2, { zone: 'eu-west-2b' });
    const context = inRegion({ subnet: subnetId });
    assert.deepEqual(await provision(context, 'volume'), ['role', 'securityGroup', 'instance', 'volume', 'attachment']);
    assert.equal((await findSecurityGroup(context, undefined, newOp()))?.VpcId, vpcId);
    const { server } = await describeSite(context, newOp());
    assert.deepEqual([known(server)?.zone, known(server)?.portOpen], ['eu-west-2b', true]);
    assert.deepEqual(keysOf(await planned(context, 'volume')), []);
  });

  it('is not blamed for an instance type that is not there', async () => {
    const { subnetId } = await makeNetwork(inRegion().clients.ec2, { zone: 'eu-west-2b' });
    const old = inRegion({ subnet: subnetId, instanceType: 't2.micro' });
    assert.match(
      await rejection(provision(old, 'server')),
      /^t2\.micro is not an x86_64 or arm64 type of the Nitro system/,
    );
    const none = inRegion({ subnet: subnetId, instanceType: 'z9.nano' });
    assert.match(await rejection(provision(none, 'server')), /^eu-west-2 does not offer the instance type z9\.nano/);
  });
});
