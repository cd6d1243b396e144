import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import type { TestControlPlane } from './testControlPlane';

/** Where AWS publishes the current Amazon Linux 2023 image. */
export const AMAZON_LINUX = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
/** Where Canonical publishes the current Ubuntu 24.04 image. */
export const UBUNTU = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';

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
