import { UserError } from '../op';

/** What a read gives; undefined for what has gone since it was listed. Throws `UserError` naming what cannot be read. */
export async function reading<Value>(path: string, read: () => Value | Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (syscall === undefined) throw error;
    throw new UserError(
      `“${path}” cannot be read (${code}). Allow yourself to read it, or move it out of the site’s root folder; then try again.`,
      { cause: error },
    );
  }
}
