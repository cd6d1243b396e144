import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What this computer remembers to save work: missing, it is only slower. */
export interface LocalCache {
  /** What was put under a name last; undefined when that is not there, or not whole. */
  get(name: string): Promise<Buffer | undefined>;
  /** Remembers bytes under a name, if the disk lets it. */
  put(name: string, bytes: Uint8Array): Promise<void>;
}

/** A cache that remembers nothing. */
export const NO_CACHE: LocalCache = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() };

/** A cache in a folder, which several processes may share. */
export function folderCache(folder: string): LocalCache {
  const fileOf = (name: string) => join(folder, createHash('sha256').update(name).digest('hex').slice(0, 32));
  return {
    async get(name) {
      try {
        const whole = await readFile(fileOf(name));
        const bytes = whole.subarray(SUM_BYTES);
        return sumOf(bytes).equals(whole.subarray(0, SUM_BYTES)) ? bytes : undefined;
      } catch (error) {
        if (isOfFiles(error)) return undefined;
        throw error;
      }
    },
    async put(name, bytes) {
      const file = fileOf(name);
      const fresh = `${file}.${randomUUID()}`;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(fresh, Buffer.concat([sumOf(bytes), bytes]), { mode: 0o600 });
        await rename(fresh, file);
      } catch (error) {
        if (!isOfFiles(error)) throw error;
        await rm(fresh, { force: true }).catch((left: unknown) => {
          if (!isOfFiles(left)) throw left;
        });
      }
    },
  };
}

const SUM_BYTES = 32;

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** A disk that is full, read-only or not ours costs the cache alone. */
function isOfFiles(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
