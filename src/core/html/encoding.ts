import { isUtf8 } from 'node:buffer';

/**
 * Rewrites a file's text and keeps every byte that the rewriting keeps, whatever its encoding: UTF-8, UTF-16 with a byte order mark, or
 * else one of the encodings whose lower half is ASCII. The bytes themselves come back when nothing changed.
 */
export function rewriteBytes(bytes: Uint8Array, rewrite: (text: string) => string): Uint8Array {
  const encoding = encodingOf(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
  const rewritten = rewrite(text);
  return rewritten === text ? bytes : Buffer.from(rewritten, encoding);
}

function encodingOf(bytes: Uint8Array): 'utf8' | 'utf16le' | 'latin1' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0) return 'utf16le';
  return isUtf8(bytes) ? 'utf8' : 'latin1';
}
