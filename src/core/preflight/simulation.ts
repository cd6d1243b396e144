import {
  GetRoleCommand,
  paginateSimulatePrincipalPolicy,
  type ContextEntry,
  type EvaluationResult,
} from '@aws-sdk/client-iam';
import { identify } from '../aws/clients';
import { COPY_POLICY, hasCode, isDenied } from '../aws/errors';
import { allItems } from '../aws/pages';
import type { Context } from '../context';
import { bucketName, SITE_TAG, tagsFor } from '../names';
import type { Op } from '../op';
import { ROLE_PATH, profileName } from '../resources/server/role';
import type { PreflightFinding } from './finding';

/** Actions that are asked about together, as they are about the same things. */
interface Asked {
  readonly actions: readonly string[];
  readonly resource: string;
  /** Global services are in this region for policies that name regions. */
  readonly region: string;
}

const GLOBAL = 'us-east-1';
/** The identity of a caller is asked for at the start of each command. */
const IDENTITY_SECONDS = 60;

/**
 * Asks IAM what the policies of these credentials say of what the steps need that no dry run tells. A simulation does not see all that counts (session and
 * resource policies, conditions on what it is not given), so it warns and never stops; whoever may not simulate learns nothing. `told` are the actions of which
 * dry runs tell.
 */
export async function simulate(
  context: Context,
  steps: ReadonlySet<string>,
  told: ReadonlySet<string>,
  op: Op,
): Promise<readonly PreflightFinding[]> {
  const questions = asked(context, steps, told);
  if (questions.length === 0) return [];
  const { iam } = context.clients;
  const { arn } = await identify(context.clients, op, IDENTITY_SECONDS);
  const principal = await principalOf(context, arn, op);
  if (principal === undefined) return [];
  const ask = ({ actions, region, resource }: Asked) => {
    const input = {
      ...{ PolicySourceArn: principal, ActionNames: [...actions], ResourceArns: [resource] },
      ContextEntries: entriesFor(context, region),
    };
    const pages = paginateSimulatePrincipalPolicy({ client: iam }, input, { abortSignal: op.signal });
    return allItems(pages, ({ EvaluationResults }) => EvaluationResults);
  };
  let results;
  try {
    results = (await Promise.all(questions.map(ask))).flat();
  } catch (error) {
    op.signal.throwIfAborted();
    if (!isDenied(error) && !hasCode(error, ...UNSIMULATED)) throw error;
    const sentence = 'Whether all permissions are there was not simulated: these credentials may not ask IAM for that.';
    return [{ what: 'permissions', severity: 'unknown', sentence }];
  }
  const lacking = [...new Set(results.filter(isLacking).flatMap(({ EvalActionName }) => EvalActionName ?? []))];
  if (lacking.length === 0) return [];
  const sentence = `These credentials seem to lack ${lacking.join(', ')}, as far as IAM can simulate it.`;
  return [{ what: 'permissions', severity: 'warns', sentence, remedy: COPY_POLICY }];
}

/** A user or role that IAM does not find, or does not take. */
const UNSIMULATED = ['NoSuchEntity', 'NoSuchEntityException', 'InvalidInput', 'InvalidInputException'];

/** The user or role behind the credentials; undefined for the account’s root user, whom no policy of IAM concerns, and for federated ones. */
async function principalOf({ clients }: Context, arn: string, op: Op): Promise<string | undefined> {
  if (/^arn:aws:iam::\d+:user\//.test(arn)) return arn;
  const [, account, RoleName] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (!RoleName) return undefined;
  try {
    return (await clients.iam.send(new GetRoleCommand({ RoleName }), { abortSignal: op.signal })).Role?.Arn;
  } catch (error) {
    if (!isDenied(error) && !hasCode(error, ...UNSIMULATED)) throw error;
    // The session does not tell the path of its role, most of which have none.
    return `arn:aws:iam::${account}:role/${RoleName}`;
  }
}

function asked({ site }: Context, steps: ReadonlySet<string>, told: ReadonlySet<string>): readonly Asked[] {
  const { account, region, server } = site;
  const name = profileName(site);
  const inIam = (kind: string) => ({ resource: `arn:aws:iam::${account}:${kind}${ROLE_PATH}${name}`, region: GLOBAL });
  const inEc2 = (kind: string) => ({ resource: `arn:aws:ec2:${region}:${account}:${kind}/*`, region });
  const ofCloudFront = (kind: string) => ({ resource: `arn:aws:cloudfront::${account}:${kind}/*`, region: GLOBAL });
  const all: readonly (Asked & { readonly by: readonly string[] })[] = [
    { by: ['role'], actions: ['iam:CreateRole', 'iam:PutRolePolicy'], ...inIam('role') },
    { by: server.instanceProfile ? [] : ['role', 'instance'], actions: ['iam:PassRole'], ...inIam('role') },
    {
      ...{ by: ['role'], actions: ['iam:CreateInstanceProfile', 'iam:AddRoleToInstanceProfile'] },
      ...inIam('instance-profile'),
    },
    {
      by: ['securityGroup'],
      ...{ actions: ['ec2:CreateSecurityGroup', 'ec2:AuthorizeSecurityGroupIngress'], ...inEc2('security-group') },
    },
    { by: ['attachment'], actions: ['ec2:AttachVolume'], ...inEc2('volume') },
    { by: ['address'], actions: ['ec2:AllocateAddress', 'ec2:AssociateAddress'], ...inEc2('elastic-ip') },
    { by: ['webServer', 'mount'], actions: ['ssm:SendCommand'], ...inEc2('instance') },
    {
      ...{ by: ['bucket'], resource: `arn:aws:s3:::${bucketName(site)}`, region },
      actions: ['s3:CreateBucket', 's3:PutBucketTagging', 's3:PutBucketPublicAccessBlock', 's3:PutBucketPolicy'],
    },
    { by: ['distribution'], actions: ['cloudfront:CreateDistribution'], ...ofCloudFront('distribution') },
    {
      ...{ by: ['distribution'], actions: ['cloudfront:CreateOriginAccessControl'] },
      ...ofCloudFront('origin-access-control'),
    },
  ];
  const wanted = all.filter(({ by }) => by.some((key) => steps.has(key)));
  return wanted.flatMap((one) => {
    const actions = one.actions.filter((action) => !told.has(action));
    return actions.length > 0 ? [{ ...one, actions }] : [];
  });
}

/** The condition keys that AWS would see. */
function entriesFor({ site }: Context, region: string): ContextEntry[] {
  const text = (ContextKeyName: string, value: string): ContextEntry => {
    return { ContextKeyName, ContextKeyType: 'string', ContextKeyValues: [value] };
  };
  const tags = tagsFor(site, 'server');
  const keys = { ContextKeyName: 'aws:TagKeys', ContextKeyType: 'stringList' as const };
  return [
    ...['aws:RequestTag', 'aws:ResourceTag', 'ssm:resourceTag'].map((key) => text(`${key}/${SITE_TAG}`, site.id)),
    { ...keys, ContextKeyValues: tags.map(({ Key }) => Key) },
    text('iam:PassedToService', 'ec2.amazonaws.com'),
    // Only tags are made conditional on it; named, it is not missing.
    text('ec2:CreateAction', 'RunInstances'),
    text('aws:RequestedRegion', region),
  ];
}

/** A denial for want of a key that was not given says nothing. */
function isLacking({ EvalDecision, MissingContextValues, ResourceSpecificResults }: EvaluationResult): boolean {
  if (EvalDecision === 'allowed') return false;
  const missing = [
    ...(MissingContextValues ?? []),
    ...(ResourceSpecificResults?.flatMap((one) => one.MissingContextValues ?? []) ?? []),
  ];
  return missing.length === 0;
}
