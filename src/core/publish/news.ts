import { count } from './assets/assetSteps';
import type { Publication } from './planPublish';
import { pagesText, type PagesReason, type Summary } from './summary';

/** What is told of a publication in a sentence. */
export type News = Pick<Publication, 'plan' | 'reason' | 'removed' | 'summary'>;

/** What a publication changed, in a sentence. */
export function publishedText(site: string, news: News): string {
  const { assets, pages } = news.summary;
  if (news.plan.length === 0) return `Up to date: ${pagesText(pages.count)}, ${count(allOf(assets), 'asset')}.`;
  const { added = [], changed = [] } = pages;
  return sentence(`Published “${site}”`, [
    ...some(added.length, `${count(added.length, 'page')} added`),
    ...some(changed.length, `${count(changed.length, 'page')} changed`),
    ...(isSentWhole(news) ? [`${pagesText(pages.count)} put in place`] : []),
    ...(isConfigured(news.reason) ? ['other settings of the web server put in place'] : []),
    ...some(uploadsOf(assets), `${count(uploadsOf(assets), 'asset')} uploaded`),
    ...some(news.removed.length, `${count(news.removed.length, 'file')} removed`),
  ]);
}

/** What a publication would change, in a sentence. */
export function toDoText(site: string, news: News): string {
  if (news.plan.length === 0) return publishedText(site, news);
  const { assets, pages } = news.summary;
  const differing = (pages.added?.length ?? 0) + (pages.changed?.length ?? 0);
  return sentence('To do', [
    ...some(differing, `${count(differing, 'page')} to put in place`),
    ...(isSentWhole(news) ? [`${pagesText(pages.count)} to put in place`] : []),
    ...(isConfigured(news.reason) ? ['other settings of the web server to put in place'] : []),
    ...some(uploadsOf(assets), `${uploadsOf(assets)} of ${count(allOf(assets), 'asset')} to upload`),
    ...some(news.removed.length, `${count(news.removed.length, 'file')} to remove`),
  ]);
}

function sentence(did: string, parts: readonly string[]): string {
  return `${did}: ${parts.length > 0 ? parts.join(', ') : 'pages and assets stay as they are'}.`;
}

function some(number: number, text: string): string[] {
  return number > 0 ? [text] : [];
}

/** True when pages are sent and it is not because of what is known to differ. */
function isSentWhole({ reason, summary: { pages } }: News): boolean {
  if (reason === undefined || reason === 'other settings') return false;
  return [pages.added, pages.changed, pages.removed].every((paths = []) => paths.length === 0);
}

function isConfigured(reason: PagesReason | undefined): boolean {
  return reason === 'other settings' || reason === 'changed, with other settings';
}

function uploadsOf({ added, changed }: Summary['assets']): number {
  return added + changed;
}

function allOf(assets: Summary['assets']): number {
  return uploadsOf(assets) + assets.unchanged;
}
