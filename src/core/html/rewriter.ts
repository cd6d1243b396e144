import { assetUrl } from './assetUrl';
import { rewriteBytes } from './encoding';
import { TooComplexError } from './limits';
import { rewritePage, rewriteStylesheet } from './rewrite';
import { leftAlone, type Rewritten } from './rewritten';

const SIZE_LIMIT_MIB = 32;

/**
 * Gives published bytes from those of an HTML or CSS file: references to the given assets become their CDN URLs. `assets` and the file's path are
 * paths below the root.
 */
export function rewriterFor(domain: string, assets: Iterable<string>): (bytes: Uint8Array, path: string) => Rewritten {
  const known = new Set(assets);
  const resolve = (path: string) => (known.has(path) ? assetUrl(domain, path) : undefined);
  const rewrite = (text: string, path: string) =>
    /\.css$/i.test(path) ? rewriteStylesheet(text, path, resolve) : rewritePage(text, path, resolve);
  return (bytes, path) => {
    if (bytes.length > SIZE_LIMIT_MIB * 1024 * 1024) return leftAlone(bytes, `it is larger than ${SIZE_LIMIT_MIB} MiB`);
    try {
      return { bytes: rewriteBytes(bytes, (text) => rewrite(text, path)) };
    } catch (error) {
      if (error instanceof TooComplexError) return leftAlone(bytes, error.message);
      throw error;
    }
  };
}
