import pLimit from 'p-limit';
import { describeObject } from '../../aws/store';
import type { Context } from '../../context';
import { PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import { verifyPages } from '../../remote/verify';
import { readManifest } from '../../release/keptManifest';
import { readLedgerIfAny } from '../../release/ledger';
import type { LocalCache } from '../../release/localCache';
import { listSum, type Asset } from '../../release/manifest';
import { requireQuiet } from '../../release/signsOfLife';
import { someOf } from '../../someOf';
import { count } from '../assets/assetSteps';
import { ownHashedKeys } from '../assets/hashedNames';
import { toldAssets } from '../siteState';
import { describeTarget } from '../target';

/** Paths that are not as a release left them, and how many there are. */
export interface Difference {
  readonly count: number;
  readonly paths: readonly string[];
}

/** How a site differs from its current release. */
export interface Verification {
  /** Id of that release. */
  readonly release: string;
  /** True when the server has that release, and nobody changed anything that was published. */
  readonly isWhole: boolean;
  /** The server has the pages of another release, or of none. */
  readonly isOtherRelease: boolean;
  /** The last publication was cut short, so that what differs may be its own. */
  readonly isCutShort: boolean;
  /** Files that were published and have other bytes, in the document root and in the bucket. */
  readonly changed: Difference;
  readonly missing: Difference;
  /** Objects with the bytes that were published, which are served with other headers, or to nobody. */
  readonly headers: Difference;
  /** Files that nobody published with Sitelift; they are left alone. */
  readonly other: Difference;
}

const SHOWN = 20;
const LOOKS_AT_ONCE = 48;

/** Compares all that is on the server and in the bucket with the current release. Throws `UserError` when nothing was published, or when it cannot be read. */
export async function verifySite(context: Context, cache: LocalCache, op: Op): Promise<Verification> {
  op.report('Reading what was published');
  const read = await readLedgerIfAny(context, cache, op);
  const { ledger } = read;
  const { current, publishing } = ledger;
  requireQuiet(context, read);
  const manifest = current && (await readManifest(context, current, cache, op));
  if (!current || !manifest) {
    throw new UserError(
      'Nothing tells what was published to this site, so there is nothing to compare with. Publish it first.',
      {
        remedy: { title: 'Publish Site…', command: 'sitelift.publishSite' },
      },
    );
  }
  const target = await describeTarget(context, ledger, op);
  op.report('Comparing the pages on the server');
  const pages = await verifyPages(context, target.instanceId, op);
  const told = toldAssets(manifest, ledger);
  const objects = target.found?.objects ?? new Map<string, { readonly etag: string }>();
  const strange = [...objects.keys()].filter((path) => !told.has(path));
  const stateOf = (path: string, { etag }: Asset) => {
    const object = objects.get(path);
    return object && (object.etag === etag ? 'kept' : 'changed');
  };
  const inState = (state: ReturnType<typeof stateOf>) =>
    [...told].filter(([path, asset]) => stateOf(path, asset) === state);
  const pathsIn = (state: ReturnType<typeof stateOf>) => inState(state).map(([path]) => path);
  const found = {
    changed: difference(pages.changed, pathsIn('changed')),
    missing: difference(pages.missing, pathsIn(undefined)),
    headers: difference({ count: 0, paths: [] }, await servedOtherwise(context, inState('kept'), op)),
    other: difference(pages.other, await notHashed(context, strange, op)),
  };
  const isOtherRelease = pages.list !== listSum(manifest.pages);
  const isCutShort = publishing !== undefined;
  const isKept = [found.changed, found.missing, found.headers].every(({ count: number }) => number === 0);
  return {
    release: current.id,
    isWhole: isKept && !isOtherRelease && !isCutShort,
    isOtherRelease,
    isCutShort,
    ...found,
  };
}

function difference({ count: number, paths }: Difference, inBucket: readonly string[]): Difference {
  return {
    count: number + inBucket.length,
    paths: [...paths, ...inBucket.map((path) => `${path} (in the bucket)`)].slice(0, SHOWN),
  };
}

/** Those of some objects that are not served as they were published: a listing tells no headers, so each is asked about. */
async function servedOtherwise(
  context: Context,
  assets: readonly (readonly [path: string, asset: Asset])[],
  op: Op,
): Promise<string[]> {
  const limit = pLimit(LOOKS_AT_ONCE);
  const others: string[] = [];
  let done = 0;
  const look = async ([path, asset]: (typeof assets)[number]) => {
    const seen = await describeObject(context, PUBLIC_PREFIX + path, op);
    if (!seen?.isServed(asset)) others.push(path);
    done += 1;
    op.report('Comparing the headers in the bucket', done / assets.length);
  };
  // Once one of them failed, no others are asked about.
  await limit.map(assets, look).finally(() => limit.clearQueue());
  return others.sort();
}

/** Paths without the hashed names that earlier publications stored. */
async function notHashed(context: Context, paths: readonly string[], op: Op): Promise<string[]> {
  const keys = paths.map((path) => PUBLIC_PREFIX + path);
  const ours = new Set(await ownHashedKeys(context, keys, op));
  return paths.filter((path) => !ours.has(PUBLIC_PREFIX + path));
}

/** What a comparison found, in sentences that name three paths each, or `most`. */
export function verificationLines(
  { changed, headers, isCutShort, isOtherRelease, isWhole, missing, other }: Verification,
  most?: number,
): string[] {
  const line = ({ count: number, paths }: Difference, one: string, many: string) =>
    number === 0 ? [] : [`${count(number, 'file')} ${number === 1 ? one : many}: ${someOf(paths, number, most)}.`];
  return [
    ...(isWhole ? ['All that was published is there as it was published.'] : []),
    ...(isCutShort ? ['The last publication was cut short.'] : []),
    ...(isOtherRelease ? ['The server has the pages of another release than the last one.'] : []),
    ...line(changed, 'was changed by others', 'were changed by others'),
    ...line(missing, 'is missing', 'are missing'),
    ...line(headers, 'was given other headers by others', 'were given other headers by others'),
    ...line(
      other,
      'was not published with Sitelift and is left alone',
      'were not published with Sitelift and are left alone',
    ),
  ];
}
