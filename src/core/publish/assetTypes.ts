import { extname } from 'node:path';

/** File name endings of images, video, audio and PDF: what goes to the bucket. */
export const ASSET_EXTENSIONS: readonly string[] = [
  ...['apng', 'avif', 'bmp', 'gif', 'ico', 'jfif', 'jpeg', 'jpg', 'jxl', 'png', 'svg', 'tif', 'tiff', 'webp'],
  ...['m4v', 'mov', 'mp4', 'ogv', 'webm'],
  ...['aac', 'flac', 'm4a', 'mp3', 'oga', 'ogg', 'opus', 'wav'],
  'pdf',
];

const ASSETS = new Set(ASSET_EXTENSIONS.map((extension) => `.${extension}`));

/** True for a path that goes to the bucket. */
export function isAsset(path: string): boolean {
  return ASSETS.has(extname(path).toLowerCase());
}

/**
 * True for an asset that goes to the server as well: a sprite (`<use href="sprite.svg#icon">`) and a filter or clip path in an SVG load only
 * from the page's own origin.
 */
export function isOnServerToo(path: string): boolean {
  return extname(path).toLowerCase() === '.svg';
}
