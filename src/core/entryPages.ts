// The pages' chunk: the HTML parser, loaded in the worker when a page is first to be read.
export { parseHtml } from './html/document';
export { TooComplexError } from './html/limits';
export { rewriterFor } from './html/rewriter';
export { findLocalImages } from './html/rules/imageSource';
