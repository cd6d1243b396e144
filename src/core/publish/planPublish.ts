import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { Context } from '../context';
import { UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import type { Inspection } from '../remote/inspect';
import { waitUntilDeployed } from '../resources/distribution';
import type { SiteHave } from '../resources/stack';
import { isAsset } from './assetTypes';
import { writeBundle, type Bundle, type Rewrite } from './bundle';
import { deployPages } from './deployPages';
import { requireLeave, type LocalFile, type LocalFiles } from './localFiles';
import { findManifests, readManifest, type Manifest } from './manifest';
import { moment } from './moment';
import { ALONE, planUpload } from './planUpload';
import { requireReady, type Ready } from './ready';
import { pagesTitle, summarize, type Summary } from './summary';
import { inTurn, type Origin } from './turn';

/** What a publication is made from. */
export interface Material {
  readonly local: LocalFiles;
  readonly rewrite: Rewrite;
  /** Folder for the bundle; the caller removes it. */
  readonly workFolder: string;
  readonly origin: Origin;
  /** The release that this folder published or saw last. */
  readonly seenRelease: string | undefined;
}

/** What publishing would do. The bundle holds exactly the bytes that the plan sends; its release is the one to remember as seen. */
export interface Publication {
  readonly plan: Plan;
  readonly bundle: Bundle;
  readonly uploads: readonly LocalFile[];
  readonly summary: Summary;
}

/**
 * Plans a release: assets, then pages once the distribution is deployed, then the invalidation of what was uploaded, and all of it while nobody else
 * publishes. Throws `UserError` when the site is not ready, or when something must be allowed first.
 */
export async function planPublish(context: Context, site: SiteHave, material: Material, op: Op): Promise<Publication> {
  const ready = requireReady(site);
  const { local, rewrite, workFolder, origin } = material;
  const { bucket, distribution, inspection } = ready;
  requireLeave(local);
  if (local.pages.every(({ path }) => isAsset(path))) {
    throw new UserError('There is no page to publish: the root folder holds no HTML file or other page.');
  }
  op.report('Comparing files');
  const isFirst = inspection.release === undefined && inspection.placing === undefined && bucket.objects.size === 0;
  const [upload, manifests, live] = await Promise.all([
    planUpload(context, { bucket, distribution, assets: local.assets, isFirst }, op),
    findManifests(context, op),
    inspection.release === undefined ? undefined : readManifest(context, inspection.release, op),
  ]);
  const file = join(workFolder, 'bundle.tar.gz');
  const bundle = await writeBundle(local.pages, rewrite, file, distribution.domain, op);
  const unseen = unseenRelease(inspection, live, bundle, material);
  const summary = summarize(local, bundle, upload.uploads, live, unseen ? [`This replaces ${unseen}.`] : []);
  const pages = planPages(context, ready, bundle, summary, origin);
  const plan = sequence(upload.before, pages, upload.after);
  const beginning = {
    key: `turn ${inspection.release ?? ''}${unseen ? ' unseen' : ''}`,
    title: unseen ? `replace ${unseen}` : ALONE,
    check: (stepOp: Op) => requireSameReleases(context, manifests, stepOp),
  };
  const isSending = upload.before.length > 0 || pages.length > 0;
  return {
    plan: isSending ? inTurn(context, origin, beginning, plan) : plan,
    bundle,
    uploads: upload.uploads.map(({ asset }) => asset),
    summary,
  };
}

function planPages(context: Context, ready: Ready, bundle: Bundle, summary: Summary, origin: Origin): Plan {
  const { distribution } = ready;
  const reason = reasonForPages(ready, bundle);
  if (!reason) return [];
  const deployed: Step = {
    key: 'deployed',
    title: 'wait until the distribution is deployed',
    run: async (op) => void (await waitUntilDeployed(context, op)),
  };
  const pages: Step = {
    key: `pages ${bundle.release}`,
    title: pagesTitle(summary, reason),
    sizeBytes: bundle.sizeBytes,
    run: (op) => deployPages(context, ready, bundle, origin, op),
  };
  return [...(distribution.deployed ? [] : [[deployed]]), [pages]];
}

/** Why the pages must go to the server, or undefined; a new server with an old volume has the pages but not their redirects. */
function reasonForPages({ inspection, distribution }: Ready, bundle: Bundle): string | undefined {
  const { release, placing, redirectsTo } = inspection;
  if (placing !== undefined) return 'the last publication was cut short';
  if (release === undefined) return 'first release';
  if (release !== bundle.release) return 'changed';
  return redirectsTo === distribution.domain ? undefined : 'new server';
}

/** Tells of a release that is replaced although this folder neither published nor saw it. */
function unseenRelease(
  { release }: Inspection,
  live: Manifest | undefined,
  bundle: Bundle,
  { origin, seenRelease }: Material,
): string | undefined {
  if (release === undefined || release === bundle.release || release === seenRelease) return undefined;
  if (!live) return 'a release that this folder has not seen; nothing tells who published it';
  if (live.place === origin.place) return undefined;
  const from = `${live.by} from “${live.folder}” on ${live.host}`;
  return `the release published by ${from} on ${moment(live.at)}, which this folder has not seen`;
}

async function requireSameReleases(context: Context, planned: readonly string[], op: Op): Promise<void> {
  if (isDeepStrictEqual(await findManifests(context, op), planned)) return;
  throw new UserError(
    'Somebody else published meanwhile. Nothing was uploaded, and their pages and images were left as they are. Publish again to see what would replace them.',
  );
}
