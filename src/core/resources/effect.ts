import type { ResourceName, SiteHave } from './stack';

/** All that work changed of what is read of a site: gives what was read before with what the work was told, and what is to be read again. */
export type Effect = (before: SiteHave) => { readonly site: SiteHave; readonly reread: readonly ResourceName[] };

/** The effect of work that changes nothing of that, or does not tell. */
export const UNCHANGED: Effect = (site) => ({ site, reread: [] });
