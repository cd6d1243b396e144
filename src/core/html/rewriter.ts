import { assetUrl } from './assetUrl';
import { rewriteBytes } from './encoding';
import { rewritePage, rewriteStylesheet } from './rewrite';

/** The published form of an HTML or CSS file. */
export interface Rewritten {
  readonly bytes: Uint8Array;
  /** Why its references were left as they are: a sentence for the user, without the file's name. */
  readonly note?: string;
}

/**
 * Gives published bytes from those of an HTML or CSS file: references to the given assets become their CDN URLs. `assets` and the file's path are
 * paths below the root.
 */
export function rewriterFor(domain: string, assets: Iterable<string>): (bytes: Uint8Array, path: string) => Rewritten {
  const known = new Set(assets);
  const resolve = (path: string) => (known.has(path) ? assetUrl(domain, path) : undefined);
  return (bytes, path) => ({
    bytes: rewriteBytes(bytes, (text) =>
      /\.css$/i.test(path) ? rewriteStylesheet(text, path, resolve) : rewritePage(text, path, resolve),
    ),
  });
}
