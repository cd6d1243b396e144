import type { Op } from '../op';
import type { Hash } from '../publish/assets/compareAssets';
import type { LocalFile, LocalFiles } from '../publish/local/localFiles';
import type { Rewrite } from '../publish/pages/bundle';
import { copyFiles, type Copy } from '../publish/assets/copyAssets';
import { createRewriter, type Rewriter } from './rewriter';
import { sendFiles } from '../publish/assets/sendAssets';
import type { ContentTypes } from '../publish/planRollback';
import type { Send } from '../publish/assets/wantedAssets';
import type { Thread } from './thread';
import { createWorkshopThread } from './workshopThread';

/** Reads and sends a whole site in a thread of its own until it is closed. */
export interface Workshop {
  /** `scan` of a site's root; thousands of names, or a pattern that takes long to match, hold nothing up. */
  scan(folder: string, root: string, allow: readonly string[], op: Op): Promise<LocalFiles>;
  /** `localAssets`: assets by their absolute paths. */
  localAssets(
    folder: string,
    root: string,
    files: readonly string[],
    allow: readonly string[],
    op: Op,
  ): Promise<LocalFile[]>;
  /** `isPublished` of one file by its absolute path. */
  isPublished(root: string, file: string, allow: readonly string[], op: Pick<Op, 'signal'>): Promise<boolean>;
  readonly hash: Hash;
  readonly send: Send;
  readonly copy: Copy;
  readonly contentTypes: ContentTypes;
  /** Rewrites pages, whose references to these assets, paths below the root, become their URLs at the domain, where some have other names. */
  rewriteFor(domain: string, assets: Iterable<string>, names?: ReadonlyMap<string, string>): Rewrite;
  close(): Promise<void>;
}

/** A workshop in a thread, which it ends as it is closed. */
export function createWorkshop(thread: Thread = createWorkshopThread()): Workshop {
  return {
    scan: (folder, root, allow, { signal }) => thread.ask('scan', { folder, root, allow }, signal),
    localAssets: (folder, root, files, allow, { signal }) =>
      thread.ask('localAssets', { folder, root, files, allow }, signal),
    isPublished: (root, file, allow, { signal }) => thread.ask('isPublished', { root, file, allow }, signal),
    hash: async (files, { signal }) => {
      const names = files.map(({ path, absolutePath }) => ({ path, absolutePath }));
      return thread.ask('hashFiles', { files: names }, signal);
    },
    send: (context, files, onSent, op) => sendFiles(context, files, onSent, op, thread),
    copy: (context, copies, op) => copyFiles(context, copies, op, thread),
    async contentTypes(paths, { signal }) {
      const types = await thread.ask('contentTypes', { paths }, signal);
      return new Map(paths.map((path, index) => [path, types[index] ?? '']));
    },
    rewriteFor(domain, assets, names) {
      let rewriter: Rewriter | undefined;
      const started = () => (rewriter ??= createRewriter(domain, assets, thread, undefined, names));
      return (bytes, path, op) => started().rewrite(bytes, path, op);
    },
    close: () => thread.close(),
  };
}
