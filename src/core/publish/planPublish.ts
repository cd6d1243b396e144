import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../context';
import { UserError, type Op } from '../op';
import type { Release } from '../release/ledger';
import type { Manifest } from '../release/manifest';
import { moment } from '../release/moment';
import { isAsset } from './local/assetTypes';
import type { Rewrite } from './pages/bundle';
import { copiesOf, withCopies } from './pages/copies';
import { compareAssets, type AssetUpload, type Hash } from './assets/compareAssets';
import type { Copy } from './assets/copyAssets';
import { withHashedNames } from './assets/hashedAssets';
import { hashedNames, requireFreeNames } from './assets/hashedNames';
import { requireLeave } from './local/leave';
import type { LocalFiles } from './local/localFiles';
import { ALONE, planRelease, type ReleasePlan } from './releasePlan';
import { staysThere } from './firstRelease';
import { readState, type Asking, type SiteState } from './siteState';
import { pagesTitle, summarize, type PagesReason, type Summary } from './summary';
import type { FileSums } from './local/sums';
import type { Target } from './target';
import { turnKey } from './unseen';
import { wantedAssets, type Send } from './assets/wantedAssets';
import { pressPages, type PageNeeds } from './pages/pressPages';

/** What a publication is made from. */
export interface Material extends Asking, PageNeeds {
  /** The files of the folder, which may still be looked for. */
  readonly local: Promise<LocalFiles>;
  /** What is known of them. */
  readonly sums: FileSums;
  readonly hash: Hash;
  readonly copy: Copy;
  readonly send: Send;
  /** The release that this folder published or saw last. */
  readonly seenRelease: string | undefined;
}

/** What publishing would do. */
export interface Publication extends ReleasePlan {
  readonly local: LocalFiles;
  readonly summary: Summary;
  readonly uploads: readonly AssetUpload[];
  /** Why pages are sent; undefined when none are. */
  readonly reason: PagesReason | undefined;
  readonly target: Target;
  /** What the current release consists of; undefined when there is none, or nothing tells. */
  readonly live: Manifest | undefined;
  /** Makes the published form of pages. */
  readonly rewrite: Rewrite;
}

/** Plans to publish the files of a folder. Throws `UserError` when the site is not ready, or when something must be allowed first. */
export async function planPublish(context: Context, material: Material, op: Op): Promise<Publication> {
  const { hash, send, sums } = material;
  op.report('Looking at what is published');
  const [local, state] = await Promise.all([checked(material.local), readState(context, material, op)]);
  const { live, read, target, told } = state;
  op.report('Comparing files');
  const objects = target.found?.objects;
  const isThorough = context.site.assets.naming === 'hashed';
  const against = { told, objects, isThorough, isDoubted: material.isWhole };
  const found = await compareAssets(context, local.assets, against, sums, hash, op);
  const { stored, uploads } = found;
  // Each of what follows takes some tens of milliseconds for ten thousand assets, and others want to work meanwhile.
  await nextTurn();
  const names = isThorough ? hashedNames(local.assets, found.sums) : undefined;
  await requireFreeNames(context, local.assets, names, read.ledger, material.cache, op);
  await nextTurn();
  const { bundle, published, reason, rewrite, ...pages } = await pressPages(
    context,
    state,
    local,
    names,
    material,
    sums,
    op,
  );
  let assets = wantedAssets(context, stored, uploads, material, sums);
  if (names) assets = withHashedNames(context, assets, local.assets, { names, sums: found.sums }, state, material);
  if (context.site.distribution.serves === 'site') {
    const folder = material.workFolder;
    const { caching } = context.site.publish;
    const types = new Map(local.pages.map(({ contentType, path }) => [path, contentType]));
    const copies = copiesOf(pages.all, { caching, hides: pages.settings.hides, typeOf: (path) => types.get(path) });
    assets = withCopies(context, assets, copies, state, { folder, isDoubted: material.isWhole, published, send });
  }
  await nextTurn();
  const unseen = unseenRelease(state, reason !== undefined || assets.changes.length > 0, material);
  const notes = [...(unseen ? [`This replaces ${unseen}.`] : []), ...pages.settings.notes];
  const compared = summarize(local, bundle, uploads, live, notes);
  const summary = staysThere(state, {}) ? { ...compared, pages: { ...compared.pages, removed: [] } } : compared;
  const wanted = {
    assets,
    pages: { ...pages, title: reason === undefined ? undefined : pagesTitle(summary, reason) },
    begin: {
      key: turnKey(read.ledger.revision, unseen !== undefined),
      title: unseen ? `replace ${unseen}` : ALONE,
    },
  };
  const release = planRelease(context, state, wanted, material);
  const withRemoved = withRemovals(summary, release.removed);
  return { ...release, local, summary: withRemoved, uploads, reason, target, live, rewrite };
}

/** What *Upload to CDN* or other hands put there is not removed, though it is not among the files. */
function withRemovals(summary: Summary, paths: readonly string[]): Summary {
  const removed = new Set(paths);
  const { assets } = summary;
  return { ...summary, assets: { ...assets, removed: assets.removed.filter((path) => removed.has(path)) } };
}

/** The files, if they are fit to be published. */
async function checked(files: Promise<LocalFiles>): Promise<LocalFiles> {
  const local = await files;
  requireLeave(local);
  if (local.pages.some(({ path }) => !isAsset(path))) return local;
  throw new UserError('There is no page to publish: the root folder holds no HTML file or other page.');
}

/** Tells of a release that is replaced although this folder neither published nor saw it. */
function unseenRelease(
  { read, target }: SiteState,
  isReplaced: boolean,
  { origin, seenRelease }: Material,
): string | undefined {
  const { current, publishing } = read.ledger;
  if (read.isUnreadable)
    return 'what tells of the earlier releases, which cannot be read, so that none of them can be brought back';
  if (publishing && publishing.place !== origin.place) {
    return `what a publication by ${from(publishing)} left, which was cut short`;
  }
  if (!isReplaced) return undefined;
  if (current) {
    const isSeen = current.id === seenRelease || current.place === origin.place;
    return isSeen ? undefined : `the release published by ${from(current)}, which this folder has not seen`;
  }
  const release = target.found?.inspection.release;
  const isUnknown = release !== undefined && release !== seenRelease && !publishing;
  return isUnknown ? 'a release that this folder has not seen; nothing tells who published it' : undefined;
}

function from({ at, by, folder, host }: Pick<Release, 'at' | 'by' | 'folder' | 'host'>): string {
  return `${by} from “${folder}” on ${host} on ${moment(at)}`;
}
