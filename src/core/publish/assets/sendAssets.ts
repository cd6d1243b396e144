import type { Context } from '../../context';
import type { Op } from '../../op';
import type { Reach } from '../../worker/requests';
import type { Sending, Sent } from '../../worker/sender';
import type { Thread } from '../../worker/thread';
import { newByteBudget, PART_BYTES, putFile } from '../../aws/store';
import { doThroughThread } from './throughThread';

export type { Sending, Sent } from '../../worker/sender';

const BATCH_FILES = 256;
const BATCH_BYTES = 64 * 1024 * 1024;
/** Files that the SDK sends together; the budget bounds their bytes. */
const SDK_FILES_AT_ONCE = 16;

/**
 * Stores files under their keys, many at a time: small ones by a thread that goes around the SDK, large ones, and what the thread could not store, by
 * the SDK, as `doThroughThread` does it. `onSent` is called for each, in any order.
 */
export async function sendFiles(
  context: Context,
  files: readonly Sending[],
  onSent: (sent: Sent) => void,
  op: Op,
  thread: Thread,
): Promise<void> {
  const budget = newByteBudget();
  const small = files.filter(({ sizeBytes }) => sizeBytes <= PART_BYTES);
  const large = files.filter(({ sizeBytes }) => sizeBytes > PART_BYTES);
  const ways = {
    ask: (reach: Reach, batch: readonly Sending[], signal: AbortSignal) =>
      thread.ask('send', { ...reach, files: batch }, signal),
    bySdk: async (file: Sending): Promise<Sent> => ({
      key: file.key,
      ...(await putFile(context, file.key, file, file.cacheControl, budget, op)),
    }),
    sdkAtOnce: SDK_FILES_AT_ONCE,
    onDone: (_file: Sending, sent: Sent) => onSent(sent),
  };
  await doThroughThread(context, batchesOf(small), large, ways, op, thread);
}

function* batchesOf(files: readonly Sending[]): Generator<readonly Sending[], void> {
  let batch: Sending[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length === BATCH_FILES || (batch.length > 0 && bytes + file.sizeBytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.sizeBytes;
  }
  if (batch.length > 0) yield batch;
}
