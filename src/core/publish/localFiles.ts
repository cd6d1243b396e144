import { lookup } from 'mime-types';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { SITE_FILE } from '../site';
import { UserError, type Op } from '../op';

/** A file of the site as it lies on this computer. */
export interface LocalFile {
  /** Path below the root with `/` between its parts. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Media type by the name's ending. */
  readonly contentType: string;
}

/** What a scan of the root found; `left` are entries that are not published, each with the reason. */
export interface LocalFiles {
  /** Files for the server. */
  readonly pages: readonly LocalFile[];
  /** Files for the bucket. */
  readonly assets: readonly LocalFile[];
  readonly left: readonly { readonly path: string; readonly reason: string }[];
}

/** File name endings of images, video, audio and PDF: what goes to the bucket. */
export const ASSET_EXTENSIONS: readonly string[] = [
  ...['apng', 'avif', 'bmp', 'gif', 'ico', 'jfif', 'jpeg', 'jpg', 'jxl', 'png', 'svg', 'tif', 'tiff', 'webp'],
  ...['m4v', 'mov', 'mp4', 'ogv', 'webm'],
  ...['aac', 'flac', 'm4a', 'mp3', 'oga', 'ogg', 'opus', 'wav'],
  'pdf',
];

const ASSETS = new Set(ASSET_EXTENSIONS.map((extension) => `.${extension}`));
const KEY_FILES = /(\.(pem|key|p12|pfx|ppk|jks|keystore|kdbx|asc)$|^id_(rsa|dsa|ecdsa|ed25519)([._-].*)?$)/i;

/** True for a path that goes to the bucket rather than to the server. */
export function isAsset(path: string): boolean {
  return ASSETS.has(extname(path).toLowerCase());
}

/** Why a name is never published, or undefined: dotfiles, keys, dependencies and the site file itself. */
export function refusal(name: string): string | undefined {
  if (name.startsWith('.')) return 'names that start with a dot are never published';
  if (name === 'node_modules') return 'dependencies are never published';
  if (name === SITE_FILE) return 'it is the site file';
  if (KEY_FILES.test(name)) return 'key files are never published';
  if (/\uFFFD/.test(name)) return 'its name is not valid UTF-8';
  return undefined;
}

/**
 * Lists the files below the site's root, links followed only while they stay inside it. Throws `UserError` when there is no root, or when
 * it leads out of the site's folder.
 */
export async function scan(folder: string, root: string, op: Op): Promise<LocalFiles> {
  const realRoot = await resolveRoot(folder, root);
  const pages: LocalFile[] = [];
  const assets: LocalFile[] = [];
  const left: { path: string; reason: string }[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    op.signal.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const path = prefix + entry.name;
      const absolutePath = join(folder, entry.name);
      const reason = refusal(entry.name);
      if (reason) {
        left.push({ path, reason });
      } else if (entry.isDirectory()) {
        await visit(absolutePath, `${path}/`);
      } else if (entry.isSymbolicLink()) {
        const target = await linkTarget(absolutePath, realRoot);
        if (typeof target === 'string') left.push({ path, reason: target });
        else (isAsset(path) ? assets : pages).push(localFile(path, absolutePath, target));
      } else if (entry.isFile()) {
        (isAsset(path) ? assets : pages).push(localFile(path, absolutePath, await stat(absolutePath)));
      } else {
        left.push({ path, reason: 'it is not a regular file' });
      }
    }
  };
  await visit(realRoot, '');
  return { pages, assets, left };
}

/** The root with all links resolved, which must still lie inside the site's folder. */
async function resolveRoot(folder: string, root: string): Promise<string> {
  let realRoot: string;
  try {
    realRoot = await realpath(root);
  } catch (error) {
    throw new UserError(`The site’s root folder ${root} does not exist. Correct “root” in ${SITE_FILE}.`, {
      cause: error,
    });
  }
  const realFolder = await realpath(folder);
  if (realRoot === realFolder || isBelow(realRoot, realFolder)) return realRoot;
  throw new UserError(
    `The site’s root folder ${root} is a link that leads out of ${folder}, so nothing of it is published. Correct “root” in ${SITE_FILE}.`,
  );
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** One asset by its absolute path. Throws `UserError` for what a scan of the root would not take for an asset. */
export async function localAsset(folder: string, root: string, file: string): Promise<LocalFile> {
  const realRoot = await resolveRoot(folder, root);
  const path = relative(root, file).split(sep).join('/');
  const parts = path.split('/');
  if (parts[0] === '..' || path === '') {
    throw new UserError(`${file} lies outside of the site’s root folder ${root}, so it is not uploaded.`);
  }
  const reason = parts.map((part) => refusal(part)).find((found) => found !== undefined);
  if (reason) throw new UserError(`${path} is not uploaded: ${reason}.`);
  if (!isAsset(path)) throw new UserError(`${path} is not an image or other static media, so it is not uploaded.`);
  const target = await linkTarget(file, realRoot);
  if (typeof target === 'string') throw new UserError(`${path} is not uploaded: ${target}.`);
  return localFile(path, file, target);
}

/** The status of what a link leads to, or the reason for which it is not published. */
async function linkTarget(link: string, realRoot: string): Promise<{ size: number; mtimeMs: number } | string> {
  let target: string;
  try {
    target = await realpath(link);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ELOOP') throw error;
    return 'the link leads nowhere';
  }
  if (!isBelow(target, realRoot)) return 'the link leads out of the root';
  const inside = target.slice(realRoot.length).split(sep).filter(Boolean);
  if (inside.some((part) => refusal(part))) return 'the link leads to something that is never published';
  const found = await stat(target);
  return found.isFile() ? found : 'it is not a file';
}

function localFile(path: string, absolutePath: string, found: { size: number; mtimeMs: number }): LocalFile {
  return {
    path,
    absolutePath,
    sizeBytes: found.size,
    modifiedMs: found.mtimeMs,
    contentType: lookup(path) || 'application/octet-stream',
  };
}
