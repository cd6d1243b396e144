// The HTML chunk: what the shell loads on first use, so that activation costs nothing of it.
export { assetUrl } from './html/assetUrl';
export { parseHtml } from './html/document';
export { applyEdits } from './html/edit';
export { rewriterFor } from './html/rewriter';
export { findImageSources, findLocalImages } from './html/rules/imageSource';
