import assert from 'node:assert/strict';
import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  type EC2Client,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { eventually, type TestControlPlane } from './testControlPlane';

/** Where AWS publishes the current Amazon Linux 2023 image. */
export const AMAZON_LINUX = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
/** Where Canonical publishes the current Ubuntu 24.04 image. */
export const UBUNTU = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';

/** Launches one instance of the current Amazon Linux. */
export async function launchInstance(
  plane: Pick<TestControlPlane, 'ec2' | 'ssm'>,
  changes: Partial<RunInstancesCommandInput> = {},
): Promise<string> {
  const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
  const input = { ImageId: Parameter?.Value, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1, ...changes };
  const { Instances } = await plane.ec2.send(new RunInstancesCommand(input));
  assert.equal(Instances?.[0]?.State?.Name, 'pending');
  assert.ok(Instances[0].InstanceId);
  return Instances[0].InstanceId;
}

export async function describeInstance(ec2: EC2Client, id: string): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = Reservations?.[0]?.Instances?.[0];
  assert.ok(instance);
  return instance;
}

export const instanceReaches = (ec2: EC2Client, id: string, state: string): Promise<Instance> =>
  eventually(async () => {
    const instance = await describeInstance(ec2, id);
    return instance.State?.Name === state ? instance : undefined;
  });

/** Writes a policy that allows actions on everything into the role of a profile. */
export async function allowInline(plane: TestControlPlane, role: string, actions: readonly string[]): Promise<void> {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
  const PolicyDocument = JSON.stringify(document);
  await plane.iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'agent', PolicyDocument }));
}

/** Makes an instance profile and, unless told otherwise, the role in it and the policy that lets SSM in. */
export async function makeProfile(
  plane: TestControlPlane,
  name: string,
  { role = true, policy = true }: { role?: boolean; policy?: boolean } = {},
): Promise<void> {
  await plane.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  if (!role) return;
  const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  await plane.iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document }));
  await plane.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
  if (policy) await plane.iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
}
