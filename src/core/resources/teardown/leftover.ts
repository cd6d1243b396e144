import type { Charge } from '../../cost/charge';

/** Something in an account that is a site's. */
export interface Leftover {
  readonly siteId: string;
  /** Undefined for what is in no region. */
  readonly region: string | undefined;
  /** In AWS's words, e.g. `volume`. */
  readonly kind: string;
  readonly id: string;
  /** What it is and how large, in words; may be empty. */
  readonly about: string;
  /** What it costs for: `existence` from hour to hour, `use` by what is in it or comes through it, or nothing. */
  readonly costs: 'existence' | 'use' | 'nothing';
  /** What is charged for its existence. */
  readonly charges?: readonly Charge[];
}

/** What is said of something that is older than its site. */
export const OLDER = ', was there before the site';

/** What is looked for: what all sites have, or one alone, in the regions that are given; without them in all that the account has enabled. */
export interface Search {
  readonly siteId?: string;
  readonly regions?: readonly string[];
  /** The bucket that the site's file names, which its name does not tell. */
  readonly bucket?: string | undefined;
}
