import { CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { createHash } from 'node:crypto';
import { hasCode } from '../aws/errors';
import { retry, waitFor } from '../aws/wait';
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

/** The paths that readers may have asked for to get a page, as the edges know both what was asked for and what that became. */
export function urlsOf(path: string): string[] {
  const short = path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '');
  return short === path ? [path] : [path, short];
}

/** Makes the edges forget items, and gives the invalidation's id; the same run asking again is answered with the same one. */
export async function invalidate(
  { clients }: Context,
  distributionId: string,
  runId: string,
  items: readonly string[],
  op: Op,
): Promise<string> {
  const reference = createHash('sha256')
    .update(`${runId} ${items.join(' ')}`)
    .digest('hex')
    .slice(0, 32);
  const command = new CreateInvalidationCommand({
    DistributionId: distributionId,
    InvalidationBatch: { CallerReference: reference, Paths: { Quantity: items.length, Items: [...items] } },
  });
  const { Invalidation } = await retry(
    () => clients.cloudfront.send(command, { abortSignal: op.signal }),
    (error) => hasCode(error, 'TooManyInvalidationsInProgress'),
    SETTLE,
    op,
  );
  return Invalidation?.Id ?? '';
}

/** Waits until all edges have forgotten what an invalidation names, usually within a minute. */
export async function waitUntilForgotten(
  { clients }: Context,
  distributionId: string,
  id: string,
  op: Op,
): Promise<void> {
  await waitFor(
    'the edges to forget the former pages',
    async () => {
      const { Invalidation } = await clients.cloudfront.send(
        new GetInvalidationCommand({ DistributionId: distributionId, Id: id }),
        { abortSignal: op.signal },
      );
      return Invalidation?.Status === 'Completed' ? true : undefined;
    },
    { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 1800 },
    op,
  );
}
