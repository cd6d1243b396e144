import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { hasCode } from '../aws/errors';
import { isNotSeenYet, retry, unlessMissing } from '../aws/wait';
import { SITE_TAG, stackName, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Context } from '../context';

const PATH = '/sitelift/';
const SSM_POLICY = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The name that the server's role and its instance profile share. */
export function profileName(site: Context['site']): string {
  return `${stackName(site)}-server`;
}

/** True when role, policy and profile exist and are bound; an interrupted run can leave a profile without its role. */
export async function isRoleReady(context: Context, op: Op): Promise<boolean> {
  const { site, clients } = context;
  const options = { abortSignal: op.signal };
  const name = profileName(site);
  const profile = await unlessMissing(
    () => clients.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }), options),
    'NoSuchEntity',
    'NoSuchEntityException',
  );
  if (!profile?.InstanceProfile?.Roles?.some(({ RoleName }) => RoleName === name)) return false;
  const { AttachedPolicies } = await clients.iam.send(new ListAttachedRolePoliciesCommand({ RoleName: name }), options);
  return AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === SSM_POLICY) ?? false;
}

/** Makes the role with which the server's agent registers at SSM, and the profile that carries it. */
export async function ensureRole(context: Context, op: Op): Promise<void> {
  const { site, clients } = context;
  const { iam } = clients;
  const options = { abortSignal: op.signal };
  const name = profileName(site);
  const tags = tagsFor(site, 'server-role');
  const created = await unlessExists(() =>
    iam.send(
      new CreateRoleCommand({
        RoleName: name,
        Path: PATH,
        AssumeRolePolicyDocument: TRUST,
        Description: `Lets the server of ${stackName(site)} be managed by SSM`,
        Tags: tags,
      }),
      options,
    ),
  );
  if (!created) {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }), options);
    if (!Role?.Tags?.some(({ Key, Value }) => Key === SITE_TAG && Value === site.id)) {
      throw new UserError(
        `An IAM role named ${name} exists that was not made for this site, so it is left alone. Rename it, or change “id” in sitelift.json.`,
      );
    }
  }
  const settle = (attempt: () => Promise<unknown>) => retry(attempt, isNotSeenYet, SETTLE, op);
  await settle(() => iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: SSM_POLICY }), options));
  await unlessExists(() =>
    iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name, Path: PATH, Tags: tags }), options),
  );
  await settle(async () => {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }), options);
    if (InstanceProfile?.Roles?.some(({ RoleName }) => RoleName === name)) return;
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }), options);
  });
}

async function unlessExists(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (hasCode(error, 'EntityAlreadyExists', 'EntityAlreadyExistsException')) return false;
    throw error;
  }
}
