/** The stable CDN URL of an asset: each segment of its path from the root percent-encoded, so that it is safe in HTML, CSS and srcset. */
export function assetUrl(domain: string, path: string): string {
  return `https://${domain}/${encodePath(path)}`;
}

/** A path with every character percent-encoded that is not a letter, a digit, `-`, `.`, `_`, `~` or a slash between segments. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  const encoded = encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\uFFFD'));
  return encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
