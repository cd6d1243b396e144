import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../context';
import type { Op } from '../op';
import { readManifest } from '../release/keptManifest';
import { ledgerHint, readLedgerIfAny, type Ledger, type LedgerRead, type Origin } from '../release/ledger';
import type { LocalCache } from '../release/localCache';
import {
  applied,
  EMPTY,
  fromJson,
  isServedAlike,
  listSum,
  type Asset,
  type Manifest,
  type Page,
} from '../release/manifest';
import { requireFree } from '../release/signsOfLife';
import { describeTarget, glanceAtTarget, type Target } from './target';

/** What a publication starts from. */
export interface SiteState {
  readonly read: LedgerRead;
  /** What the current release consists of; undefined when there is none, or nothing tells. */
  readonly live: Manifest | undefined;
  readonly target: Target;
  /** What the ledger tells of the bucket's assets, those of *Upload to CDN* as well. */
  readonly told: ReadonlyMap<string, Asset>;
  /** The pages that are on the server; undefined when it is not known which. */
  readonly base: ReadonlyMap<string, Page> | undefined;
  /** The release that is on the server; undefined for none. */
  readonly expected: string | undefined;
  /** What the volume has was there before the site, or is another site's, and is yet to be kept: its notes are none of this site's. */
  readonly isUnkept: boolean;
}

/** Who asks, and what this computer remembers. */
export interface Asking {
  readonly origin: Origin;
  readonly cache: LocalCache;
  /** The target as it was read a moment ago. */
  readonly target?: Target | undefined;
  /** Nothing is taken to be as the ledger tells it. */
  readonly isWhole?: boolean;
}

/**
 * Reads what a publication starts from: one small request and two calls when the site is as the last publication left it, else all that is there. Throws
 * `UserError` when the site is not ready, or while somebody else publishes.
 */
export async function readState(context: Context, asking: Asking, op: Op): Promise<SiteState> {
  const { cache, origin } = asking;
  const hint = await ledgerHint(context, cache);
  const [glance, read] = await Promise.all([
    hint && !asking.target ? glanceAtTarget(context, hint, op) : undefined,
    readLedgerIfAny(context, cache, op),
  ]);
  requireFree(context, origin, read);
  const { current, target: placed, publishing } = read.ledger;
  const live = current && (await readManifest(context, current, cache, op));
  const isSettled = live !== undefined && placed !== undefined && publishing === undefined && !asking.isWhole;
  const { revision } = read.ledger;
  // What was read before holds as long as the ledger is the same one: whoever publishes or uploads makes it another.
  let target = asking.target?.revision === revision ? asking.target : undefined;
  if (target === undefined && isSettled) {
    const isHinted = glance !== undefined && isDeepStrictEqual(placeOf(hint?.target), placeOf(placed));
    target = isHinted ? { ...glance, revision } : await glanceAtTarget(context, read.ledger, op);
  }
  target ??= await describeTarget(context, read.ledger, op);
  const told = toldAssets(live, read.ledger);
  const isUnkept = lacksKeeping(context, target, placed?.volumeId);
  const placedNow = isUnkept ? NOTHING_PLACED : placedPages(target, asking.isWhole ? undefined : live, placed?.release);
  return { read, live, target, told, isUnkept, ...placedNow };
}

/** Where a release was put; which one, and how, is another matter. */
function placeOf(target: Ledger['target']) {
  if (!target) return undefined;
  const { distributionId, domain, instanceId, volumeId } = target;
  return { distributionId, domain, instanceId, volumeId };
}

/** True when an asset is stored as it is wanted. */
export function isStored(state: Pick<SiteState, 'told' | 'target'>, wanted: WantedAsset): boolean {
  return storedAs(state, wanted) !== undefined;
}

/** Parts wanted assets: those that are stored, as they are stored, by path, and the others. */
export function partStored<One extends WantedAsset>(
  state: Pick<SiteState, 'told' | 'target'>,
  wanted: Iterable<One>,
): { readonly stored: Map<string, Asset>; readonly lacking: One[] } {
  const stored = new Map<string, Asset>();
  const lacking: One[] = [];
  for (const one of wanted) {
    const now = storedAs(state, one);
    if (now) stored.set(one.path, now);
    else lacking.push(one);
  }
  return { stored, lacking };
}

/** An asset as it is wanted under a path. */
export interface WantedAsset {
  readonly path: string;
  readonly asset: Omit<Asset, 'etag'>;
}

/** An asset as it is stored; undefined when it is not, or not as it is wanted. */
function storedAs({ told, target }: Pick<SiteState, 'told' | 'target'>, { path, asset }: WantedAsset) {
  const objects = target.found?.objects;
  const now = told.get(path);
  const isThere = now !== undefined && (!objects || objects.get(path)?.etag === now.etag);
  return isThere && isServedAlike(now, asset) ? now : undefined;
}

/** What a ledger tells of the bucket's assets, `live` being what its current release consists of. */
export function toldAssets(live: Manifest | undefined, { uploaded }: Ledger): ReadonlyMap<string, Asset> {
  return applied(live ?? EMPTY, fromJson({ pages: [], assets: uploaded })).assets;
}

const NOTHING_PLACED = { base: undefined, expected: undefined };

/** `placedVolumeId` is where this site published last; a server of an earlier version does not tell whom it keeps for. */
function lacksKeeping({ site }: Context, { found, volumeId }: Target, placedVolumeId: string | undefined): boolean {
  if (!found?.hasAdoptedVolume) return false;
  const { keptFor } = found.inspection;
  return keptFor === undefined ? volumeId !== placedVolumeId : keptFor !== site.id;
}

function placedPages({ found }: Target, live: Manifest | undefined, release: string | undefined) {
  if (!found) return { base: live?.pages, expected: release };
  const { list, placing, release: expected } = found.inspection;
  const isLive = live !== undefined && placing === undefined && list === listSum(live.pages);
  return { base: isLive ? live.pages : undefined, expected };
}
