// The rows' chunk: loaded when the tree first has something to show, so that activation stays small.
export { itemOf } from './views/siteItem';
export { allRows, childrenOf, consoleUrlOf, roots, valueOf } from './views/siteNode';
