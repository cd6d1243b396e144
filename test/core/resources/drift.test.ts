import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DetachVolumeCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { AttachRolePolicyCommand, DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { DeletePublicAccessBlockCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, bucketName } from '../../../src/core/names';
import { stepsOf } from '../../../src/core/plan';
import { driftOf } from '../../../src/core/resources/drift';
import { driftText } from '../../../src/core/resources/driftText';
import { known } from '../../../src/core/resources/resource';
import { profileName } from '../../../src/core/resources/server/role';
import { findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { groupDrift } from '../../../src/core/resources/server/serverDrift';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';
import { edit } from './edited';
import { keysOf, outside, planned, provision } from './provisioned';

const NAMES: readonly ResourceName[] = ['server', 'volume', 'bucket', 'distribution'];
const readSite = (context: Context) => describeSite(context, newOp());
/** What the tree marks, but for what needs a machine. */
const marksOf = async (context: Context) => {
  const site = await readSite(context);
  return NAMES.flatMap((name) => driftOf(name, site).map((one) => `${name}: ${driftText(one)}`));
};
const idsOf = async (context: Context) => {
  const site = await readSite(context);
  const { instanceId } = known(site.server) ?? assert.fail('no server');
  const { volumeId } = known(site.volume) ?? assert.fail('no volume');
  return { instanceId, volumeId };
};
const groupOf = async (context: Context) =>
  (await findSecurityGroup(context, undefined, newOp())) ?? assert.fail('no group');
const titlesOf = async (context: Context, what: ResourceName | 'all' = 'all') =>
  stepsOf(outside(planProvision(what, context, await readSite(context)))).map(({ title }) => title);

/** The ids of the groups that an instance is in. */
async function groupsOf(InstanceId: string): Promise<string[]> {
  const { ec2 } = newContext().clients;
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  return Reservations?.[0]?.Instances?.[0]?.SecurityGroups?.flatMap(({ GroupId }) => GroupId ?? []) ?? [];
}

describe('what differs from the site file', () => {
  let context: Context;
  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1 });
    context = newContext();
    await provision(context, 'all');
    assert.deepEqual(await marksOf(context), []);
  });
  after(() => controlPlane().send('POST', 'settings', { profileSeconds: 1 }));

  /** Expects a mark with both values, a plan that tells them, and neither after it was run. */
  async function expectRepaired(mark: RegExp, title: RegExp, also: (marks: readonly string[]) => boolean = () => true) {
    const marks = await marksOf(context);
    assert.match(marks.join('\n'), mark);
    assert.ok(also(marks), marks.join('\n'));
    assert.match((await titlesOf(context)).join('\n'), title);
    await provision(context, 'all');
    assert.deepEqual(await marksOf(context), []);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  }

  it('is marked and closed: ports that others opened in the security group', async () => {
    const { GroupId } = await groupOf(context);
    const IpPermissions = [
      {
        ...{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 },
        IpRanges: [{ CidrIp: '192.0.2.0/24', Description: 'office' }, { CidrIp: '198.51.100.0/24' }],
      },
      { IpProtocol: 'tcp', FromPort: 80, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ];
    await context.clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    await expectRepaired(
      /^server: what else is open is tcp 22 for 192\.0\.2\.0\/24, 198\.51\.100\.0\/24; tcp 80–443 for ::\/0, wanted nothing$/,
      /^close in the security group what others opened \(tcp 22 for 192\.0\.2\.0\/24, 198\.51\.100\.0\/24; tcp 80–443 for ::\/0\)/,
    );
    const rules = (await groupOf(context)).IpPermissions?.map(
      ({ FromPort, IpProtocol }) => `${IpProtocol} ${FromPort}`,
    );
    assert.deepEqual(rules?.sort(), ['icmp -1', 'tcp 80']);
  });

  it('is marked and joined again: its own security group, beside another one in its place, which stays', async () => {
    const { instanceId } = await idsOf(context);
    const { VpcId } = await groupOf(context);
    const { ec2 } = context.clients;
    const made = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `theirs-${context.site.id}`, Description: 'theirs', VpcId }),
    );
    const Groups = [made.GroupId ?? assert.fail()];
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups }));
    assert.match(
      (await marksOf(context)).join(),
      /^server: the security group is theirs-\w+, wanted sitelift-\w+-web$/,
    );
    assert.match(
      (await titlesOf(context)).join(),
      /^put the server into the security group sitelift-\w+-web \(it is in theirs-\w+ now, and stays in those/,
    );
    const [step] = stepsOf(outside(await planned(context, 'all')));
    assert.equal(step?.loses, undefined);
    await provision(context, 'all');
    const { GroupId = assert.fail() } = await groupOf(context);
    assert.deepEqual((await groupsOf(instanceId)).sort(), [GroupId, ...Groups].sort());
    const [more] = driftOf('server', await readSite(context));
    assert.match(more?.refusal ?? '', /takes it out of none of them: do that in the EC2 console/);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [GroupId] }));
    assert.deepEqual(await marksOf(context), []);
  });

  it('is marked and joined: a group of the user’s that takes the place of the site’s own, and of no other', async () => {
    const { instanceId } = await idsOf(context);
    const { VpcId, GroupId: own = assert.fail() } = await groupOf(context);
    const { ec2 } = context.clients;
    const make = async (name: string) => {
      const GroupName = `${name}-${context.site.id}`;
      return (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: name, VpcId }))).GroupId ?? '';
    };
    const [securityGroup, access] = [await make('named'), await make('access')];
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [own, access] }));
    const named = { ...context, site: { ...context.site, server: { ...context.site.server, securityGroup } } };
    const plan = outside(await planned(named, 'all'));
    assert.deepEqual(
      stepsOf(plan).map(({ key, loses }) => [key, loses]),
      [['serverGroups', 'uptime']],
    );
    await provision(named, 'all');
    assert.deepEqual((await groupsOf(instanceId)).sort(), [securityGroup, access].sort());
    assert.deepEqual(keysOf(await planned(named, 'all')), []);
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [own] }));
  });

  it('is told where it is to be corrected: a group that the network of the server has not', async () => {
    const { instanceId } = await idsOf(context);
    const before = await groupsOf(instanceId);
    const server = { ...context.site.server, securityGroup: 'sg-0123456789abcdef0' };
    const named = { ...context, site: { ...context.site, server } };
    await assert.rejects(
      provision(named, 'server'),
      /^UserError: The network of the server, vpc-\w+, has no security group sg-0123456789abcdef0\. Correct/,
    );
    assert.deepEqual(await groupsOf(instanceId), before);
  });

  it('is not marked: the groups that an adopted server had; is refused: to join one by several interfaces', () => {
    const server = { ...context.site.server, securityGroup: 'sg-1' };
    const asked = { ...context, site: { ...context.site, server } };
    const Tags = [{ Key: ADOPTED_TAG, Value: 'now' }];
    const SecurityGroups = [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }];
    assert.deepEqual(groupDrift(asked, { SecurityGroups, Tags }), []);
    assert.match(groupDrift(asked, { SecurityGroups })[0]?.refusal ?? '', /^Somebody put the server into more groups/);
    const [drift] = groupDrift(asked, { SecurityGroups: [{ GroupId: 'sg-2' }], NetworkInterfaces: [{}, {}] });
    assert.match(drift?.refusal ?? '', /several network interfaces/);
  });

  it('is marked and changed: another instance type', async () => {
    const { instanceId } = await idsOf(context);
    const { ec2 } = context.clients;
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(ec2, instanceId, 'stopped');
    const InstanceType = { Value: 't3.small' };
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, InstanceType }));
    await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(ec2, instanceId, 'running');
    await expectRepaired(
      /^server: the instance type is t3\.small, wanted t3\.micro$/m,
      /change the type of server i-\w+ from t3\.small to t3\.micro/,
    );
  });

  it('is marked and attached again: a volume that was detached', async () => {
    const { instanceId, volumeId } = await idsOf(context);
    await context.clients.ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId }));
    await expectRepaired(
      new RegExp(`^volume: the attachment is (none|${instanceId}), wanted ${instanceId} as /dev/sdf$`),
      new RegExp(`^attach volume ${volumeId} \\(attached to nothing now\\) to the server$`),
    );
  });

  it('is marked and put in order: a distribution that was disabled or reads elsewhere', async () => {
    await edit(context, (config) => ({ ...config, Enabled: false }));
    await expectRepaired(
      /^distribution: the distribution is disabled, wanted enabled$/,
      /^put distribution \w+ in order \(the distribution is disabled, wanted enabled\)$/,
    );
    await edit(context, (config) => ({
      ...config,
      Origins: {
        Quantity: 1,
        Items: (config.Origins?.Items ?? []).map((origin) => ({
          ...origin,
          DomainName: 'evil.s3.us-east-1.amazonaws.com',
        })),
      },
    }));
    await expectRepaired(
      /^distribution: the origin is evil\.s3\.us-east-1\.amazonaws\.com\/site, wanted sitelift-\S+\/site$/,
      /^put distribution \w+ in order \(the origin is evil\S+, wanted sitelift-\S+\/site\)$/,
    );
  });

  it('is marked and closed: a bucket whose Block Public Access was removed', async () => {
    const named = { Bucket: bucketName(context.site) };
    await context.clients.s3.send(new DeletePublicAccessBlockCommand(named));
    await expectRepaired(
      /^bucket: Block Public Access is not all on, wanted all on$/,
      /\(Block Public Access is not all on, wanted all on\)$/,
    );
  });

  it('is marked: what others gave the role, which stays; what they took from it comes back', async () => {
    const { iam } = context.clients;
    const RoleName = profileName(context.site);
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'sitelift-agent' }));
    await expectRepaired(
      /^server: the role \S+ is without what lets SSM manage the server, wanted with that$/,
      /^put in order role and profile/,
    );
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'theirs', PolicyDocument }));
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    assert.deepEqual(await marksOf(context), [
      'server: what else its role may is ReadOnlyAccess, theirs, wanted nothing',
    ]);
    const [mark] = driftOf('server', await readSite(context));
    assert.match(mark?.refusal ?? '', /takes away nothing that others gave the role: detach or delete it/);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('is marked and refused: a volume that somebody made larger, which cannot shrink', async () => {
    const other = newContext();
    const larger = { ...other, site: { ...other.site, volume: { ...other.site.volume, sizeGib: 3 } } };
    await provision(larger, 'volume');
    const [mark] = driftOf('volume', await readSite(other)).filter(({ what }) => what === 'the size');
    assert.equal(mark && driftText(mark), 'the size is 3 GiB, wanted 1 GiB');
    assert.match(mark?.refusal ?? '', /A volume cannot shrink: write 3/);
    await assert.rejects(planned(other, 'volume'), /A volume cannot shrink/);
  });

  it('is marked, with what it is and was to be, where a look inside finds the web server stopped or off at boot', async () => {
    const site = await readSite(context);
    const server = known(site.server) ?? assert.fail('no server');
    const marks = (webServer: { installed: boolean; enabled: boolean; active: boolean }) => {
      const nothing = {
        mount: undefined,
        release: undefined,
        list: undefined,
        placing: undefined,
        settings: undefined,
      };
      const have = { ...server, drift: [], inspection: { webServer, ...nothing } };
      const seen = { ...site, server: { kind: 'known' as const, have } };
      const titles = stepsOf(planProvision('server', context, seen)).map(({ title }) => title);
      return [...driftOf('server', seen).map(driftText), ...titles];
    };
    assert.deepEqual(marks({ installed: true, enabled: true, active: true }), []);
    assert.deepEqual(marks({ installed: true, enabled: true, active: false }), [
      'the web server is stopped, wanted running',
      'enable and start the web server (httpd), which is stopped, wanted running',
    ]);
    assert.deepEqual(marks({ installed: true, enabled: false, active: true }), [
      'the web server at boot is not started, wanted started',
      'enable and start the web server (httpd), which is not started at boot, wanted started',
    ]);
    assert.equal(
      marks({ installed: false, enabled: false, active: false })[0],
      'the web server is not installed, wanted running',
    );
  });
});
