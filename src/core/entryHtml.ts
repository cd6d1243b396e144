// The HTML chunk: what the shell loads on first use, so that activation costs nothing of it.
export { parseHtml } from './html/document';
export { findImageSources, findLocalImages } from './html/rules/imageSource';
export { createRewriter } from './worker/rewriter';
