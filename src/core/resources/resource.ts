import type { Clients } from '../aws/clients';
import type { Op } from '../op';
import type { Plan } from '../plan';
import type { Site } from '../site';
import type { BucketHave } from './bucket';
import type { DistributionHave } from './distribution';
import type { ServerHave } from './server';
import type { VolumeHave } from './volume';

/** What AWS shows of one resource. Only *absent* ever leads to creating. */
export type Seen<Have> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'known'; readonly have: Have }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What AWS shows of a whole site, at one time. */
export interface SiteHave {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<VolumeHave>;
  readonly bucket: Seen<BucketHave>;
  readonly distribution: Seen<DistributionHave>;
}

/** The names of a site's resources, in the order in which they are shown. */
export type ResourceName = keyof SiteHave;

/** A site together with the clients that reach its account and region. */
export interface Context {
  readonly site: Site;
  readonly clients: Clients;
}

/** What every resource can do; `plan` is pure and gives [] when there is nothing to do. */
export interface Resource<Have> {
  describe(context: Context, op: Op): Promise<Seen<Have>>;
  plan(context: Context, site: SiteHave): Plan;
}

/** The have of a resource that is known, otherwise undefined. */
export function known<Have>(seen: Seen<Have>): Have | undefined {
  return seen.kind === 'known' ? seen.have : undefined;
}
