import { createHash } from 'node:crypto';
import { pause } from '../aws/wait';
import type { Context } from '../context';
import { PUBLIC_PREFIX } from '../names';
import type { Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import { isHashed } from '../release/hashedName';
import { releaseId, type Asset, type Manifest } from '../release/manifest';
import { inTurn } from '../release/turn';
import { waitUntilDeployed } from '../resources/distribution/distribution';
import { count, formerOf, uploadStep } from './assets/assetSteps';
import { isAsset } from './local/assetTypes';
import type { Copy } from './assets/copyAssets';
import { deployPages, GRACE_SECONDS, stageBundle } from './pages/deployPages';
import { importSteps, mayListImported, staysThere } from './firstRelease';
import { deleteKeys, keepFormer } from './assets/former';
import { freePathsNote } from './edge/freePaths';
import { forgottenBy, invalidationSteps } from './edge/forgetting';
import { isForgotten } from './edge/invalidationItems';
import { ledgerAfter, manifestOf } from './newLedger';
import { hasSettings } from './pages/siteSettings';
import { samplesOf, type Sample } from './edge/sample';
import type { Asking, SiteState } from './siteState';
import { sweep } from './sweep';
import type { Outcome, Wanted, WantedPages } from './wanted';

/** Title of the step that keeps others from publishing. */
export const ALONE = 'make sure that nobody else publishes meanwhile';
/** More removals than this, and more than a tenth of what is published, are asked about. */
const FEW_REMOVALS = 10;

/** A plan that makes a release the current one. */
export interface ReleasePlan {
  /** Empty when it is the current one already. */
  readonly plan: Plan;
  /** Filled as the plan runs. */
  readonly outcome: Outcome;
  /** Paths of what is published now and will not be. */
  readonly removed: readonly string[];
  /** Files by which it is seen from outside, once the plan has run, whether readers get what was published. */
  samples(): readonly Sample[];
}

/**
 * Plans to make a release the current one: assets before pages, removals after them, then the invalidation of all paths that the edges may hold old bytes of,
 * and in the end the ledger; nobody else publishes meanwhile.
 */
export function planRelease(
  context: Context,
  state: SiteState,
  wanted: Wanted,
  asking: Asking & { readonly copy: Copy },
): ReleasePlan {
  const { ledger } = state.read;
  const lost = changedByOthers(state);
  const outcome: Outcome = {
    release: ledger.current?.id ?? '',
    deployed: undefined,
    staged: undefined,
    stored: new Map(),
    isBucketChanged: false,
    forgotten: 0,
    lost,
  };
  const removed = removedBy(state, wanted, lost);
  const isWhole = context.site.distribution.serves === 'site';
  const changes = wanted.assets.changes.filter(({ isLasting }) => !isLasting).map(({ path }) => path);
  // Redirects and headers are the edges' as well.
  const all = isWhole && !hasSettings(state, wanted.pages.settings) ? ['/*'] : [];
  const forgets = forgottenBy(state, [...changes, ...removed.assets], isWhole, all);
  // Edges that serve pages serve former ones until they have forgotten them, and those need what is removed.
  const first = isWhole && removed.assets.length > 0 ? forgottenBy(state, changes, isWhole) : [];
  const last = first.length > 0 ? forgottenBy(state, removed.assets, isWhole, all) : forgets;
  const counted = (asked: number) => void (outcome.forgotten += asked);
  const note = freePathsNote(ledger, first.length + last.length, new Date().toISOString());
  const work = [
    importSteps(context, state, outcome),
    keepSteps(context, state, wanted, removed.assets, asking.copy, outcome),
    uploadSteps(context, wanted, outcome),
    pageSteps(context, state, wanted, removed, outcome),
    invalidationSteps(context, state, first, isWhole, counted),
    removalSteps(context, removed.assets, first.length > 0, outcome),
    invalidationSteps(context, state, last, isWhole, counted, note),
  ].flat();
  const gone = removed.assets.filter((path) => !wanted.pages.all.has(path));
  const paths = [...new Set([...gone, ...removed.pages])].sort();
  const samples = () => samplesOf(context.site, state, wanted, outcome);
  if (work.length === 0 && isNoted(state)) return { plan: [], outcome, removed: paths, samples };
  // What nobody needs any more is no reason of its own to publish.
  const plan = sequence(sweepSteps(context, state, asking, outcome), work);
  const turns = {
    begin: isMany(paths, state) ? removingMany(wanted.begin, paths) : wanted.begin,
    forgets,
    stays: wanted.imported !== undefined || mayListImported(state),
    end: { key: 'release', title: 'make it the current release' },
    endsWith: async (by: { by: string; at: string }, op: Op) => {
      const after = await ledgerAfter(context, state, wanted, outcome, asking, by, op);
      outcome.release = after.current?.id ?? '';
      return after;
    },
  };
  return { plan: inTurn(context, asking.origin, state.read, turns, plan), outcome, removed: paths, samples };
}

/** Assets that were published, and that other hands were seen to have changed since; what a publication left that was cut short is our own. */
function changedByOthers({ read, target, told }: SiteState): string[] {
  const objects = target.found?.objects;
  if (!objects) return [];
  const ours = read.ledger.publishing?.forgets ?? [];
  const isOther = ([path, { etag }]: [string, Asset]) => (objects.get(path)?.etag ?? etag) !== etag;
  return Array.from(told)
    .filter(isOther)
    .map(([path]) => path)
    .filter((path) => !isForgotten(path, ours));
}

/** What the current release published and this one does not; hashed names stay as long as a kept release has them, what *Upload to CDN* put there too, and what others did. */
function removedBy(state: SiteState, wanted: Wanted, others: readonly string[]) {
  const { live, read } = state;
  const { assets, pages } = wanted;
  const staying = new Set([
    ...others,
    ...assets.changes.map(({ path }) => path),
    ...read.ledger.uploaded.map(([path]) => path),
  ]);
  return {
    assets: ownNames(live).filter((path) => !staying.has(path) && !assets.stored.has(path)),
    pages: staysThere(state, wanted) ? [] : Array.from(live?.pages.keys() ?? []).filter((path) => !pages.all.has(path)),
  };
}

/** The paths of a release's assets without their hashed names. */
function ownNames(live: Manifest | undefined): string[] {
  return Array.from(live?.assets ?? []).flatMap(([path, asset]) => (isHashed(path, asset) ? [] : [path]));
}

/** True when the ledger tells all as it is, so that nothing need be written there. */
function isNoted({ live, read, target }: SiteState): boolean {
  const { publishing, target: placed } = read.ledger;
  const isPlaced = placed?.instanceId === target.instanceId && placed.volumeId === target.volumeId;
  return isPlaced && placed.domain === target.distribution.domain && !publishing && live !== undefined;
}

/** The first step of a plan that removes many files: as it comes before all that removes any, it is the one to be asked about. */
function removingMany({ key, title }: Wanted['begin'], paths: readonly string[]) {
  const many = `${paths.length} published files go at the end; first ${title}`;
  return { key, title: many, loses: 'files' as const, items: paths };
}

function isMany(removed: readonly string[], { live }: SiteState): boolean {
  const published = new Set([...(live?.pages.keys() ?? []), ...ownNames(live)]);
  return removed.length > FEW_REMOVALS && removed.length > published.size / 10;
}

function sweepSteps(context: Context, { read: { ledger } }: SiteState, { cache }: Asking, outcome: Outcome): Plan {
  if (!ledger.toSweep) return [];
  const run = async (op: Op) => {
    outcome.isBucketChanged = true;
    await sweep(context, ledger, cache, op);
  };
  return [[step('sweep', 'remove what no kept release needs any more', run)]];
}

function keepSteps(
  context: Context,
  { target, told }: SiteState,
  { assets }: Wanted,
  removed: readonly string[],
  copy: Copy,
  outcome: Outcome,
): Plan {
  // The bytes of pages lie in the bundles.
  const paths = [...assets.changes.map(({ path }) => path), ...removed].filter(isAsset);
  const former = formerOf(paths, told, target.found?.objects);
  if (former.length === 0) return [];
  const title = `keep the former bytes of ${count(former.length, 'asset')}, so that they can be brought back`;
  const key = `keep ${digest(former.map(({ path }) => path))}`;
  return [[step(key, title, async (op) => void outcome.lost.push(...(await keepFormer(context, former, copy, op))))]];
}

function uploadSteps(context: Context, { assets, pages }: Wanted, outcome: Outcome): Plan {
  const key = `upload ${digest(assets.changes.map(({ title }) => title))}`;
  const upload = uploadStep(assets, key, async (op) => {
    outcome.isBucketChanged = true;
    // The pages' bundle waits for nobody, and each wait for S3 counts.
    const storing = assets.store(op).then((stored) => void (outcome.stored = stored));
    const staging = pages.title === undefined ? undefined : stage(context, pages, outcome, op);
    const failed = (await Promise.allSettled([storing, staging])).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  });
  return upload ? [[upload]] : [];
}

/** Puts what the server will most likely be sent into the bucket. */
async function stage(context: Context, { delta, whole }: WantedPages, outcome: Outcome, op: Op): Promise<void> {
  const bundle = delta ?? (await whole(op));
  await stageBundle(context, bundle, op);
  outcome.staged = bundle.sha256;
}

function pageSteps(
  context: Context,
  state: SiteState,
  wanted: Wanted,
  removed: ReturnType<typeof removedBy>,
  outcome: Outcome,
): Plan {
  const { all, delta, settings, sizeBytes, title, whole } = wanted.pages;
  if (title === undefined) return [];
  const { base, expected, read, target } = state;
  const { deployed, domain } = target.distribution;
  const usualSeconds = read.ledger.target?.seconds;
  const waiting = step('deployed', 'wait until the distribution is deployed', async (op) => {
    await waitUntilDeployed(context, op);
  });
  const key = `pages ${digest([settings.id, ...Array.from(all, ([path, { sha256 }]) => path + sha256)])}`;
  const pages = step(key, title, async (op) => {
    const release = releaseId(manifestOf(wanted, outcome), domain);
    const { staged } = outcome;
    const goes = { pages: removed.pages.length > 0, assets: removed.assets.length > 0 };
    const stays = staysThere(state, wanted);
    const how = { base, delta, goes, staged, stays, usualSeconds, whole };
    const deployment = { release, pages: all, settings, expected, ...how };
    outcome.deployed = await deployPages(context, target, deployment, op);
  });
  return [...(deployed ? [] : [[waiting]]), [{ ...pages, sizeBytes, untouched: 'no page was changed on the server' }]];
}

function removalSteps(context: Context, removed: readonly string[], isAwaited: boolean, outcome: Outcome): Plan {
  if (removed.length === 0) return [];
  const title = `remove ${count(removed.length, 'asset')} from the bucket`;
  const one = step(`remove ${digest(removed)}`, title, async (op) => {
    // Who got a former page just before the edges forgot it asks for what that needs.
    if (isAwaited) await pause(GRACE_SECONDS, op);
    // What somebody else put there is not ours to remove.
    const lost = new Set(outcome.lost);
    const keys = removed.filter((path) => !lost.has(path)).map((path) => PUBLIC_PREFIX + path);
    outcome.isBucketChanged = true;
    await deleteKeys(context, keys, op);
  });
  return [[{ ...one, items: removed.map((path) => `remove ${path}`), untouched: 'no asset was removed' }]];
}

function step(key: string, title: string, run: (op: Op) => Promise<void>): Step {
  return { key, title, run };
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);
}
