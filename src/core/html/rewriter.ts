import { assetUrl } from './assetUrl';
import { rewriteBytes } from './encoding';
import { TooComplexError } from './limits';
import { rewritePage, rewriteStylesheet } from './rewrite';
import { leftAlone, type Rewritten } from './rewritten';
import { spellings } from './spelling';

/**
 * Gives published bytes from those of an HTML or CSS file: references to the given assets become their CDN URLs, those that have other names there
 * included. `assets`, `names` and the file's path are paths below the root.
 */
export function rewriterFor(
  domain: string,
  assets: Iterable<string>,
  names: ReadonlyMap<string, string> = new Map(),
): (bytes: Uint8Array, path: string) => Rewritten {
  const known = new Set(assets);
  const spelled = spellings(known);
  return (bytes, path) => {
    const misspelled = new Map<string, string>();
    const used = new Set<string>();
    const resolve = (asset: string) => {
      const name = names.get(asset);
      if (name !== undefined) used.add(name);
      if (known.has(asset)) return assetUrl(domain, name ?? asset);
      const other = spelled(asset);
      if (other !== undefined) misspelled.set(asset, other);
      return undefined;
    };
    const rewrite = (text: string) =>
      /\.css$/i.test(path) ? rewriteStylesheet(text, path, resolve) : rewritePage(text, path, resolve);
    try {
      const rewritten = rewriteBytes(bytes, rewrite);
      return { bytes: rewritten, ...spellingNote(misspelled), ...(used.size > 0 ? { uses: [...used] } : {}) };
    } catch (error) {
      if (error instanceof TooComplexError) return leftAlone(bytes, error.message);
      throw error;
    }
  };
}

/** Says which references load on this computer alone, whose disk takes several spellings for one name. */
function spellingNote(misspelled: ReadonlyMap<string, string>): Pick<Rewritten, 'note'> {
  if (misspelled.size === 0) return {};
  const [first, ...others] = Array.from(misspelled, ([asked, there]) => `“${asked}” is really named “${there}”`);
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return {
    note: `It refers to files in another spelling than theirs, so they do not load on the published site: ${first}${more}.`,
  };
}
