import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { UserError } from '../../op';
import type { LocalFile } from './localFiles';

/** What names a file and finds it. */
export type FileName = Pick<LocalFile, 'path' | 'absolutePath'>;

/** An open file with the size that it has. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Thrown when a file was written to while it was read, so that what was read is no state of it. */
export class FileChangedError extends Error {
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super(`“${path}” was changed while it was read`, { cause });
    this.name = 'FileChangedError';
    this.path = path;
  }
}

/**
 * Lets `use` read an open file. Throws `FileChangedError` when it was written to meanwhile, whatever `use` made of that, and `UserError` naming a
 * file that cannot be opened.
 */
export async function withFile<Value>(file: FileName, use: (open: OpenFile) => Promise<Value>): Promise<Value> {
  const handle = await opened(file);
  try {
    const before = await handle.stat();
    const outcome = await settled(() => use({ handle, sizeBytes: before.size, modifiedMs: before.mtimeMs }));
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new FileChangedError(file.path, 'error' in outcome ? outcome.error : undefined);
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  } finally {
    await handle.close();
  }
}

/** Tries a second time when a file was changed while it was read; then throws `UserError` with its name. */
export async function readTwice<Value>(attempt: () => Promise<Value>): Promise<Value> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof FileChangedError)) throw error;
  }
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof FileChangedError)) throw error;
    throw goesOnChanging(error.path, error);
  }
}

/** The error that names a file which goes on changing. */
export function goesOnChanging(path: string, cause?: unknown): UserError {
  return new UserError(
    `“${path}” changes while it is read. Wait until the program that writes it has ended, then publish again.`,
    { cause },
  );
}

/** The hash of a file's bytes in hexadecimal digits. */
export function hashFile(file: FileName, algorithm: 'md5' | 'sha256'): Promise<string> {
  return readTwice(() => withFile(file, (opened) => hashOpen(opened, algorithm)));
}

/** The hash of an open file's bytes in hexadecimal digits. */
export async function hashOpen(opened: OpenFile, algorithm: 'md5' | 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of streamOf(opened)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The bytes that an open file had when it was opened; the file stays open. */
export function streamOf({ handle, sizeBytes }: OpenFile) {
  return handle.createReadStream({ start: 0, end: Math.max(sizeBytes - 1, 0), autoClose: false });
}

async function opened(file: FileName): Promise<FileHandle> {
  try {
    return await open(file.absolutePath);
  } catch (error) {
    throw cannotOpen(file, error);
  }
}

/** The error that names a file which could not be opened. */
export function cannotOpen({ path }: FileName, cause: unknown): UserError {
  const { code } = cause as NodeJS.ErrnoException;
  const told =
    code === 'ENOENT'
      ? 'is not there any more (ENOENT). Publish again.'
      : `cannot be read (${code}). Allow yourself to read it, or move it out of the site’s root folder; then publish again.`;
  return new UserError(`“${path}” ${told}`, { cause });
}

async function settled<Value>(work: () => Promise<Value>): Promise<{ value: Value } | { error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
