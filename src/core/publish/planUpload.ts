import type { Context } from '../context';
import { UserError, type Op } from '../op';
import type { Plan, Step } from '../plan';
import { readManifest } from '../release/keptManifest';
import { readLedgerIfAny, type Ledger } from '../release/ledger';
import { assetJson, type Asset } from '../release/manifest';
import { requireFree } from '../release/signsOfLife';
import { inTurn, type By } from '../release/turn';
import { describeContents } from '../resources/bucket/bucket';
import { distribution } from '../resources/distribution/distribution';
import { known } from '../resources/resource';
import { formerOf, uploadStep } from './assets/assetSteps';
import { compareAssets, type Hash } from './assets/compareAssets';
import type { Copy } from './assets/copyAssets';
import { keepFormer } from './assets/former';
import { requireFreeNames } from './assets/hashedNames';
import { forgettingTitle } from './edge/forgetting';
import { freePathsNote, pathsAfter } from './edge/freePaths';
import { invalidationStep } from './edge/invalidate';
import { invalidationItems, joinItems } from './edge/invalidationItems';
import type { LocalFile } from './local/localFiles';
import { ALONE } from './releasePlan';
import { toldAssets, type Asking } from './siteState';
import { FileSums } from './local/sums';
import { wantedAssets, type Send } from './assets/wantedAssets';

/** What *Upload to CDN* would do. */
export interface AssetPublication {
  readonly plan: Plan;
  /** Domain of the distribution, if the site has one. */
  readonly domain: string | undefined;
  /** Why readers would not get what is uploaded. */
  readonly notes: readonly string[];
}

const DISABLED = 'The distribution is disabled: readers get it once “Enable Distribution…” was run.';

/** Plans *Upload to CDN* of single assets. Throws `UserError` when there is no bucket, or when something cannot be read. */
export async function planAssets(
  context: Context,
  assets: readonly LocalFile[],
  asking: Asking & { readonly root: string; readonly copy: Copy; readonly hash: Hash; readonly send: Send },
  op: Op,
): Promise<AssetPublication> {
  const { cache, copy, hash, origin, root } = asking;
  // Before the listing, so that nobody can have stored others than are listed without this ledger having become another.
  const read = await readLedgerIfAny(context, cache, op);
  const [bucketSeen, distributionSeen] = await Promise.all([
    describeContents(context, op),
    distribution.describe(context, op),
  ]);
  const bucket = known(bucketSeen);
  if (!bucket) {
    throw new UserError('There is no bucket to upload to yet. Provision the distribution with its bucket first.', {
      remedy: { title: 'Provision Distribution…', command: 'sitelift.provisionDistribution' },
    });
  }
  const have = known(distributionSeen);
  const sums = await FileSums.of(root, cache);
  if (read.isUnreadable) {
    throw new UserError(
      'What tells of this site’s releases (_sitelift/ledger.json in the bucket) cannot be read, so nothing is uploaded. Publish the site, which makes it anew.',
      { remedy: { title: 'Publish Site…', command: 'sitelift.publishSite' } },
    );
  }
  requireFree(context, origin, read);
  const { ledger } = read;
  await requireFreeNames(context, assets, undefined, ledger, cache, op);
  const live = ledger.current && (await readManifest(context, ledger.current, cache, op));
  const told = toldAssets(live, ledger);
  const { stored, uploads } = await compareAssets(context, assets, { told, objects: bucket.objects }, sums, hash, op);
  const wanted = wantedAssets(context, stored, uploads, asking);
  const paths = wanted.changes.map(({ path }) => path);
  const forgets = have ? joinItems(ledger.publishing?.forgets ?? [], invalidationItems(paths)) : [];
  const former = formerOf(paths, told, bucket.objects);
  // What an upload that was cut short has stored already is still to be noted, and to be forgotten by the edges.
  const unnoted = Array.from(stored).filter(([path, { etag }]) => told.get(path)?.etag !== etag);
  let sent: ReadonlyMap<string, Asset> = new Map(unnoted);
  const steps: Step[] = [];
  if (former.length > 0) {
    steps.push({
      key: `keep ${former.map(({ path }) => path).join(' ')}`,
      title: 'keep the former bytes, so that they can be brought back',
      run: async (stepOp) => void (await keepFormer(context, former, copy, stepOp)),
    });
  }
  const upload = uploadStep(wanted, `upload ${paths.join(' ')}`, async (stepOp) => {
    sent = new Map([...unnoted, ...(await wanted.store(stepOp))]);
  });
  if (upload) steps.push(upload);
  if (have && forgets.length > 0) {
    const note = freePathsNote(ledger, forgets.length, new Date().toISOString());
    steps.push(invalidationStep(context, have.id, forgets, forgettingTitle(forgets, 'changed', note)));
  }
  const notes = have?.enabled === false ? [DISABLED] : [];
  if (steps.length === 0 && unnoted.length === 0) return { plan: [], domain: have?.domain, notes };
  const turns = {
    begin: { key: `turn ${ledger.revision}`, title: ALONE },
    forgets,
    end: { key: 'noted', title: 'note what was uploaded' },
    endsWith: ({ at }: By) => Promise.resolve(noted(ledger, sent, pathsAfter(ledger, forgets.length, at))),
  };
  const plan = steps.map((step) => [step]);
  return { plan: inTurn(context, origin, read, turns, plan), domain: have?.domain, notes };
}

/** The ledger with what was uploaded. A publication that was cut short stays so. */
function noted(ledger: Ledger, sent: ReadonlyMap<string, Asset>, forgotten: Ledger['forgotten']): Ledger {
  const others = ledger.uploaded.filter(([path]) => !sent.has(path));
  const ours = Array.from(sent, ([path, asset]) => assetJson(path, asset));
  const { publishing, ...rest } = ledger;
  const cut = publishing && { publishing: { ...publishing, forgets: [], isOver: true } };
  return { ...rest, ...cut, uploaded: [...others, ...ours], forgotten };
}
