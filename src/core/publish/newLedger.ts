import type { Context } from '../context';
import type { Op } from '../op';
import { tellManifest } from '../release/keptManifest';
import type { Ledger, Release } from '../release/ledger';
import { assetJson, countChanges, EMPTY, releaseId, type Manifest, type Page } from '../release/manifest';
import type { By } from '../release/turn';
import { importedRelease, staysThere } from './firstRelease';
import type { Asking, SiteState } from './siteState';
import { pathsAfter } from './edge/freePaths';
import type { PageSum } from './local/sums';
import type { Outcome, Wanted } from './wanted';

/** So many more than are to be kept may pile up before they are dropped together. */
const SLACK = 5;
/** So many pages at most make a small publication. */
const SMALL_FILES = 100;

/** What a release consists of, as far as it is stored by now. */
export function manifestOf({ assets, pages }: Wanted, { deployed, stored }: Outcome): Manifest {
  const page = ([path, { sha256, sizeBytes }]: [string, PageSum]): [string, Page] => [
    path,
    { sha256, sizeBytes, bundle: pages.kept.get(path) ?? deployed?.key ?? '' },
  ];
  return { assets: new Map([...assets.stored, ...stored]), pages: new Map(Array.from(pages.all, page)) };
}

/** The ledger once a release is the current one; the one before it is kept. */
export async function ledgerAfter(
  context: Context,
  state: SiteState,
  wanted: Wanted,
  outcome: Outcome,
  { cache, origin }: Asking,
  by: By,
  op: Op,
): Promise<Ledger> {
  const { live, read, target } = state;
  const { current, former, uploaded } = read.ledger;
  const { domain, id: distributionId } = target.distribution;
  const manifest = manifestOf(wanted, outcome);
  const id = releaseId(manifest, domain);
  const isSame = live !== undefined && current?.id === id;
  const told = { by: by.by, at: momentAfter(current, by.at) };
  const first = await importedRelease(context, state, outcome, { cache, origin }, told, op);
  const release: Release = isSame
    ? current
    : {
        ...{ id, ...origin, by: by.by, at: momentAfter(first ?? current, by.at) },
        ...parentOf(current ?? first),
        ...(wanted.restores === undefined ? {} : { restores: wanted.restores }),
        ...(wanted.imported === undefined ? {} : { imported: wanted.imported }),
        counts: countChanges(replacedBy(state, wanted), manifest),
        ...(await tellManifest(context, manifest, live && current, cache, op)),
      };
  // One that is brought back, or published once more, takes no room twice.
  // Of what was published with each save only the last is kept, or those that somebody published would soon all be dropped.
  const isPassing = current?.onSave === true && origin.onSave === true && current.place === origin.place;
  const left = isSame || !current || isPassing ? former : [current, ...former];
  const isAgain = ({ id: keptId, imported }: Release) =>
    imported === undefined ? keptId === id : imported === release.imported;
  const earlier = [...(first ? [first] : []), ...(isSame ? left : left.filter((kept) => !isAgain(kept)))];
  const { keptReleases } = context.site.publish;
  const isFull = earlier.length > keptReleases + SLACK;
  const isDayOver = isPassing && current.at.slice(0, 10) !== release.at.slice(0, 10);
  return {
    ...{ format: 1, revision: '', current: release },
    target: {
      ...{ instanceId: target.instanceId, volumeId: target.volumeId, distributionId, domain },
      release: outcome.deployed ? id : (state.expected ?? ''),
      settings: wanted.pages.settings.id,
      seconds: usualSeconds(outcome) ?? read.ledger.target?.seconds,
    },
    // What was there before the site nobody can publish again.
    former: isFull ? earlier.filter(({ imported }, index) => index < keptReleases || imported !== undefined) : earlier,
    ...(isFull || isDayOver ? { toSweep: true } : {}),
    uploaded: uploadedNow(uploaded, manifest),
    forgotten: pathsAfter(read.ledger, outcome.forgotten, by.at),
  };
}

/** What a release is compared with: pages that stay on the server are not removed. */
function replacedBy(state: SiteState, wanted: Wanted): Manifest {
  const live = state.live ?? EMPTY;
  if (!staysThere(state, wanted)) return live;
  return { ...live, pages: new Map(Array.from(live.pages).filter(([path]) => wanted.pages.all.has(path))) };
}

function parentOf(before: Release | undefined): Pick<Release, 'parent'> {
  return before ? { parent: before.id } : {};
}

/** How long a command took that had little to do; what many files or removals take tells nothing of the next one. */
function usualSeconds({ deployed }: Outcome): number | undefined {
  const isSmall = deployed !== undefined && deployed.bundle.sent.size <= SMALL_FILES && deployed.deleted === 0;
  return isSmall ? deployed.seconds : undefined;
}

/** When a release was published, by which it is told from the others: after the one that it replaces, also where a clock was put back. */
function momentAfter(current: Release | undefined, at: string): string {
  const earliestMs = current ? Date.parse(current.at) + 1 : 0;
  return Date.parse(at) < earliestMs ? new Date(earliestMs).toISOString() : at;
}

/** What *Upload to CDN* put there, as it is now that a release may have put others in their place. */
function uploadedNow(uploaded: Ledger['uploaded'], { assets }: Manifest): Ledger['uploaded'] {
  return uploaded.map((told) => {
    const [path] = told;
    const asset = assets.get(path);
    return asset ? assetJson(path, asset) : told;
  });
}
