import { GetRolePolicyCommand, paginateListAttachedRolePolicies, paginateListRolePolicies } from '@aws-sdk/client-iam';
import { allItems } from '../aws/pages';
import type { Context } from '../context';
import type { Op } from '../op';
import { findOwnProfile, findOwnRole } from '../resources/server/role';
import { properties, tagList, type Part } from './template';

/** The server's role with its policies, and the instance profile that carries it; those that are this site's. */
export async function readRightsParts(context: Context, op: Op): Promise<readonly Part[]> {
  const role = await readRole(context, op);
  const profile = await readProfile(context, role, op);
  return [role, profile].flatMap((part) => part ?? []);
}

async function readRole(context: Context, op: Op): Promise<Part | undefined> {
  const { iam } = context.clients;
  const role = await findOwnRole(context, op);
  if (!role?.RoleName) return undefined;
  const { RoleName } = role;
  const options = { abortSignal: op.signal };
  const [names, attached] = await Promise.all([
    allItems(paginateListRolePolicies({ client: iam }, { RoleName }, options), ({ PolicyNames }) => PolicyNames),
    allItems(paginateListAttachedRolePolicies({ client: iam }, { RoleName }, options), (page) => page.AttachedPolicies),
  ]);
  const policies = await Promise.all(
    names.map(async (PolicyName) => {
      const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }), options);
      return { PolicyName, PolicyDocument: policyOf(PolicyDocument) };
    }),
  );
  return {
    ...{ logicalId: 'ServerRole', type: 'AWS::IAM::Role', identifier: { RoleName } },
    properties: {
      ...properties({
        ...{ RoleName, Path: role.Path, Description: role.Description, MaxSessionDuration: role.MaxSessionDuration },
        PermissionsBoundary: role.PermissionsBoundary?.PermissionsBoundaryArn,
        ManagedPolicyArns: attached.flatMap(({ PolicyArn }) => PolicyArn ?? []),
        Tags: tagList(role.Tags),
      }),
      AssumeRolePolicyDocument: policyOf(role.AssumeRolePolicyDocument),
      ...(policies.length > 0 ? { Policies: policies } : {}),
    },
    calledBy: [[role.Arn, { 'Fn::GetAtt': ['ServerRole', 'Arn'] }]],
  };
}

async function readProfile(context: Context, role: Part | undefined, op: Op): Promise<Part | undefined> {
  const profile = await findOwnProfile(context, op);
  const name = profile?.InstanceProfileName;
  if (!name) return undefined;
  // Role and profile have the same name, so that it tells nobody which of them is meant.
  const roles = (profile.Roles ?? []).map(({ RoleName }) =>
    RoleName === role?.identifier['RoleName'] ? { Ref: role?.logicalId } : RoleName,
  );
  return {
    ...{ logicalId: 'ServerProfile', type: 'AWS::IAM::InstanceProfile', identifier: { InstanceProfileName: name } },
    properties: properties({ InstanceProfileName: name, Path: profile.Path, Roles: roles }),
    calledBy: [[profile.Arn, { 'Fn::GetAtt': ['ServerProfile', 'Arn'] }]],
  };
}

/** IAM answers with URL-encoded documents. */
function policyOf(encoded: string | undefined): unknown {
  return JSON.parse(decodeURIComponent(encoded ?? '')) as unknown;
}
