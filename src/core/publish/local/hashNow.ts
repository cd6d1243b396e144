import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { cannotOpen, goesOnChanging, type FileName } from './readFile';

const CHUNK_BYTES = 1024 * 1024;

/** The SHA-256 of a file's bytes in hexadecimal digits, read at once: only for a thread that nobody waits for. Throws what `hashFile` throws. */
export function hashNow(file: FileName): string {
  const sum = attempt(file) ?? attempt(file);
  if (sum === undefined) throw goesOnChanging(file.path);
  return sum;
}

/** Undefined when the file was written to meanwhile. */
function attempt(file: FileName): string | undefined {
  const descriptor = open(file);
  try {
    const before = fstatSync(descriptor);
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(Math.min(before.size, CHUNK_BYTES));
    for (let left = before.size; left > 0;) {
      const read = readSync(descriptor, chunk, 0, Math.min(left, chunk.length), null);
      if (read === 0) return undefined;
      hash.update(chunk.subarray(0, read));
      left -= read;
    }
    const after = fstatSync(descriptor);
    return after.size === before.size && after.mtimeMs === before.mtimeMs ? hash.digest('hex') : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function open(file: FileName): number {
  try {
    return openSync(file.absolutePath, 'r');
  } catch (error) {
    throw cannotOpen(file, error);
  }
}
