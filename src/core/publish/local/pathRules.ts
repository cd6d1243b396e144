import { existsSync, readFileSync } from 'node:fs';
import ignore from 'ignore';
import { join } from 'node:path';
import { reading } from './reading';
import { refusal, type Refusal } from './refusals';

/** Name of the file in the root that tells what else is not published, in the syntax of a `.gitignore`. */
export const IGNORE_FILE = '.siteliftignore';

/** Why a file is refused by its own name or by that of a folder above it. */
export function refusalOf(path: string, allowed: (path: string) => boolean): Refusal | undefined {
  const parts = path.split('/');
  return parts
    .map((part, index) => refusal(part, index < parts.length - 1))
    .find((found) => found && (found.rule === 'never' || !allowed(path)));
}

/** What the ignore file of a root leaves out; nothing where there is none. */
export async function ignoredIn(root: string): Promise<(path: string) => boolean> {
  const file = join(root, IGNORE_FILE);
  const text = existsSync(file) ? await reading(IGNORE_FILE, () => readFileSync(file, 'utf8')) : undefined;
  if (text === undefined) return () => false;
  const rules = ignore().add(text);
  return (path) => rules.ignores(path);
}
