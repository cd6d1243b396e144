import { createThread, type Thread } from './thread';

/** So many batches of files are sent at one time: the thread never waits for the next one while it ends one. */
export const BATCHES_AT_ONCE = 2;

/** A thread for a workshop. */
export function createWorkshopThread(): Thread {
  return createThread({ atOnce: BATCHES_AT_ONCE });
}
