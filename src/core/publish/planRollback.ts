import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context';
import { PUBLIC_PREFIX } from '../names';
import { UserError, type Op } from '../op';
import { readManifest } from '../release/keptManifest';
import type { Release } from '../release/ledger';
import { listSum, releaseId, type Manifest } from '../release/manifest';
import { isHashed } from '../release/hashedName';
import { moment } from '../release/moment';
import { goneFrom, writePublished, type Base, type Bundle } from './pages/bundle';
import type { Copy } from './assets/copyAssets';
import { BUNDLES } from './pages/deployPages';
import { bringBack, FILES, type FormerAsset } from './assets/former';
import { keptPages } from './pages/keptPages';
import { listObjects } from '../resources/bucket/listing';
import { planRelease, type ReleasePlan } from './releasePlan';
import { hasSettings, keptSettings } from './pages/siteSettings';
import { isStored, partStored, readState, type Asking, type SiteState } from './siteState';
import { SETTINGS_TITLE } from './summary';
import { copiesOf, withCopies } from './pages/copies';
import { isAsset } from './local/assetTypes';
import type { Send } from './assets/wantedAssets';
import type { Target } from './target';
import type { WantedAssets, WantedPages } from './wanted';

/** What a rollback is made from. */
export interface RollbackNeeds extends Asking {
  /** Folder for bundles; the caller removes it. */
  readonly workFolder: string;
  readonly copy: Copy;
  readonly send: Send;
  readonly contentTypes: ContentTypes;
}

/** Gives the media types of files, by their paths. */
export type ContentTypes = (paths: readonly string[], op: Op) => Promise<ReadonlyMap<string, string>>;

/** What bringing back a release would do. */
export interface Rollback extends ReleasePlan {
  readonly release: Release;
  readonly target: Target;
}

/** Plans to make an earlier release the current one. Throws `UserError` when it is not kept, or not whole any more. */
export async function planRollback(
  context: Context,
  /** When the release was published, as the ledger tells it. */
  at: string,
  needs: RollbackNeeds,
  op: Op,
): Promise<Rollback> {
  op.report('Looking at what is published');
  const before = await readState(context, needs, op);
  const { ledger } = before.read;
  const kept = [...(ledger.current ? [ledger.current] : []), ...ledger.former];
  // One that was brought back since is told by that.
  const release = kept.find((one) => one.at === at) ?? kept.find(({ restores }) => restores === at);
  if (!release) {
    throw new UserError(`No release of ${moment(at)} is kept. Choose one of those that are listed.`);
  }
  const manifest = await readManifest(context, release, needs.cache, op);
  if (!manifest) throw notWhole(release, ['its list of files']);
  // What a server served before the site names no distribution.
  const { imported } = release;
  if (imported === undefined && releaseId(manifest, before.target.distribution.domain) !== release.id) {
    throw new UserError(
      `The release of ${moment(release.at)} was made for another distribution, whose address its pages name, so their images would not load. Nothing was changed. Choose a newer release, or publish again.`,
    );
  }
  const state = await withHashedObjects(context, before, manifest, op);
  // Copies of pages are made of the pages, whatever the distribution served then.
  const assets = new Map(Array.from(manifest.assets).filter(([path]) => isAsset(path)));
  await requireKept(context, release, { ...manifest, assets }, state, op);
  const pages = await formerPages(context, manifest, state, needs.workFolder, op);
  const wanted = {
    assets: await formerAssets(context, { ...manifest, assets }, state, needs, pages.settings, imported, op),
    pages,
    begin: { key: `turn ${ledger.revision} back to ${release.at}`, title: `bring back ${described(release)}` },
    restores: release.restores ?? release.at,
    ...(imported === undefined ? {} : { imported }),
  };
  return { ...planRelease(context, state, wanted, needs), release, target: state.target };
}

/** A release in words, e.g. `the release of 2026-11-24 00:14 UTC by arn:…`. */
function described({ at, by, commit, imported }: Release): string {
  if (imported !== undefined) return `what the server served before the site, as it was kept on ${moment(at)}`;
  return `the release of ${moment(at)} by ${by}${commit === undefined ? '' : ` (commit ${commit.slice(0, 10)})`}`;
}

/** With those hashed names of a release that are in the bucket as it left them, though the current one has no use for them. */
async function withHashedObjects(context: Context, state: SiteState, { assets }: Manifest, op: Op): Promise<SiteState> {
  const former = Array.from(assets).filter(([path, asset]) => isHashed(path, asset) && !state.told.has(path));
  if (former.length === 0) return state;
  const listed = await listObjects(context, PUBLIC_PREFIX, op);
  const etags = new Map(listed.map(({ key, etag }) => [key.slice(PUBLIC_PREFIX.length), etag]));
  return { ...state, told: new Map([...state.told, ...former.filter(([path, { etag }]) => etags.get(path) === etag)]) };
}

async function formerAssets(
  context: Context,
  manifest: Manifest,
  state: SiteState,
  { contentTypes, copy, send, workFolder }: RollbackNeeds,
  { hides }: WantedPages['settings'],
  imported: string | undefined,
  op: Op,
): Promise<WantedAssets> {
  const all = Array.from(manifest.assets, ([path, asset]): FormerAsset => ({ path, asset }));
  const { lacking: back, stored } = partStored(state, all);
  const former = {
    stored,
    changes: back.map(({ path, asset: { sizeBytes } }) => ({ path, sizeBytes, title: `bring back ${path}` })),
    title: `bring back ${back.length} assets`,
    store: (stepOp: Op) => bringBack(context, back, copy, stepOp),
  };
  // Of what was there before the site something may be for some readers only, as its server knows, and the bucket does not.
  if (context.site.distribution.serves === 'images' || imported !== undefined) return former;
  const types = await contentTypes([...manifest.pages.keys()], op);
  const published = async function* (paths: ReadonlySet<string>, stepOp: Op) {
    const pages = new Map(Array.from(manifest.pages).filter(([path]) => paths.has(path)));
    yield* keptPages(context, pages, await mkdtemp(join(workFolder, 'kept-')), stepOp);
  };
  const { caching } = context.site.publish;
  const copies = copiesOf(manifest.pages, { caching, hides, typeOf: (path) => types.get(path) });
  return withCopies(context, former, copies, state, { folder: workFolder, published, send });
}

async function formerPages(
  context: Context,
  manifest: Manifest,
  state: SiteState,
  workFolder: string,
  op: Op,
): Promise<WantedPages> {
  const { pages } = manifest;
  const { base, live } = state;
  const settings = await keptSettings(context, state, manifest, workFolder, op);
  const folder = await mkdtemp(join(workFolder, 'back-'));
  const write = async (on: Base | undefined, name: string, writeOp: Op): Promise<Bundle> => {
    const sent = new Map(Array.from(pages).filter(([path, { sha256 }]) => on?.get(path)?.sha256 !== sha256));
    const gone = on ? goneFrom(on, pages) : [];
    return writePublished(keptPages(context, sent, folder, writeOp), gone, join(workFolder, name), writeOp);
  };
  const isThere = base !== undefined && listSum(base) === listSum(pages);
  const bundle = isThere && hasSettings(state, settings) ? undefined : await write(base, 'back.tar.gz', op);
  const count = Array.from(pages).filter(([path, { sha256 }]) => live?.pages.get(path)?.sha256 !== sha256).length;
  return {
    all: pages,
    kept: new Map(Array.from(pages, ([path, page]) => [path, page.bundle])),
    title:
      bundle && (isThere ? SETTINGS_TITLE : `bring back ${count === 1 ? '1 page' : `${count} pages`} on the server`),
    sizeBytes: bundle?.sizeBytes ?? 0,
    settings,
    delta: base && bundle,
    whole: async (stepOp) => (bundle && !base ? bundle : write(undefined, 'whole.tar.gz', stepOp)),
  };
}

/** Throws `UserError` naming what of a release is not in the bucket any more. */
async function requireKept(
  context: Context,
  release: Release,
  { assets, pages }: Manifest,
  state: SiteState,
  op: Op,
): Promise<void> {
  const listed = await Promise.all([FILES, BUNDLES].map((folder) => listObjects(context, folder, op)));
  const keys = new Set(listed.flat().map(({ key }) => key));
  const lost = [
    ...Array.from(assets).flatMap(([path, asset]) =>
      isStored(state, { path, asset }) || keys.has(FILES + asset.sha256) ? [] : [path],
    ),
    ...Array.from(pages).flatMap(([path, { sha256, bundle }]) =>
      state.base?.get(path)?.sha256 === sha256 || keys.has(bundle) ? [] : [path],
    ),
  ];
  if (lost.length > 0) throw notWhole(release, lost);
}

function notWhole(release: Release, lost: readonly string[]): UserError {
  const shown = lost.slice(0, 5).map((path) => `“${path}”`);
  const more = lost.length > shown.length ? ` and ${lost.length - shown.length} more` : '';
  return new UserError(
    `The release of ${moment(release.at)} cannot be brought back whole: ${shown.join(', ')}${more} is not in the bucket any more. Nothing was changed. Choose another release.`,
  );
}
