import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { isConflict, isNotSeenYet, retry, unlessMissing } from '../aws/wait';
import { bucketName, PUBLIC_PREFIX } from '../names';
import type { Op } from '../op';
import type { Context } from '../context';

/** A bucket policy document, as far as it is read here. */
export interface BucketPolicy {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly Sid?: string;
  readonly [key: string]: unknown;
}

const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };
const READER_SID = 'SiteliftDistributionReads';
const TLS_SID = 'SiteliftTlsOnly';

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

/** Adds the right to read `site/*` for exactly one distribution, keeping statements that are not ours. */
export function policyForReader(policy: BucketPolicy, bucketArn: string, distributionArn: string): BucketPolicy {
  const others = policy.Statement.filter(({ Sid }) => Sid !== READER_SID && Sid !== TLS_SID);
  return {
    Version: '2012-10-17',
    Statement: [
      ...others,
      {
        Sid: READER_SID,
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Resource: `${bucketArn}/${PUBLIC_PREFIX}*`,
        Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
      },
      {
        Sid: TLS_SID,
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}

/** The distribution that the policy lets read, as its ARN. */
export function readerOf(policy: BucketPolicy): string | undefined {
  const statement = policy.Statement.find(({ Sid }) => Sid === READER_SID);
  const condition = statement?.['Condition'] as { StringEquals?: { 'AWS:SourceArn'?: string } } | undefined;
  return condition?.StringEquals?.['AWS:SourceArn'];
}

/** Lets one distribution read `site/*`; reads the policy afresh, so a statement added meanwhile is kept. */
export async function grantReader(context: Context, distributionArn: string, op: Op): Promise<void> {
  const { site, clients } = context;
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  await retry(
    async () => {
      const policy = await readPolicy(context, op);
      const wanted = policyForReader(policy, `arn:aws:s3:::${owned.Bucket}`, distributionArn);
      await clients.s3.send(new PutBucketPolicyCommand({ ...owned, Policy: JSON.stringify(wanted) }), {
        abortSignal: op.signal,
      });
    },
    (error) => isConflict(error) || isNotSeenYet(error),
    SETTLE,
    op,
  );
}
