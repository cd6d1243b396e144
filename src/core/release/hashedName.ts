import { extname } from 'node:path';

/** How long what has a hashed name may be kept by browsers and edges: a year, without asking again, since other bytes have another name. */
export const HASHED_CACHING = 'public, max-age=31536000, immutable';

const DIGITS = 16;
const HASHED = new RegExp(`\\.([\\da-f]{${DIGITS}})(\\.[^./]+)$`);

/** The name beside an asset's own that holds the hash of its bytes: `images/a.png` becomes `images/a.0123456789abcdef.png`. */
export function hashedName(path: string, sha256: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${sha256.slice(0, DIGITS)}${ending}`;
}

/** The path whose hashed name a path may be; undefined for one that cannot be such a name. */
export function hashedFrom(path: string): string | undefined {
  return HASHED.test(path) ? path.replace(HASHED, '$2') : undefined;
}

/** True for what is stored under a hashed name, as against a file that is called so. */
export function isHashed(
  path: string,
  { cacheControl, sha256 }: { readonly cacheControl: string; readonly sha256: string },
): boolean {
  return cacheControl === HASHED_CACHING && HASHED.exec(path)?.[1] === sha256.slice(0, DIGITS);
}
