import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { hasCode } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { isConflict, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { findOwnProfile, findOwnRole, profileName } from '../server/role';

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const MISSING = 'NoSuchEntity';

/** What of the server's rights is there and this site's, in words: `role` and `instance profile`. */
export async function findRoleParts(context: Context, op: Op): Promise<readonly string[]> {
  const [role, profile] = await Promise.all([findOwnRole(context, op), findOwnProfile(context, op)]);
  return [...(role ? ['role'] : []), ...(profile ? ['instance profile'] : [])];
}

/** Deletes instance profile and role of the server, those that are this site's, with the policies that the role has; IAM wants them parted first. */
export async function deleteRole(context: Context, op: Op): Promise<void> {
  const { iam } = context.clients;
  const options = { abortSignal: op.signal };
  const name = profileName(context.site);
  const gone = (change: () => Promise<unknown>) =>
    retry(
      () => unlessMissing(change, MISSING),
      (error) => hasCode(error, 'DeleteConflict', 'ConcurrentModification*') || isConflict(error),
      SETTLE,
      op,
    );
  const profile = await findOwnProfile(context, op);
  if (profile) {
    for (const { RoleName } of profile.Roles ?? []) {
      await gone(() =>
        iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: name, RoleName }), options),
      );
    }
    await gone(() => iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: name }), options));
  }
  if (!(await findOwnRole(context, op))) return;
  const [given, attached] = await Promise.all([listGiven(context, name, op), listAttached(context, name, op)]);
  for (const PolicyName of given) {
    await gone(() => iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }), options));
  }
  for (const PolicyArn of attached) {
    await gone(() => iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }), options));
  }
  await gone(() => iam.send(new DeleteRoleCommand({ RoleName: name }), options));
}

function listGiven({ clients }: Context, RoleName: string, op: Op): Promise<string[]> {
  return allItems(
    paginateListRolePolicies({ client: clients.iam }, { RoleName }, { abortSignal: op.signal }),
    ({ PolicyNames }) => PolicyNames,
  );
}

function listAttached({ clients }: Context, RoleName: string, op: Op): Promise<string[]> {
  return allItems(
    paginateListAttachedRolePolicies({ client: clients.iam }, { RoleName }, { abortSignal: op.signal }),
    ({ AttachedPolicies }) => AttachedPolicies?.flatMap(({ PolicyArn }) => PolicyArn ?? []),
  );
}
