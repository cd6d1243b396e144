import type { Op } from '../op';
import type { Hash } from '../publish/compareAssets';
import type { LocalFiles } from '../publish/localFiles';
import type { Rewrite } from '../publish/bundle';
import { createRewriter, type Rewriter } from './rewriter';
import { createThread, type Thread } from './thread';

/** Reads a whole site in threads of its own until it is closed. */
export interface Workshop {
  /** `scan` of a site's root; thousands of names, or a pattern that takes long to match, hold nothing up. */
  scan(folder: string, root: string, allow: readonly string[], op: Op): Promise<LocalFiles>;
  readonly hash: Hash;
  /** Rewrites pages, whose references to these assets, paths below the root, become their URLs at the domain. */
  rewriteFor(domain: string, assets: Iterable<string>): Rewrite;
  close(): Promise<void>;
}

/** A workshop, with one thread for files and one for each set of assets that pages are rewritten with. */
export function createWorkshop(newThread: () => Thread = createThread): Workshop {
  const thread = newThread();
  const rewriters: Rewriter[] = [];
  return {
    scan: (folder, root, allow, { signal }) => thread.ask('scan', { folder, root, allow }, signal),
    hash: async (files, { signal }) => {
      const names = files.map(({ path, absolutePath }) => ({ path, absolutePath }));
      return thread.ask('hashFiles', { files: names }, signal);
    },
    rewriteFor(domain, assets) {
      let rewriter: Rewriter | undefined;
      return (bytes, path, op) => {
        if (!rewriter) {
          rewriter = createRewriter(domain, assets, newThread());
          rewriters.push(rewriter);
        }
        return rewriter.rewrite(bytes, path, op);
      };
    },
    close: async () => void (await Promise.all([thread.close(), ...rewriters.map((each) => each.close())])),
  };
}
