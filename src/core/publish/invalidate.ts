import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { unlessMissing } from '../aws/wait';
import { encodePath } from '../html/assetUrl';
import { bucketName, PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import type { Context } from '../context';

const PENDING_KEY = `${PRIVATE_PREFIX}pending-invalidation.json`;
const MAX_PATHS = 15;

/** Paths whose old bytes the edges may still hold because a run ended between upload and invalidation. */
export async function pendingInvalidation({ site, clients }: Context, op: Op): Promise<readonly string[]> {
  const answer = await unlessMissing(
    () =>
      clients.s3.send(
        new GetObjectCommand({ Bucket: bucketName(site), ExpectedBucketOwner: site.account, Key: PENDING_KEY }),
        { abortSignal: op.signal },
      ),
    'NoSuchKey',
  );
  if (!answer?.Body) return [];
  return JSON.parse(await answer.Body.transformToString()) as string[];
}

/** Notes, before any of them is uploaded, which paths are about to change. */
export async function notePending({ site, clients }: Context, paths: readonly string[], op: Op): Promise<void> {
  await clients.s3.send(
    new PutObjectCommand({
      Bucket: bucketName(site),
      ExpectedBucketOwner: site.account,
      Key: PENDING_KEY,
      Body: JSON.stringify(paths),
      ContentType: 'application/json',
    }),
    { abortSignal: op.signal },
  );
}

/**
 * Makes the edges forget the paths, then drops the note of them. More than 15 paths become one `/*`, which AWS counts as one of
 * the 1,000 free paths a month.
 */
export async function invalidate(
  { site, clients }: Context,
  distributionId: string,
  paths: readonly string[],
  op: Op,
): Promise<void> {
  // CloudFront wants only unsafe and non-ASCII characters encoded; for paths with others that we encode, all is forgotten.
  const plain = paths.every((path) => !/[!'()*,@+&=;:$]/.test(path));
  const items = paths.length > MAX_PATHS || !plain ? ['/*'] : paths.map((path) => `/${encodePath(path)}`);
  const moment = createHash('sha256')
    .update(`${Date.now()} ${items.join(' ')}`)
    .digest('hex')
    .slice(0, 32);
  await clients.cloudfront.send(
    new CreateInvalidationCommand({
      DistributionId: distributionId,
      InvalidationBatch: { CallerReference: moment, Paths: { Quantity: items.length, Items: items } },
    }),
    { abortSignal: op.signal },
  );
  await clients.s3.send(
    new DeleteObjectCommand({ Bucket: bucketName(site), ExpectedBucketOwner: site.account, Key: PENDING_KEY }),
    { abortSignal: op.signal },
  );
}
