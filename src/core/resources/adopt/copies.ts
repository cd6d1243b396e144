import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { hasCode } from '../../aws/errors';
import { headObject, placeOf } from '../../aws/store';
import { isConflict, retry } from '../../aws/wait';
import type { Context } from '../../context';
import { encodePath } from '../../html/assetUrl';
import { PUBLIC_PREFIX } from '../../names';
import type { Op } from '../../op';
import { listObjects, type ListedObject } from '../bucket/listing';
import type { Move } from './comparison';

const COPIES_AT_ONCE = 24;
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 60 };

/** The objects of the site's bucket below a prefix, and those below `site/`. */
export async function listForCopies(context: Context, prefix: string, op: Op): Promise<readonly ListedObject[]> {
  const prefixes = prefix === '' || prefix === PUBLIC_PREFIX ? [prefix] : [prefix, PUBLIC_PREFIX];
  return (await Promise.all(prefixes.map((one) => listObjects(context, one, op)))).flat();
}

/**
 * Copies objects inside the bucket, with the headers and the encryption that they have and only where nothing is yet. After a failure or a cancel it begins no more, and waits for what
 * is in flight; a further run goes on.
 */
export async function copyMoves(context: Context, moves: readonly Move[], op: Op): Promise<void> {
  const waiting = moves.values();
  const failures: unknown[] = [];
  let copied = 0;
  const work = async () => {
    for (const move of waiting) {
      if (failures.length > 0) return;
      try {
        op.signal.throwIfAborted();
        await copyMove(context, move, op);
        copied += 1;
        op.report(`${copied} of ${moves.length} copied`, copied / moves.length);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, work));
  if (failures.length > 0) throw failures[0];
}

async function copyMove(context: Context, { from, to }: Move, op: Op): Promise<void> {
  const head = await headObject(context, from, op);
  // Somebody has deleted it.
  if (!head) return;
  const { Bucket, ExpectedBucketOwner, Key } = placeOf(context, to);
  const { BucketKeyEnabled, SSEKMSKeyId, ServerSideEncryption = 'AES256' } = head;
  // Who may not read it with its key must not get it without.
  const key = ServerSideEncryption === 'AES256' ? {} : { SSEKMSKeyId, BucketKeyEnabled };
  const command = new CopyObjectCommand({
    ...{ Bucket, ExpectedBucketOwner, Key, ExpectedSourceBucketOwner: ExpectedBucketOwner },
    ...{ CopySource: `${Bucket}/${encodePath(from)}`, IfNoneMatch: '*' },
    // Copying tags would need rights of its own.
    TaggingDirective: 'REPLACE',
    ...{ ServerSideEncryption, ...key },
  });
  try {
    await retry(
      () => context.clients.s3.send(command, { abortSignal: op.signal }),
      (error) => isConflict(error) && !hasCode(error, 'PreconditionFailed'),
      SETTLE,
      op,
    );
  } catch (error) {
    // It is there by now, or is gone, or rests in an archive where readers do not get it either.
    if (!hasCode(error, 'PreconditionFailed', 'NoSuchKey', 'InvalidObjectState', 'ObjectNotInActiveTierError'))
      throw error;
  }
}
