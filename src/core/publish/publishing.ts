import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context';
import type { Op } from '../op';
import type { Thread } from '../worker/thread';
import { createWorkshop } from '../worker/workshop';
import type { Origin } from '../release/ledger';
import type { LocalCache } from '../release/localCache';
import type { LocalFiles } from './localFiles';
import { planPublish, type Publication } from './planPublish';
import { planRollback, type Rollback } from './planRollback';
import type { Target } from './target';

/** Whose site is published, and from where. */
export interface Publisher {
  /** The folder that holds the site file, and the root folder inside it. */
  readonly folder: string;
  readonly root: string;
  readonly origin: Origin;
  /** The release that this folder published or saw last. */
  readonly seenRelease: string | undefined;
  readonly cache: LocalCache;
  /** All pages are sent and all that is stored is compared, to put right what others have changed. */
  readonly isWhole?: boolean;
}

/** Plans publications of one site from one folder; what was read of AWS a moment ago is not read again. */
export interface Publishing {
  planPublish(op: Op): Promise<Publication & { readonly local: LocalFiles }>;
  /** Plans to bring back the release that was published at a time, as the ledger tells it. */
  planRollback(at: string, op: Op): Promise<Rollback>;
}

/** Lets `use` plan and run publications, whose plans hold as long as it runs; the thread that reads and sends ends with it. */
export async function withPublishing<Result>(
  context: Context,
  publisher: Publisher,
  use: (publishing: Publishing) => Promise<Result>,
  thread?: Thread,
): Promise<Result> {
  const { folder, root } = publisher;
  const workshop = createWorkshop(thread);
  const workFolder = await mkdtemp(join(tmpdir(), 'sitelift-'));
  let target: Target | undefined;
  try {
    return await use({
      async planPublish(op) {
        const local = await workshop.scan(folder, root, context.site.publish.allow, op);
        const assets = local.assets.map(({ path }) => path);
        const publication = await planPublish(
          context,
          {
            ...{ ...publisher, workFolder, target, local, hash: workshop.hash, send: workshop.send },
            rewriteFor: (domain) => workshop.rewriteFor(domain, assets),
          },
          op,
        );
        ({ target } = publication);
        return { ...publication, local };
      },
      async planRollback(at, op) {
        const rollback = await planRollback(context, at, { ...publisher, workFolder, target }, op);
        ({ target } = rollback);
        return rollback;
      },
    });
  } finally {
    await workshop.close();
    await rm(workFolder, { recursive: true, force: true });
  }
}
