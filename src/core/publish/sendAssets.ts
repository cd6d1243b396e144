import type { Context } from '../context';
import type { Op } from '../op';
import { hashFile } from './readFile';
import pLimit from 'p-limit';
import { newByteBudget, putFile } from './store';

export interface Sending {
  readonly key: string;
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
}
export interface Sent {
  readonly key: string;
  readonly etag: string;
  readonly sha256: string;
}
/** Stand-in until the fast path is there. */
export async function sendFiles(
  context: Context,
  files: readonly Sending[],
  onSent: (sent: Sent) => void,
  op: Op,
): Promise<void> {
  const limit = pLimit(24);
  const budget = newByteBudget();
  await Promise.all(
    files.map((file) =>
      limit(async () => {
        const etag = await putFile(context, file.key, file, file.cacheControl, budget, op);
        onSent({ key: file.key, etag: (etag ?? '').replaceAll('"', ''), sha256: await hashFile(file, 'sha256') });
      }),
    ),
  );
}
