// The HTML chunk: what the shell loads on first use, so that activation costs nothing of it. Folders and documents themselves are read in the worker.
export { findImageSources } from './html/rules/imageSource';
export { createImageFinder } from './worker/imageFinder';
