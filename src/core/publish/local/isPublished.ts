import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unfitForBucket } from './assetTypes';
import { pathBelow } from '../../pathBelow';
import { ignoredIn, refusalOf } from './pathRules';
import { reading } from './reading';
import { folderRefusal, leave } from './refusals';

/** True for a file that a scan of the root would find fit to be published, or to stop the publication; for one file at a time, as when it is saved. */
export async function isPublished(root: string, file: string, allow: readonly string[]): Promise<boolean> {
  const path = pathBelow(root, file);
  if (!path) return false;
  const allowed = leave(allow);
  const refused = refusalOf(path, allowed);
  if ((refused && refused.rule !== 'stops') || unfitForBucket(path) !== undefined) return false;
  const isIgnored = await ignoredIn(await realpath(root));
  if (isIgnored(path)) return false;
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const entries = (await reading(parent, () => readdir(join(root, parent)))) ?? [];
    const name = parent.slice(parent.lastIndexOf('/') + 1);
    if (folderRefusal(name, entries) && !allowed(`${parent}/`)) return false;
  }
  return true;
}
