import { extname } from 'node:path';
import { PUBLIC_PREFIX } from '../../names';

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

/** How long the key of an object may be, in bytes of UTF-8 (Amazon S3 documentation, “Object key naming”). */
const MAX_KEY_BYTES = 1024;

/** Why an asset cannot lie in the bucket, if it cannot. */
export function unfitForBucket(path: string): string | undefined {
  return isAsset(path) ? unfitForKey(path) : undefined;
}

/** Why a file cannot lie in the bucket under its path, if it cannot. S3's listings are XML, which cannot tell control characters. */
export function unfitForKey(path: string): string | undefined {
  if (/\p{Cc}/u.test(path)) return 'its name holds control characters';
  // A unit of a string takes three bytes at most, so that most paths need not be counted.
  const isShort = (PUBLIC_PREFIX.length + path.length) * 3 <= MAX_KEY_BYTES;
  const isFit = isShort || Buffer.byteLength(PUBLIC_PREFIX + path) <= MAX_KEY_BYTES;
  return isFit ? undefined : 'its path is too long for S3';
}
