import type { Context } from '../context';
import type { Op } from '../op';
import type { Plan } from '../plan';
import { tellManifest } from '../release/keptManifest';
import type { Ledger, Release } from '../release/ledger';
import { countChanges, EMPTY, releaseId } from '../release/manifest';
import { keepServed } from '../resources/adopt/survey';
import { importPages } from './pages/importPages';
import type { Asking, SiteState } from './siteState';
import type { Outcome, Wanted } from './wanted';

/**
 * The step that makes what an adopted server served, or an adopted volume has, a release, before a publication replaces any of it: it comes before the first
 * one there, and again as long as the ledger does not tell of it. What a volume has that was adopted alone is kept by then only.
 */
export function importSteps(context: Context, { isUnkept, read, target }: SiteState, outcome: Outcome): Plan {
  const mark = isUnkept ? `what is on ${target.volumeId}` : target.found?.inspection.before;
  if (mark === undefined || keptReleases(read.ledger).some(({ imported }) => imported === mark)) return [];
  const run = async (op: Op) => {
    if (isUnkept) await keepServed(context, target.instanceId, op);
    outcome.imported = await importPages(context, target.instanceId, op);
  };
  const title = 'keep what the server served before as a release of its own, which can be brought back';
  return [[{ key: `import ${mark}`, title, run }]];
}

/** The release of what the server served, as the ledger tells it; undefined when there is none to be told of. */
export async function importedRelease(
  context: Context,
  { target }: SiteState,
  { imported }: Pick<Outcome, 'imported'>,
  { cache, origin }: Asking,
  told: Pick<Release, 'by' | 'at'>,
  op: Op,
): Promise<Release | undefined> {
  if (!imported) return undefined;
  const { host, folder, place } = origin;
  const manifest = { pages: imported.pages, assets: EMPTY.assets };
  return {
    ...{ id: releaseId(manifest, target.distribution.domain), host, folder, place, ...told },
    imported: imported.mark,
    counts: countChanges(EMPTY, manifest),
    ...(await tellManifest(context, manifest, undefined, cache, op)),
  };
}

/**
 * True when the server may list pages that were there before the site, as that was brought back: whoever publishes next lists what the folder has, and
 * leaves the others where they are.
 */
export function mayListImported({ expected, read, target }: Pick<SiteState, 'expected' | 'read' | 'target'>): boolean {
  const { current, publishing } = read.ledger;
  // A folder may have published the very same.
  const isOnServer = ({ id, imported }: Release) => imported !== undefined && id === expected && id !== current?.id;
  // Nothing tells whether it was brought back, as in a bucket that was made anew.
  const isUntold = read.isUnreadable || (expected !== undefined && !current && !publishing);
  if (isUntold && target.found?.inspection.before !== undefined) return true;
  return current?.imported !== undefined || publishing?.stays === true || keptReleases(read.ledger).some(isOnServer);
}

/** True when pages that a release lacks stay on the server all the same. */
export function staysThere(
  state: Pick<SiteState, 'expected' | 'isUnkept' | 'read' | 'target'>,
  { imported }: Pick<Wanted, 'imported'>,
): boolean {
  return imported === undefined && (state.isUnkept || mayListImported(state));
}

function keptReleases({ current, former }: Ledger): readonly Release[] {
  return current ? [current, ...former] : former;
}
