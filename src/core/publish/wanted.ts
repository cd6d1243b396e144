import type { Op } from '../op';
import type { Step } from '../plan';
import type { Asset } from '../release/manifest';
import type { Bundle } from './pages/bundle';
import type { Deployed } from './pages/deployPages';
import type { Imported } from './pages/importPages';
import type { PageSum } from './local/sums';
import type { WebSettings } from './pages/webSettings';

/** An asset that is not stored as a release wants it. */
export interface AssetChange {
  readonly path: string;
  readonly sizeBytes: number;
  /** E.g. `upload images/a.png (changed)`. */
  readonly title: string;
  /** The edges cannot hold other bytes of it, as its name holds the hash of the only ones that it ever had. */
  readonly isLasting?: boolean;
}

/** The assets of a release. */
export interface WantedAssets {
  /** Those that are stored already, by path. */
  readonly stored: ReadonlyMap<string, Asset>;
  readonly changes: readonly AssetChange[];
  /** Title of the step that stores the others. */
  readonly title: string;
  /** Stores the others and gives them as they are stored then. */
  store(op: Op): Promise<ReadonlyMap<string, Asset>>;
}

/** The pages of a release. */
export interface WantedPages {
  readonly all: ReadonlyMap<string, PageSum>;
  /** Keys of the bundles that hold their bytes already, by path. */
  readonly kept: ReadonlyMap<string, string>;
  /** Title of the step that puts them on the server; undefined when they are there. */
  readonly title: string | undefined;
  readonly sizeBytes: number;
  /** What the web server is to do with them. */
  readonly settings: WebSettings;
  /** What makes the pages that are there those of the release; undefined when it is not known what is there. */
  readonly delta: Bundle | undefined;
  whole(op: Op): Promise<Bundle>;
}

/** What a release is to be. */
export interface Wanted {
  readonly assets: WantedAssets;
  readonly pages: WantedPages;
  /** The first step. */
  readonly begin: Pick<Step, 'key' | 'title'>;
  /** When the release was published that this one brings back. */
  readonly restores?: string;
  /** The mark of what a server served before the site, if that is brought back. */
  readonly imported?: string;
}

/** What came of a publication. */
export interface Outcome {
  /** Id of the release that is current now. */
  release: string;
  deployed: Deployed | undefined;
  /** SHA-256 of the bundle that lies in the bucket already. */
  staged: string | undefined;
  /** The assets that were stored, by path. */
  stored: ReadonlyMap<string, Asset>;
  /** Objects that readers may get were stored or removed. */
  isBucketChanged: boolean;
  /** What the server served before the site, once it is in the bucket. */
  imported?: Imported | undefined;
  /** How many paths the edges were asked to forget. */
  forgotten: number;
  /** Paths whose former bytes somebody else had changed in the bucket, so that they could not be kept. */
  readonly lost: string[];
}
