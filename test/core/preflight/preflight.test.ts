import {
  AssociateRouteTableCommand,
  CreateInternetGatewayCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  DeleteRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { ClientCache } from '../../../src/core/aws/clientCache';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { isUserError, remediesOf } from '../../../src/core/op';
import { requireNothingInTheWay, type PreflightFinding } from '../../../src/core/preflight/finding';
import { preflight } from '../../../src/core/preflight/preflight';
import { findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { planProvision } from '../../../src/core/resources/planProvision';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { ensureRole, profileName } from '../../../src/core/resources/server/role';
import { parseSite } from '../../../src/core/site';
import { deleteDefaultSubnets, deleteDefaultVpc, makeNetwork } from '../../sandbox/controlplane/testNetworks';
import { AMAZON_LINUX } from '../../sandbox/controlplane/testInstances';
import { addProfile } from '../../sandbox/profiles';
import type { MadeUser } from '../../sandbox/sandbox';
import { docsJson } from '../../setup/workflow';
import { callsOf, changesOf, keysOf, leaveVolume, provision, requests } from '../resources/provisioned';
import { ACCOUNT, controlPlane, deny, newContext, newOp } from '../sandbox';

/** A new site of a region, so that what a test does to the network is nobody else's. */
function contextIn(region: string, server: object = {}): Context {
  const { site } = newContext();
  const file = { ...site, region, server: { ...site.server, ...server } };
  return { site: parseSite(JSON.stringify(file)), clients: createClients({ region }) };
}

/** What is found before everything, or a part, is provisioned. */
async function found(
  context: Context,
  what: 'all' | 'server' | 'bucket' = 'all',
): Promise<readonly PreflightFinding[]> {
  const have = await describeSite(context, newOp());
  return preflight(context, have, planProvision(what, context, have), newOp());
}

/** Another site with the same wants. */
function newContextLike({ clients, site }: Context): Context {
  return { clients, site: { ...site, id: newContext().site.id } };
}

/** Severity, first words and way on of each finding. */
const short = (findings: readonly PreflightFinding[]) =>
  findings.map(({ remedy, severity, what }) => [what, severity, remedy?.command ?? '']);

/** The default group of the default network. */
async function anyGroup({ clients }: Context): Promise<string> {
  const Filters = [{ Name: 'group-name', Values: ['default'] }];
  const { SecurityGroups } = await clients.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups?.[0]?.GroupId ?? assert.fail('no group');
}

describe('the preflight', function () {
  this.timeout(120_000);
  beforeEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'denies');
    await controlPlane().send('POST', 'settings', { vcpuQuota: 0, profileSeconds: 0, deploySeconds: 0.1 });
  });
  const step = (key: string) => ({ key, title: key, run: () => Promise.resolve() });
  after(() => controlPlane().send('POST', 'settings', { vcpuQuota: 0, unverifiedAccount: 0, optInRegions: 0 }));

  const withKeys = async ({ site }: Context, name: string, keys: Record<string, string>): Promise<Context> => {
    await addProfile({ env: process.env as Record<string, string> }, name, keys);
    return { site, clients: await new ClientCache().clientsFor({ profile: name, region: site.region }) };
  };
  const asUser = async (context: Context, policy: object): Promise<Context> => {
    const name = `pre-${context.site.id}`;
    const user = await controlPlane().make<MadeUser>('users', { name, policy });
    return withKeys(context, name, {
      aws_access_key_id: user.accessKeyId,
      aws_secret_access_key: user.secretAccessKey,
    });
  };
  const without = (context: Context, ...actions: string[]) => {
    const policy = docsJson('iam-policy.json', context.site) as { Statement: { Action: string | string[] }[] };
    const Statement = policy.Statement.map((one) => ({
      ...one,
      Action: [one.Action].flat().filter((action) => !actions.includes(action)),
    }));
    return { ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) };
  };

  it('finds nothing in the way of an administrator, nor of a user with docs/iam-policy.json, and changes nothing', async () => {
    const admin = contextIn('eu-west-1', { address: 'elastic' });
    const user = await asUser(admin, without(admin));
    const calls = await callsOf(async () => {
      assert.deepEqual(await found(admin), []);
      assert.deepEqual(await found(user), []);
    });
    const isDry = (parameters: Readonly<Record<string, unknown>> | undefined) => parameters?.['DryRun'] === true;
    const changes = changesOf(calls).filter(
      ({ action, parameters }) => action !== 'SimulatePrincipalPolicy' && !isDry(parameters),
    );
    assert.deepEqual(changes, []);
    assert.ok(calls.some(({ action, parameters }) => action === 'RunInstances' && isDry(parameters)));
  });

  it('asks nothing where nothing is to be made', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    assert.deepEqual(await callsOf(() => preflightOf(context, 'bucket')), []);
  });

  async function preflightOf(context: Context, what: 'bucket'): Promise<void> {
    const have = await describeSite(context, newOp());
    const plan = planProvision(what, context, have);
    await controlPlane().send('DELETE', 'calls');
    await preflight(context, have, plan, newOp());
  }

  it('names the permission that a launch or a volume lacks, offers the policy and stops', async () => {
    const context = contextIn('eu-west-1');
    const user = await asUser(context, without(context, 'ec2:RunInstances', 'ec2:CreateVolume'));
    const findings = await found(user);
    assert.deepEqual(short(findings), [
      ['permissions', 'stops', 'sitelift.copyPolicy'],
      ['permissions', 'stops', 'sitelift.copyPolicy'],
    ]);
    assert.match(findings[0]?.sentence ?? '', /^ec2:RunInstances is not allowed to this AWS user or role/);
    assert.match(findings[1]?.sentence ?? '', /^ec2:CreateVolume is not allowed/);
    assert.throws(
      () => requireNothingInTheWay(findings),
      (error) =>
        isUserError(error) &&
        /^Nothing was changed\. ec2:RunInstances .*ec2:CreateVolume /.test(error.message) &&
        remediesOf(error).length === 1,
    );
  });

  /** What dry runs and simulations were asked about. */
  const askedOf = async (context: Context, what?: 'server' | 'bucket') => {
    const calls = await callsOf(() => found(context, what));
    const dry = calls.filter(({ parameters }) => parameters?.['DryRun'] === true).map(({ action }) => action);
    const simulated = requests(calls, 'SimulatePrincipalPolicy').flatMap(({ ActionNames }) => ActionNames as string[]);
    return { dry: dry.sort(), simulated };
  };

  it('asks by dry runs for what is made beside the server as well, and simulates what they do not tell', async () => {
    const context = contextIn('eu-west-1', { address: 'elastic' });
    const { dry, simulated } = await askedOf(await asUser(context, without(context)));
    assert.deepEqual(dry, ['AllocateAddress', 'CreateSecurityGroup', 'CreateVolume', 'RunInstances']);
    for (const action of ['ec2:AllocateAddress', 'ec2:CreateSecurityGroup']) assert.ok(!simulated.includes(action));
    for (const action of ['ec2:AuthorizeSecurityGroupIngress', 'ec2:AttachVolume'])
      assert.ok(simulated.includes(action));
    const user = await asUser(
      newContextLike(context),
      without(context, 'ec2:AllocateAddress', 'ec2:CreateSecurityGroup'),
    );
    const findings = await found(user);
    assert.deepEqual(short(findings), Array(2).fill(['permissions', 'stops', 'sitelift.copyPolicy']));
    assert.match(
      findings.map(({ sentence }) => sentence).join(),
      /ec2:CreateSecurityGroup is not.*ec2:AllocateAddress is not/,
    );
    assert.deepEqual((await askedOf(context, 'bucket')).dry, []);
  });

  it('asks by dry runs for what is done to a server and a volume that are there', async () => {
    const context = newContext();
    const { ec2 } = context.clients;
    await provision(context, 'server');
    const have = known((await describeSite(context, newOp())).server) ?? assert.fail('no server');
    const VolumeId = await leaveVolume(context, have.zone);
    await ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: (await findSecurityGroup(context, undefined, newOp()))?.GroupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      }),
    );
    const larger = { ...context, site: { ...context.site, volume: { ...context.site.volume, sizeGib: 2 } } };
    const look = async (by: Context) => {
      const site = await describeSite(context, newOp());
      return preflight(by, site, planProvision('volume', larger, site), newOp());
    };
    const calls = await callsOf(async () => assert.deepEqual(await look(larger), []));
    const dry = calls.filter(({ parameters }) => parameters?.['DryRun'] === true);
    assert.deepEqual(
      dry.map(({ action, parameters }) => `${action} ${String(parameters?.['VolumeId'] ?? '')}`).sort(),
      [`AttachVolume ${VolumeId}`, 'AuthorizeSecurityGroupIngress ', `ModifyVolume ${VolumeId}`],
    );
    const lacking = ['ec2:AttachVolume', 'ec2:ModifyVolume', 'ec2:AuthorizeSecurityGroupIngress'];
    const found = await look(await asUser(larger, without(context, ...lacking)));
    assert.deepEqual(short(found), Array(3).fill(['permissions', 'stops', 'sitelift.copyPolicy']));
  });

  it('asks by a dry run whether a stopped server may be started', async () => {
    const context = newContext();
    await provision(context, 'server');
    const site = await describeSite(context, newOp());
    const have = known(site.server) ?? assert.fail('no server');
    const stopped = { ...site, server: { kind: 'known', have: { ...have, state: 'stopped' } } } as const;
    const calls = await callsOf(() => preflight(context, stopped, [[step('startInstance')]], newOp()));
    assert.deepEqual(
      calls.map(({ action, parameters }) => [action, parameters?.['DryRun']]),
      [['StartInstances', true]],
    );
  });

  it('warns of what the policies of a user seem to lack, which a simulation cannot know for sure', async () => {
    const context = contextIn('eu-west-1');
    const user = await asUser(context, without(context, 's3:CreateBucket', 'iam:CreateRole'));
    const findings = await found(user);
    assert.deepEqual(short(findings), [['permissions', 'warns', 'sitelift.copyPolicy']]);
    assert.match(findings[0]?.sentence ?? '', /seem to lack (?=.*iam:CreateRole)(?=.*s3:CreateBucket)/);
    requireNothingInTheWay(findings);
  });

  it('asks only about what the plan is to make', async () => {
    const context = contextIn('eu-west-1');
    const user = await asUser(context, without(context, 'cloudfront:CreateDistribution', 'ec2:RunInstances'));
    assert.deepEqual(await found(user, 'bucket'), []);
  });

  it('takes a condition that it cannot judge for nothing that is lacking', async () => {
    const context = contextIn('eu-west-1');
    const policy = without(context, 's3:CreateBucket');
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const Statement = [...policy.Statement, { Effect: 'Allow', Action: 's3:CreateBucket', Resource: '*', Condition }];
    assert.deepEqual(await found(await asUser(context, { ...policy, Statement }), 'bucket'), []);
  });

  it('is told nothing by whoever may not simulate, and nothing stops then', async () => {
    const context = contextIn('eu-west-1');
    const user = await asUser(context, without(context, 'iam:SimulatePrincipalPolicy', 's3:CreateBucket'));
    assert.deepEqual(short(await found(user)), [['permissions', 'unknown', '']]);
  });

  for (const [title, path, actions, wanted] of [
    ['asks about the role of a session', '/team/', ['iam:*'], 'warns'],
    ['takes a role for one without a path when it may not be read', '/', ['iam:SimulatePrincipalPolicy'], 'warns'],
    ['does not know a role with a path that may not be read', '/team/', ['iam:SimulatePrincipalPolicy'], 'unknown'],
  ] as const) {
    it(title, async () => {
      const context = contextIn('eu-west-1');
      const RoleName = `maker-${context.site.id}`;
      const document = (statement: object) =>
        JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
      const trust = document({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' });
      const { iam } = context.clients;
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName, Path: path, AssumeRolePolicyDocument: trust }));
      const Action = [...actions, 'ec2:*', 'ssm:*', 's3:List*', 's3:Get*', 'cloudfront:*', 'sts:*'];
      const PolicyDocument = document({ Action, Resource: '*' });
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument }));
      const source = `source-${context.site.id}`;
      const user = await controlPlane().make<MadeUser>('users', {
        name: source,
        policy: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
      });
      const keys = { aws_access_key_id: user.accessKeyId, aws_secret_access_key: user.secretAccessKey };
      await addProfile({ env: process.env as Record<string, string> }, source, keys);
      const session = await withKeys(context, RoleName, { role_arn: Role?.Arn ?? '', source_profile: source });
      assert.deepEqual(
        (await found(session, 'bucket')).map(({ severity }) => severity),
        [wanted],
      );
    });
  }

  it('stops where the region has no default VPC, or that has no subnet, with another subnet as the way on', async () => {
    // No other file may need the default network of this region: its tests may run later in the same sandbox.
    const context = contextIn('sa-east-1');
    await deleteDefaultSubnets(context.clients.ec2);
    const empty = await found(context);
    assert.deepEqual(short(empty), [['network', 'stops', 'sitelift.chooseSubnet']]);
    assert.match(empty[0]?.sentence ?? '', /has no default subnet/);
    await deleteDefaultVpc(context.clients.ec2);
    const none = await found(context);
    assert.deepEqual(short(none), [['network', 'stops', 'sitelift.chooseSubnet']]);
    assert.match(none[0]?.sentence ?? '', /has no default VPC/);
  });

  it('looks for a way out of the subnet, for one by which readers come in, and for a free address', async () => {
    const { clients } = contextIn('eu-west-3');
    const { ec2 } = clients;
    const zone = 'eu-west-3a';
    const open = await makeNetwork(ec2, { zone });
    assert.deepEqual(await found(contextIn('eu-west-3', { subnet: open.subnetId })), []);
    const shut = await makeNetwork(ec2, { zone, gateway: false });
    const lost = await found(contextIn('eu-west-3', { subnet: shut.subnetId }));
    // Who names a subnet of their own may have endpoints for AWS there.
    assert.deepEqual(short(lost), [['network', 'warns', 'sitelift.chooseSubnet']]);
    assert.match(lost[0]?.sentence ?? '', /no way out/);
    // A table of its own counts before the main one of the network.
    const { vpcId: VpcId } = open;
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.2.0/28', AvailabilityZone: zone }),
    );
    const SubnetId = Subnet?.SubnetId ?? assert.fail('no subnet');
    const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
    const RouteTableId = RouteTable?.RouteTableId;
    await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    assert.deepEqual(
      (await found(contextIn('eu-west-3', { subnet: SubnetId }))).map(({ severity }) => severity),
      ['warns'],
    );
    const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const input = { ImageId: Parameter?.Value, InstanceType: 't3.nano' as const, SubnetId };
    await ec2.send(new RunInstancesCommand({ ...input, MinCount: 11, MaxCount: 11 }));
    const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
    assert.ok(InternetGateway);
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
    assert.equal(Subnets?.[0]?.AvailableIpAddressCount, 0);
    const full = await found(contextIn('eu-west-3', { subnet: SubnetId }));
    assert.match(full[0]?.sentence ?? '', /it has no free address\.$/);
    assert.equal(full[0]?.severity, 'stops');
  });

  it('stops where the account has not switched the region on, which is asked only of those that one can be without', async () => {
    const context = contextIn('eu-south-2');
    const off = await preflight(context, await describeSite(newContext(), newOp()), [[step('bucket')]], newOp());
    const [first] = off.filter(({ severity }) => severity === 'stops');
    assert.deepEqual([first?.what, first?.remedy?.command], ['region', 'sitelift.selectProfile']);
    assert.match(first?.sentence ?? '', /^The region eu-south-2 is not switched on in this AWS account/);
    await controlPlane().send('POST', 'settings', { optInRegions: 1 });
    const regionsAsked = async (one: Context) => {
      const calls = await callsOf(async () => assert.deepEqual(await found(one, 'bucket'), []));
      return calls.filter(({ action }) => action === 'DescribeRegions').map(({ region }) => region);
    };
    assert.deepEqual(await regionsAsked(context), ['us-east-1']);
    assert.deepEqual(await regionsAsked(contextIn('eu-west-1')), []);
  });

  it('stops where the default network has no way out', async () => {
    const context = contextIn('ap-northeast-3');
    const { ec2 } = context.clients;
    const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}));
    for (const { RouteTableId } of RouteTables) {
      await ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }));
    }
    const findings = await found(context);
    assert.deepEqual(short(findings), [['network', 'stops', 'sitelift.chooseSubnet']]);
    assert.match(findings[0]?.sentence ?? '', /no way out/);
  });

  it('only warns of a launch that was refused for the want of what is made later, since it may be allowed with that', async () => {
    const refuse = (why: string) =>
      controlPlane().send('POST', 'faults', {
        ...{ service: 'ec2', action: 'RunInstances', kind: 'error', code: 'UnauthorizedOperation', status: 403 },
        ...{ times: 10, message: `User: me is not authorized to perform: ec2:RunInstances on resource: ${why}` },
      });
    const server = 'arn:aws:ec2:eu-west-1:1:instance/*';
    const guarded = `${server} with an explicit deny in a service control policy`;
    const tagged = 'arn:aws:ec2:eu-west-1:1:security-group/sg-1 because no identity-based policy allows it';
    const profile = (name: string) => ({ instanceProfile: name });
    const context = contextIn('eu-west-1');
    const name = profileName(context.site);
    await ensureRole(context, newOp());
    for (const [why, wanted, wants] of [
      [guarded, 'warns', {}],
      [tagged, 'warns', {}],
      [`${server} because no identity-based policy allows it`, 'stops', {}],
      [guarded, 'stops', profile(name)],
      [tagged, 'stops', { securityGroup: await anyGroup(context) }],
    ] as const) {
      await refuse(why);
      const [finding] = await found(contextIn('eu-west-1', wants));
      assert.equal(finding?.severity, wanted, why);
      assert.equal(/may be allowed\.$/.test(finding.sentence), wanted === 'warns');
      await controlPlane().send('DELETE', 'faults');
    }
  });

  it('stops for a type that is not offered, a profile and a key pair that are not there', async () => {
    for (const [server, told, command] of [
      [{ instanceType: 'x9.huge' }, /does not offer the instance type x9\.huge/, 'sitelift.changeInstanceType'],
      [{ instanceProfile: 'nobody' }, /Invalid IAM Instance Profile/, ''],
      [{ keyName: 'nobody' }, /key pair/i, ''],
    ] as const) {
      const findings = (await found(contextIn('eu-west-1', server))).filter(({ severity }) => severity === 'stops');
      assert.match(findings[0]?.sentence ?? '', told);
      assert.equal(findings[0]?.remedy?.command ?? '', command);
    }
  });

  it('stops for a security group of another network than the subnet’s', async () => {
    const { clients } = contextIn('eu-west-1');
    const { subnetId } = await makeNetwork(clients.ec2, { zone: 'eu-west-1a' });
    const Filters = [{ Name: 'group-name', Values: ['default'] }];
    const { SecurityGroups } = await clients.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const { Subnets } = await clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
    const other = SecurityGroups?.find(({ VpcId }) => VpcId !== Subnets?.[0]?.VpcId);
    const context = contextIn('eu-west-1', { subnet: subnetId, securityGroup: other?.GroupId });
    const findings = await found(context);
    assert.deepEqual(
      findings.map(({ severity }) => severity),
      ['stops'],
    );
    assert.match(findings[0]?.sentence ?? '', /belong to different networks/);
  });

  it('counts the vCPUs that run against the quota, and does not know one that it may not read', async () => {
    const context = contextIn('eu-north-1');
    await controlPlane().send('POST', 'settings', { vcpuQuota: 1 });
    const findings = await found(context);
    assert.deepEqual(
      findings.map(({ severity, what }) => [what, severity]),
      [
        ['permissions', 'unknown'],
        ['quota', 'stops'],
      ],
    );
    assert.match(findings[1]?.sentence ?? '', /A t3\.micro has 2 vCPUs, but of the 1 that .* 0 are in use/);
    await controlPlane().send('POST', 'settings', { vcpuQuota: 0 });
    await deny('service-quotas', 'GetServiceQuota');
    assert.deepEqual(short(await found(context)), [['quota', 'unknown', '']]);
  });

  it('ends when it is cancelled', async () => {
    const context = contextIn('eu-west-1');
    const have = await describeSite(context, newOp());
    const plan = planProvision('all', context, have);
    assert.ok(keysOf(plan).length > 0);
    await assert.rejects(preflight(context, have, plan, newOp(AbortSignal.abort())), { name: 'AbortError' });
  });
});
