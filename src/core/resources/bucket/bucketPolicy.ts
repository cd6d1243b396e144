import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { hasCode } from '../../aws/errors';
import { isConflict, isNotSeenYet, retry, unlessMissing } from '../../aws/wait';
import { bucketName, PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import type { Context } from '../../context';

/** A bucket policy document, as far as it is read here; S3 takes a single statement without its list, too. */
export interface BucketPolicy {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** One statement of such a document. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly [key: string]: unknown;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const READER_SID = 'SiteliftDistributionReads';
const TLS_SID = 'SiteliftTlsOnly';
const PRIVATE_SID = 'SiteliftPrivate';
const OWN_SIDS: readonly (string | undefined)[] = [READER_SID, TLS_SID, PRIVATE_SID];

/** Whose bucket it was: in one that was there before the site, the statements of others may let in whom they like. */
export type Origin = 'own' | 'adopted';

/** The bucket's policy; one without statements where there is none. */
export async function readPolicy({ site, clients }: Context, op: Op): Promise<BucketPolicy> {
  const answer = await unlessMissing(
    () =>
      clients.s3.send(new GetBucketPolicyCommand({ Bucket: bucketName(site), ExpectedBucketOwner: site.account }), {
        abortSignal: op.signal,
      }),
    'NoSuchBucketPolicy',
  );
  return answer?.Policy ? (JSON.parse(answer.Policy) as BucketPolicy) : { Version: '2012-10-17', Statement: [] };
}

/** Adds the right to read `site/*` for exactly one distribution, and the refusal of plain HTTP; all that is not ours stays as it is. */
export function policyForReader(
  policy: BucketPolicy,
  bucketArn: string,
  distributionArn: string,
  origin: Origin = 'own',
): BucketPolicy {
  return withOurs(policy, ourStatements(bucketArn, distributionArn, origin));
}

/** True when the policy says for the distribution what `policyForReader` would make it say. */
export function grantsReader(
  policy: BucketPolicy,
  bucketArn: string,
  distributionArn: string,
  origin: Origin = 'own',
): boolean {
  const ours = statementsOf(policy).filter(isOurs);
  return isDeepStrictEqual(bySid(ours), bySid(ourStatements(bucketArn, distributionArn, origin)));
}

/** As `grantsReader` for a bucket that others may still read by plain HTTP. */
export function admitsReader(policy: BucketPolicy, bucketArn: string, distributionArn: string): boolean {
  const ours = statementsOf(policy).filter((statement) => isOurs(statement) && statement.Sid !== TLS_SID);
  return isDeepStrictEqual(bySid(ours), bySid(openStatements(bucketArn, distributionArn)));
}

/** The policy without what is ours in it; what lets the distribution read stays where it is to go on reading. */
export function policyWithoutOurs(policy: BucketPolicy, keepsReader: boolean): BucketPolicy {
  const isLeft = (statement: PolicyStatement) => !isOurs(statement) || (keepsReader && statement.Sid === READER_SID);
  return { ...policy, Statement: statementsOf(policy).filter(isLeft) };
}

/** The distribution that the policy lets read, as its ARN; undefined also while the policy itself is unknown. */
export function readerOf(policy: BucketPolicy | undefined): string | undefined {
  const statement = policy && statementsOf(policy).find(({ Sid }) => Sid === READER_SID);
  const condition = statement?.['Condition'] as { StringEquals?: { 'AWS:SourceArn'?: string } } | undefined;
  return condition?.StringEquals?.['AWS:SourceArn'];
}

/** The ARN of the site's bucket. */
export function bucketArn(site: Context['site']): string {
  return bucketArnOf(bucketName(site));
}

/** The ARN of a bucket. */
export function bucketArnOf(name: string): string {
  return `arn:aws:s3:::${name}`;
}

/** Lets one distribution read `site/*`; reads the policy afresh, so a statement added meanwhile is kept. */
export async function grantReader(context: Context, distributionArn: string, origin: Origin, op: Op): Promise<void> {
  const arn = bucketArn(context.site);
  const change = (policy: BucketPolicy) =>
    grantsReader(policy, arn, distributionArn, origin)
      ? undefined
      : policyForReader(policy, arn, distributionArn, origin);
  await changePolicy(context, change, op);
}

/** The same in a bucket that was there before the site, and without an end to plain HTTP, by which it may be read until the distribution reads `site/*` at all edges. */
export async function admitReader(context: Context, distributionArn: string, op: Op): Promise<void> {
  const arn = bucketArn(context.site);
  const change = (policy: BucketPolicy) => {
    if (admitsReader(policy, arn, distributionArn)) return undefined;
    const kept = statementsOf(policy).filter(({ Sid }) => Sid === TLS_SID);
    return withOurs(policy, [...openStatements(arn, distributionArn), ...kept]);
  };
  await changePolicy(context, change, op);
}

async function changePolicy(
  context: Context,
  change: (policy: BucketPolicy) => BucketPolicy | undefined,
  op: Op,
): Promise<void> {
  await retry(
    async () => {
      const wanted = change(await readPolicy(context, op));
      if (!wanted) return;
      await putPolicy(context, wanted, op);
    },
    (error) => isConflict(error) || isNotSeenYet(error),
    SETTLE,
    op,
  );
}

/** Puts the whole policy. Throws `UserError` where Block Public Access lets nobody change it for a statement of others. */
export async function putPolicy({ clients, site }: Context, policy: BucketPolicy, op: Op): Promise<void> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  try {
    await clients.s3.send(new PutBucketPolicyCommand({ ...owned, Policy: JSON.stringify(policy) }), {
      abortSignal: op.signal,
    });
  } catch (error) {
    if (!hasCode(error, 'AccessDenied') || !/BlockPublicPolicy/.test((error as Error).message)) throw error;
    throw new UserError(
      `Block Public Access keeps S3 from taking any change of the policy of the bucket ${owned.Bucket}, since a statement in it, which is not Sitelift’s, lets everyone in. Delete that statement (S3 console, Permissions, Bucket policy), then run the command again.`,
      { cause: error },
    );
  }
}

function withOurs(policy: BucketPolicy, ours: readonly PolicyStatement[]): BucketPolicy {
  return { ...policy, Statement: [...statementsOf(policy).filter((statement) => !isOurs(statement)), ...ours] };
}

/** The statements of a policy as a list. */
export function statementsOf({ Statement }: BucketPolicy): readonly PolicyStatement[] {
  return isList(Statement) ? Statement : [Statement];
}

function isList(value: BucketPolicy['Statement']): value is readonly PolicyStatement[] {
  return Array.isArray(value);
}

/** True for a statement that Sitelift put there. */
export function isOurs({ Sid }: PolicyStatement): boolean {
  return OWN_SIDS.includes(Sid);
}

function bySid(statements: readonly PolicyStatement[]): readonly PolicyStatement[] {
  return [...statements].sort((one, other) => (one.Sid ?? '').localeCompare(other.Sid ?? ''));
}

function ourStatements(arn: string, distributionArn: string, origin: Origin): readonly PolicyStatement[] {
  return [
    ...(origin === 'own' ? [readerStatement(arn, distributionArn)] : openStatements(arn, distributionArn)),
    {
      Sid: TLS_SID,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [arn, `${arn}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ];
}

/** Who reads all of a bucket by a statement of others is kept from what is private, unless he is of the account; the key is there in anonymous requests, too. */
function openStatements(arn: string, distributionArn: string): readonly PolicyStatement[] {
  const [, , , , account = ''] = distributionArn.split(':');
  return [
    readerStatement(arn, distributionArn),
    {
      Sid: PRIVATE_SID,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: `${arn}/${PRIVATE_PREFIX}*`,
      Condition: { StringNotEquals: { 'aws:PrincipalAccount': account } },
    },
  ];
}

function readerStatement(arn: string, distributionArn: string): PolicyStatement {
  return {
    Sid: READER_SID,
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Resource: `${arn}/${PUBLIC_PREFIX}*`,
    Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
  };
}
