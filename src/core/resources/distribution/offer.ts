import type { DistributionHave } from './distribution';

/** What readers get of a distribution. */
export function offerOf({ pagesHost }: Pick<DistributionHave, 'pagesHost'>): string {
  return pagesHost === undefined ? 'the site’s images' : 'the whole site';
}
