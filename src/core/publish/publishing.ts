import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context';
import type { Op } from '../op';
import type { Thread } from '../worker/thread';
import { createWorkshop } from '../worker/workshop';
import type { Origin } from '../release/ledger';
import type { LocalCache } from '../release/localCache';
import type { LocalFiles } from './local/localFiles';
import { planPublish, type Publication } from './planPublish';
import { planRollback, type Rollback } from './planRollback';
import { FileSums } from './local/sums';
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
  /** The files of the folder, where they are looked for already: the first plan is made of them, later ones look anew. */
  readonly files?: Promise<LocalFiles> | undefined;
  /** All pages are sent and all that is stored is compared, to put right what others have changed. */
  readonly isWhole?: boolean;
}

/** Plans publications of one site from one folder; what was read of AWS a moment ago is not read again. */
export interface Publishing {
  planPublish(op: Op): Promise<Publication>;
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
  const sums = FileSums.of(root, publisher.cache);
  let target: Target | undefined;
  let { files } = publisher;
  try {
    return await use({
      async planPublish(op) {
        const local = files ?? workshop.scan(folder, root, context.site.publish.allow, op);
        files = undefined;
        const { copy, hash, rewriteFor, send } = workshop;
        const material = { ...publisher, workFolder, target, local, sums: await sums, copy, hash, rewriteFor, send };
        const publication = await planPublish(context, material, op);
        ({ target } = publication);
        return publication;
      },
      async planRollback(at, op) {
        const { contentTypes, copy, send } = workshop;
        const needs = { ...publisher, workFolder, target, contentTypes, copy, send };
        const rollback = await planRollback(context, at, needs, op);
        ({ target } = rollback);
        return rollback;
      },
    });
  } finally {
    await Promise.all([
      workshop.close(),
      sums.then((known) => known.save()),
      rm(workFolder, { recursive: true, force: true }),
    ]);
  }
}
