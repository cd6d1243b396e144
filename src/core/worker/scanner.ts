import type { Op } from '../op';
import type { LocalFiles } from '../publish/localFiles';
import { createThread, type Thread } from './thread';

/** `scan` of a site's root in a thread of its own, so that thousands of names, or a pattern that takes long to match, hold nothing up and can be cancelled. */
export async function scanInThread(
  folder: string,
  root: string,
  allow: readonly string[],
  { signal }: Op,
  thread: Thread = createThread(),
): Promise<LocalFiles> {
  try {
    return await thread.ask('scan', { folder, root, allow }, signal);
  } finally {
    await thread.close();
  }
}
