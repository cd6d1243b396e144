import { rewriterFor, type Rewritten } from '../html/rewriter';
import type { Op } from '../op';

/** Rewrites the files of one site until it is closed. */
export interface Rewriter {
  /** The published form of an HTML or CSS file; `path` is its path below the root. Throws what `op.signal` was aborted with. */
  rewrite(bytes: Uint8Array, path: string, op: Op): Promise<Rewritten>;
  close(): Promise<void>;
}

/** A rewriter that makes references to the given assets, paths below the root, their CDN URLs. */
export function createRewriter(domain: string, assets: Iterable<string>): Rewriter {
  const rewrite = rewriterFor(domain, assets);
  return {
    rewrite(bytes, path, op) {
      op.signal.throwIfAborted();
      return Promise.resolve(rewrite(bytes, path));
    },
    close: () => Promise.resolve(),
  };
}
