// The view's chunk: loaded when a site is first read, so that activation stays small.
export { foundOf, SiteReader } from './siteReader';
export { itemOf } from './views/siteItem';
export { allRows, childrenOf, consoleUrlOf, roots, valueOf } from './views/siteNode';
