/**
 * A regular expression for what a pattern of a `.gitignore` with `*`, `**` and `?` matches: paths below the root without a slash before them, as the bytes of
 * their UTF-8. It means the same to Apache and, with the flags `is`, to JavaScript. Classes, negations and escapes are not known.
 */
export function patternSource(pattern: string): string {
  const isFolder = pattern.endsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  const isAnchored = pattern.replace(/\/$/, '').includes('/');
  const last = parts.length - 1;
  const body = parts.map((part, index) => {
    if (part === '**') return index === last ? '.+' : '(?:.*/)?';
    return segmentSource(part) + (index === last ? '' : '/');
  });
  return `${isAnchored ? '' : '(?:.*/)?'}${body.join('')}${isFolder ? '/.+' : '(?:/.*)?'}`;
}

/** A regular expression for just this text, in which nothing but letters, digits, `-`, `_` and `/` stands for itself: fit for any setting of Apache. */
export function literalSource(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w/-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** A test of paths for a source as above. */
export function sourceTest(source: string, flags: 's' | 'is' = 's'): (path: string) => boolean {
  const whole = new RegExp(`^(?:${source})$`, flags);
  return (path) => whole.test(Buffer.from(path).toString('latin1'));
}

/** One character other than a slash. */
const ONE = '[^/\\x80-\\xbf][\\x80-\\xbf]*';

function segmentSource(part: string): string {
  return part
    .split(/(\*+|\?)/)
    .map((piece) => (piece.startsWith('*') ? '[^/]*' : piece === '?' ? ONE : literalSource(piece)))
    .join('');
}
