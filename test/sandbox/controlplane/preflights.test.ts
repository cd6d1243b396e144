import assert from 'node:assert/strict';
import { CreateDistributionCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, PutRolePolicyCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { EC2Client } from '@aws-sdk/client-ec2';
import type { MadeUser } from '../sandbox';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { AMAZON_LINUX, launchInstance } from './testInstances';

const ACCOUNT = '123456789012';
const BUCKETS = ['arn:aws:s3:::sitelift-a', 'arn:aws:s3:::other'];

describe('the control plane, on what is asked before anything is changed', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await plane.admin('DELETE', 'denies');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const makeUser = (policy: readonly object[]) => plane.admin<MadeUser>('POST', 'users', { name: 'ann', policy });
  const ec2Of = ({ accessKeyId, secretAccessKey }: MadeUser) => {
    const credentials = { accessKeyId, secretAccessKey };
    return new EC2Client({ endpoint: plane.endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  };
  const dryRun = async (changes: Partial<RunInstancesCommandInput> = {}) => {
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const input = { ImageId: Parameter?.Value, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1 };
    return new RunInstancesCommand({ ...input, DryRun: true, ...changes });
  };
  const simulate = async (PolicySourceArn: string, ActionNames: string[], ResourceArns?: string[], tag?: string) => {
    const entry = {
      ContextKeyName: 'aws:RequestTag/x',
      ContextKeyType: 'string' as const,
      ContextKeyValues: [tag ?? ''],
    };
    const { EvaluationResults } = await plane.iam.send(
      new SimulatePrincipalPolicyCommand({
        ...{ PolicySourceArn, ActionNames },
        ...(ResourceArns ? { ResourceArns } : {}),
        ...(tag === undefined ? {} : { ContextEntries: [entry] }),
      }),
    );
    return EvaluationResults ?? [];
  };
  const decisions = async (...given: Parameters<typeof simulate>) =>
    (await simulate(...given)).map(({ EvalDecision }) => EvalDecision);

  it('says of a dry run whether it would have been allowed, and makes nothing', async () => {
    await assert.rejects(plane.ec2.send(await dryRun()), code('DryRunOperation'));
    const volume = new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, DryRun: true });
    await assert.rejects(plane.ec2.send(volume), code('DryRunOperation'));
    assert.deepEqual((await plane.ec2.send(new DescribeInstancesCommand({}))).Reservations, []);
    assert.deepEqual((await plane.ec2.send(new DescribeVolumesCommand({}))).Volumes, []);
    const user = ec2Of(await makeUser([{ Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' }]));
    await assert.rejects(user.send(await dryRun()), code('UnauthorizedOperation'));
    await assert.rejects(user.send(volume), code('UnauthorizedOperation'));
  });

  it('says of a dry run what is wrong with it', async () => {
    await assert.rejects(
      plane.ec2.send(await dryRun({ SubnetId: 'subnet-0123456789abcdef0' })),
      code('InvalidSubnetID.NotFound'),
    );
    const nobodys = { VolumeId: 'vol-0123456789abcdef0', InstanceId: 'i-0123456789abcdef0', Device: '/dev/sdf' };
    await assert.rejects(
      plane.ec2.send(new AttachVolumeCommand({ ...nobodys, DryRun: true })),
      code('InvalidVolume.NotFound'),
    );
    await assert.rejects(
      plane.ec2.send(new StartInstancesCommand({ InstanceIds: [nobodys.InstanceId], DryRun: true })),
      code('InvalidInstanceID.NotFound'),
    );
    const IamInstanceProfile = { Name: 'nobody' };
    await assert.rejects(plane.ec2.send(await dryRun({ IamInstanceProfile })), code('InvalidParameterValue'));
  });

  it('keeps the quota of vCPUs that Service Quotas tells', async () => {
    const quotas = new ServiceQuotasClient({
      ...{ endpoint: plane.endpoint, region: 'us-east-1', credentials: plane.ec2.config.credentials },
    });
    const ask = (QuotaCode: string) => quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode }));
    await plane.admin('POST', 'settings', { vcpuQuota: 3 });
    assert.equal((await ask('L-1216C47A')).Quota?.Value, 3);
    await assert.rejects(ask('L-00000000'), code('NoSuchResourceException'));
    await launchInstance(plane);
    await assert.rejects(launchInstance(plane), code('VcpuLimitExceeded'));
    await plane.admin('POST', 'settings', { vcpuQuota: 4 });
    await launchInstance(plane);
  });

  it('simulates the policies of a user, resource by resource, with the keys that it is given and no others', async () => {
    const { arn } = await makeUser([
      { Effect: 'Allow', Action: 's3:CreateBucket', Resource: 'arn:aws:s3:::sitelift-*' },
      { Effect: 'Allow', Action: 'ec2:*', Resource: '*', Condition: { StringEquals: { 'aws:RequestTag/x': 'y' } } },
      { Effect: 'Deny', Action: 's3:DeleteBucket', Resource: '*' },
    ]);
    assert.deepEqual(await decisions(arn, ['s3:CreateBucket', 's3:DeleteBucket'], BUCKETS), [
      ...['allowed', 'implicitDeny', 'explicitDeny', 'explicitDeny'],
    ]);
    assert.deepEqual(await decisions(arn, ['ec2:RunInstances'], undefined, 'y'), ['allowed']);
    const [unknown] = await simulate(arn, ['ec2:RunInstances']);
    assert.deepEqual([unknown?.EvalDecision, unknown?.MissingContextValues], ['implicitDeny', ['aws:RequestTag/x']]);
  });

  it('simulates those of a role, but not of its sessions, nor of somebody who is not there', async () => {
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await plane.iam.send(
      new CreateRoleCommand({ RoleName: 'maker', Path: '/team/', AssumeRolePolicyDocument: document(trust) }),
    );
    const PolicyDocument = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
    await plane.iam.send(new PutRolePolicyCommand({ RoleName: 'maker', PolicyName: 'all', PolicyDocument }));
    assert.deepEqual(await decisions(`arn:aws:iam::${ACCOUNT}:role/team/maker`, ['s3:CreateBucket']), ['allowed']);
    const strangers = [
      [`arn:aws:iam::${ACCOUNT}:role/maker`, 'NoSuchEntityException'],
      [`arn:aws:sts::${ACCOUNT}:assumed-role/maker/session`, 'InvalidInputException'],
      [`arn:aws:iam::${ACCOUNT}:root`, 'InvalidInputException'],
    ] as const;
    for (const [arn, error] of strangers) await assert.rejects(simulate(arn, ['s3:CreateBucket']), code(error));
  });

  it('simulates what an organisation denies to everybody', async () => {
    await plane.admin('POST', 'denies', { action: 's3:CreateBucket' });
    const [result] = await simulate(`arn:aws:iam::${ACCOUNT}:user/administrator`, ['s3:CreateBucket']);
    assert.equal(result?.EvalDecision, 'explicitDeny');
    assert.equal(result.OrganizationsDecisionDetail?.AllowedByOrganizations, false);
  });

  it('makes no distribution for an account that is not verified', async () => {
    await plane.admin('POST', 'settings', { unverifiedAccount: 1 });
    const config: Partial<DistributionConfig> = { CallerReference: 'one', Comment: '', Enabled: true };
    const Origins = { Quantity: 1, Items: [{ Id: 'a', DomainName: 'a.s3.us-east-1.amazonaws.com' }] };
    const DefaultCacheBehavior = { TargetOriginId: 'a', ViewerProtocolPolicy: 'https-only' as const };
    const DistributionConfig = { ...config, Origins, DefaultCacheBehavior } as DistributionConfig;
    await assert.rejects(
      plane.cloudFront.send(new CreateDistributionCommand({ DistributionConfig })),
      (error: Error) => code('AccessDenied')(error) && error.message.startsWith('Your account must be verified before'),
    );
  });

  it('tells how many addresses of a subnet are free', async () => {
    const { Subnets } = await plane.ec2.send(new DescribeSubnetsCommand({}));
    assert.ok(Subnets?.every(({ AvailableIpAddressCount }) => (AvailableIpAddressCount ?? 0) > 0));
  });
});
