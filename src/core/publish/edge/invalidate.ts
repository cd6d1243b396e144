import { CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { createHash, randomUUID } from 'node:crypto';
import { hasCode } from '../../aws/errors';
import { retry, waitFor } from '../../aws/wait';
import type { Op } from '../../op';
import type { Step } from '../../plan';
import type { Context } from '../../context';

const SETTLE = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 600 };

/** The step that makes the edges forget items, and waits until they have where that is wanted; run again it asks for the same invalidation. */
export function invalidationStep(
  context: Context,
  distributionId: string,
  items: readonly string[],
  title: string,
  isAwaited = false,
): Step {
  const runId = randomUUID();
  return {
    key: `invalidate ${items.join(' ')}`,
    title,
    async run(op) {
      const id = await invalidate(context, distributionId, runId, items, op);
      if (isAwaited) await waitUntilForgotten(context, distributionId, id, op);
    },
  };
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
async function waitUntilForgotten({ clients }: Context, distributionId: string, id: string, op: Op): Promise<void> {
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
