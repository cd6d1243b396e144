import { UserError } from '../../op';

/** What a read gives; undefined for what has gone since it was listed. Throws `UserError` naming what cannot be read. */
export async function reading<Value>(path: string, read: () => Value | Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    return goneOrThrow(path, error);
  }
}

/** The same for a thread that nobody waits for, at once. */
export function readingNow<Value>(path: string, read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    return goneOrThrow(path, error);
  }
}

function goneOrThrow(path: string, error: unknown): undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return undefined;
  if (syscall === undefined) throw error;
  throw new UserError(
    `“${path}” cannot be read (${code}). Allow yourself to read it, or move it out of the site’s root folder; then try again.`,
    { cause: error },
  );
}
