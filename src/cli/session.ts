import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Context } from '../core/context';
import type * as Aws from '../core/entryAws';
import { UserError, type Op } from '../core/op';
import { commitOf } from '../core/publish/commit';
import type { Publisher } from '../core/publish/publishing';
import { readSite, rootFolder } from '../core/site';
import { createWorkshopThread } from '../core/worker/workshopThread';
import type { Thread } from '../core/worker/thread';
import type { Arguments } from './arguments';

/** A site that credentials of its account reach. */
export interface Session {
  readonly aws: typeof Aws;
  readonly context: Context;
  readonly publisher: Publisher;
  /** The thread that reads and sends. */
  readonly thread: Thread;
  /** Throws `UserError` unless the credentials belong to the account that was named: before anything is changed or told. */
  requireAccount(): Promise<void>;
  /** Makes this computer know the release that is current now. */
  remember(release: string): Promise<void>;
}

/** Opens the site of a folder. Throws `UserError` when the account is not the one that was named. */
export async function openSession({ account, command, folder: given, profile }: Arguments, op: Op): Promise<Session> {
  // It gets ready while the rest is loaded.
  const thread = createWorkshopThread();
  thread.start();
  const folder = resolve(given);
  const site = await readSite(folder);
  if (site.account !== account) {
    throw new UserError(`--account says ${account}, but the site in ${folder} belongs to ${site.account}.`);
  }
  const root = rootFolder(folder, site);
  const commit = commitOf(folder, op);
  const isOfFiles = command === 'plan' || command === 'publish';
  const files = isOfFiles ? thread.ask('scan', { folder, root, allow: site.publish.allow }, op.signal) : undefined;
  // Whoever fails before they are asked for tells of that instead.
  void Promise.allSettled([commit, files]);
  const aws = await import('../core/entryAws');
  const clients = aws.createClients({ region: site.region, profile });
  const context = { site, clients };
  const cache = aws.folderCache(cacheFolder());
  const notes = aws.cachedNotes(cache, `memory of ${site.id} in ${folder}`);
  // Asked while the rest is read, which changes nothing.
  const owner = Promise.allSettled([aws.requireAccount(clients, account, op)]);
  const { origin, remember, seenRelease } = await aws.folderMemory(notes, {
    folder: basename(folder),
    commit: await commit,
  });
  return {
    ...{ aws, context, remember, thread },
    async requireAccount() {
      const [outcome] = await owner;
      if (outcome.status === 'rejected') throw outcome.reason;
    },
    publisher: { folder, root, origin, seenRelease, cache, files },
  };
}

/** Where programs keep what they can do without (XDG Base Directory Specification; on Windows, `LOCALAPPDATA`). */
function cacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? homedir(), 'sitelift', 'cache');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'sitelift', 'sites');
}
