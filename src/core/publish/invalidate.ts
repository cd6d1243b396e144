import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { createHash } from 'node:crypto';
import { hasCode } from '../aws/errors';
import { retry } from '../aws/wait';
import { encodePath } from '../html/assetUrl';
import type { Op } from '../op';
import type { Context } from '../context';

const MAX_PATHS = 15;
const SETTLE = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 600 };

/**
 * What CloudFront is asked to forget. Of the characters that S3 keys hold it takes some only as they are and others only encoded, and refuses `~`
 * either way (aws-sdk-js-v3 issue 4042); for paths with such ones, and for more than 15, it is everything: `/*` counts as one of the 1,000 free
 * paths a month.
 */
export function invalidationItems(paths: readonly string[]): string[] {
  const plain = paths.every((path) => !/[!'()*,@+&=;:$~]/.test(path));
  return paths.length > MAX_PATHS || !plain ? ['/*'] : paths.map((path) => `/${encodePath(path)}`);
}

/** What CloudFront was asked to forget, or is to be, without what something else of it covers. */
export function joinItems(...lists: readonly (readonly string[])[]): string[] {
  const items = [...new Set(lists.flat())];
  return items.includes('/*') || items.length > MAX_PATHS ? ['/*'] : items;
}

/** True when CloudFront was asked to forget a path, or is to be. */
export function isForgotten(path: string, items: readonly string[]): boolean {
  return items.includes('/*') || invalidationItems([path]).every((item) => items.includes(item));
}

/** Makes the edges forget items; the same run asking again is answered with the same invalidation. */
export async function invalidate(
  { clients }: Context,
  distributionId: string,
  runId: string,
  items: readonly string[],
  op: Op,
): Promise<void> {
  const reference = createHash('sha256')
    .update(`${runId} ${items.join(' ')}`)
    .digest('hex')
    .slice(0, 32);
  const command = new CreateInvalidationCommand({
    DistributionId: distributionId,
    InvalidationBatch: { CallerReference: reference, Paths: { Quantity: items.length, Items: [...items] } },
  });
  await retry(
    () => clients.cloudfront.send(command, { abortSignal: op.signal }),
    (error) => hasCode(error, 'TooManyInvalidationsInProgress'),
    SETTLE,
    op,
  );
}
