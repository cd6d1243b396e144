import type { Context } from '../../context';
import { assetUrl, encodePath } from '../../html/assetUrl';
import { siteUrl } from '../../names';
import { restrictionText } from '../../resources/distribution/geoRestriction';
import { isAsset } from '../local/assetTypes';
import { REDIRECTS_FILE } from '../pages/redirects';
import type { SiteState } from '../siteState';
import type { Outcome, Wanted } from '../wanted';

/** A file that is published, by which it is seen from outside whether readers get it. */
export interface Sample {
  readonly kind: 'page' | 'asset';
  /** Below the root. */
  readonly path: string;
  readonly url: string;
  /** Of the published bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Of the object in the bucket, without quotes. */
  readonly etag?: string;
  /** Of the bytes that readers got before, if they got any. */
  readonly formerSha256?: string | undefined;
  /** The geo restriction that it is behind, in words. */
  readonly restriction?: string;
}

/** Larger files are not fetched to be compared. */
export const LARGEST_SAMPLE_BYTES = 10 * 1024 * 1024;

/** One page and one asset, once the plan of a publication has run: of those that were sent, or else others. None where nothing was sent. */
export function samplesOf(site: Context['site'], state: SiteState, wanted: Wanted, outcome: Outcome): Sample[] {
  if (outcome.deployed === undefined && outcome.stored.size === 0) return [];
  const { geoRestriction } = state.target.distribution;
  const behind = geoRestriction === 'none' ? {} : { restriction: restrictionText(geoRestriction) };
  const samples = [...pageSample(site, state, wanted), ...assetSample(state, wanted, outcome)];
  return samples.map((sample) => ({ ...sample, ...(sample.url.startsWith('https:') ? behind : {}) }));
}

function pageSample(site: Context['site'], { live, target }: SiteState, { pages }: Wanted): Sample[] {
  const { distribution, host } = target;
  if (host === undefined) return [];
  // Readers are not shown what tells of redirects, nor what one comes before.
  const isShown = (path: string) => path !== REDIRECTS_FILE && !pages.settings.hides(path);
  const all = Array.from(pages.all).filter(
    ([path, { sizeBytes }]) => sizeBytes <= LARGEST_SAMPLE_BYTES && isShown(path),
  );
  const changed = all.filter(([path, { sha256 }]) => live?.pages.get(path)?.sha256 !== sha256);
  const rank = (path: string) => (path === 'index.html' ? 0 : /\.html?$/i.test(path) ? 1 : 2);
  const best = first(
    changed.length > 0 ? changed : all,
    ([one], [other]) => rank(one) - rank(other) || one.length - other.length,
  );
  if (!best) return [];
  const [path, { sha256, sizeBytes }] = best;
  const url = siteUrl(site, { ...distribution, host }) + encodePath(path);
  return [{ kind: 'page', path, url, sha256, sizeBytes, formerSha256: live?.pages.get(path)?.sha256 }];
}

/** An image rather than another asset, a new one rather than one whose former bytes the edges still hold for a while, and a small one. */
function assetSample({ target, told }: SiteState, { assets }: Wanted, { stored }: Outcome): Sample[] {
  const rank = (path: string, contentType: string) =>
    (contentType.startsWith('image/') ? 0 : 2) + (told.has(path) ? 1 : 0);
  const isOne = ([path]: readonly [string, unknown]) => isAsset(path);
  const sent = Array.from(stored).filter(isOne);
  const best = first(
    sent.length > 0 ? sent : Array.from(assets.stored).filter(isOne),
    ([one, { contentType, sizeBytes }], [other, asset]) =>
      rank(one, contentType) - rank(other, asset.contentType) || sizeBytes - asset.sizeBytes,
  );
  if (!best) return [];
  const [path, { etag, sha256, sizeBytes }] = best;
  const url = assetUrl(target.distribution.domain, path);
  return [{ kind: 'asset', path, url, sha256, sizeBytes, etag, formerSha256: told.get(path)?.sha256 }];
}

function first<Item>(items: readonly Item[], compare: (one: Item, other: Item) => number): Item | undefined {
  const [start, ...rest] = items;
  return rest.reduce((best, item) => (best !== undefined && compare(item, best) >= 0 ? best : item), start);
}
