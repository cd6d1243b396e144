import { leftAlone, type Rewritten } from '../html/rewritten';
import type { Op } from '../op';
import { reasonToGiveUp } from './giveUp';
import { createThread, type Thread } from './thread';

/** Rewrites the files of one site in a thread of its own until it is closed. */
export interface Rewriter {
  /** The published form of an HTML or CSS file; `path` is its path below the root. Throws what `op.signal` was aborted with. */
  rewrite(bytes: Uint8Array, path: string, op: Op): Promise<Rewritten>;
  close(): Promise<void>;
}

const DEADLINE_SECONDS = 30;

let lastId = 0;

/**
 * A rewriter that makes references to the given assets, paths below the root, their CDN URLs; `names` are those that are called otherwise there. A file
 * that takes too long, or too much memory, is left as it is.
 */
export function createRewriter(
  domain: string,
  assets: Iterable<string>,
  thread: Thread = createThread(),
  deadlineSeconds = DEADLINE_SECONDS,
  names?: ReadonlyMap<string, string>,
): Rewriter {
  const id = (lastId += 1);
  thread.tell('setAssets', { id, domain, assets: Array.from(assets), names });
  return {
    async rewrite(bytes, path, { signal }) {
      try {
        return await thread.ask('rewrite', { id, bytes, path }, signal, deadlineSeconds);
      } catch (error) {
        const reason = signal.aborted ? undefined : reasonToGiveUp(error);
        if (reason === undefined) throw error;
        return leftAlone(bytes, reason);
      }
    },
    close: () => thread.close(),
  };
}
