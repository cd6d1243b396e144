import { reasonToGiveUp } from './giveUp';
import type { FoundImages } from './tasks';
import { createThread, type Thread } from './thread';

/** Reads pages that are being edited in a thread of its own, which ends when nobody asks for a minute. */
export interface ImageFinder {
  /** The local images in the text of a page; `path` is the page's, below the root. */
  find(text: string, path: string, signal: AbortSignal): Promise<FoundImages>;
  /** Those of the paths below a root at which there is a file. */
  existing(rootFolder: string, paths: Iterable<string>, signal: AbortSignal): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

const DEADLINE_SECONDS = 10;

/** A finder of images; a page that takes too long, or too much memory, is given up with the reason. */
export function createImageFinder(thread: Thread = createThread(), deadlineSeconds = DEADLINE_SECONDS): ImageFinder {
  return {
    async find(text, path, signal) {
      try {
        return await thread.ask('findImages', { text, path }, signal, deadlineSeconds);
      } catch (error) {
        const reason = signal.aborted ? undefined : reasonToGiveUp(error);
        if (reason === undefined) throw error;
        return { reason };
      }
    },
    existing: (rootFolder, paths, signal) =>
      thread.ask('existingFiles', { rootFolder, paths: Array.from(paths) }, signal),
    close: () => thread.close(),
  };
}
