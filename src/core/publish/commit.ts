import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Op } from '../op';

const LIMIT_MS = 5000;

/** The git commit that is checked out in a folder; undefined where there is none, or no git. */
export async function commitOf(folder: string, { signal }: Op): Promise<string | undefined> {
  try {
    const options = { signal, timeout: LIMIT_MS, windowsHide: true };
    const { stdout } = await promisify(execFile)('git', ['-C', folder, 'rev-parse', '--verify', 'HEAD'], options);
    const commit = stdout.trim();
    return /^[\da-f]{40,64}$/.test(commit) ? commit : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
