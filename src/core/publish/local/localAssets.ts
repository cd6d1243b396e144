import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../op';
import { pathBelow } from '../../pathBelow';
import { isAsset, unfitForBucket } from './assetTypes';
import { linkTarget, localFile, PROTECTED, resolveRoot, type LeftFile, type LocalFile } from './localFiles';
import { refusalOf } from './pathRules';
import { reading } from './reading';
import { requireLeave } from './leave';
import { ACCESS_FILE, folderRefusal, leave, restrictsAccess, type Refusal } from './refusals';

/** What a folder says of all that is in it. */
interface FolderRules {
  readonly refused: Refusal | undefined;
  readonly stops: readonly LeftFile[];
}

/** Assets by their absolute paths, each folder read once. Throws `UserError` for what a scan of the root would not take for an asset. */
export async function localAssets(
  folder: string,
  root: string,
  files: readonly string[],
  allow: readonly string[],
): Promise<LocalFile[]> {
  const realRoot = await resolveRoot(folder, root);
  const allowed = leave(allow);
  const known = new Map<string, Promise<FolderRules>>();
  const rulesOf = (parent: string): Promise<FolderRules> => {
    const rules = known.get(parent) ?? readRules(root, parent, allowed);
    known.set(parent, rules);
    return rules;
  };

  const take = async (file: string): Promise<LocalFile> => {
    const path = pathBelow(root, file);
    if (!path) {
      throw new UserError(`${file} lies outside of the site’s root folder ${root}, so it is not uploaded.`);
    }
    const refused = refusalOf(path, allowed);
    if (refused) throw new UserError(`${path} is not uploaded: ${refused.reason}.`);
    if (!isAsset(path)) throw new UserError(`${path} is not an image or other static media, so it is not uploaded.`);
    const unfit = unfitForBucket(path);
    if (unfit !== undefined) throw new UserError(`${path} is not uploaded: ${unfit}.`);
    for (let parent = dirname(path); ; parent = dirname(parent)) {
      const rules = await rulesOf(parent);
      if (rules.refused) throw new UserError(`${path} is not uploaded: ${rules.refused.reason}.`);
      requireLeave(rules);
      if (parent === '.') break;
    }
    const target = await reading(path, async () => {
      await lstat(file);
      return linkTarget(file, path, realRoot, allowed);
    });
    if (target === undefined) throw new UserError(`${path} is not there any more, so it is not uploaded.`);
    if (typeof target === 'string') throw new UserError(`${path} is not uploaded: ${target}.`);
    return localFile(path, file, target);
  };
  return Promise.all(files.map(take));
}

async function readRules(root: string, parent: string, allowed: (path: string) => boolean): Promise<FolderRules> {
  const prefix = parent === '.' ? '' : `${parent}/`;
  const entries = (await reading(parent, () => readdir(join(root, parent)))) ?? [];
  const filled = parent === '.' ? undefined : folderRefusal(parent.slice(parent.lastIndexOf('/') + 1), entries);
  const stops: LeftFile[] = [];
  for (const path of entries.filter((name) => ACCESS_FILE.test(name)).map((name) => prefix + name)) {
    if (allowed(path)) continue;
    const text = await reading(path, () => readFile(join(root, path), 'utf8'));
    if (text !== undefined && restrictsAccess(text)) stops.push({ path, reason: PROTECTED });
  }
  return { refused: filled && !allowed(prefix) ? filled : undefined, stops };
}
