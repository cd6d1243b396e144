import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { isRewritten } from '../pages/bundle';
import type { LocalFile } from '../local/localFiles';
import type { Publication } from '../planPublish';
import { readTwice, withFile } from '../local/readFile';
import { addressOf, fetchServed, LARGEST_SHOWN_BYTES, tooLarge } from './served';

/** A file of this computer beside what readers get of it. */
export interface FileComparison {
  /** Below the root. */
  readonly path: string;
  readonly url: string;
  readonly live: Uint8Array;
  /** What would be published; undefined when that is the file as it lies here. */
  readonly published: Uint8Array | undefined;
  readonly isSame: boolean;
}

/** Compares a file, by its path below the root, with what readers get of it. Throws `UserError` when it is not published, or cannot be fetched. */
export async function compareFile(
  { clients, site }: Context,
  publication: Publication,
  path: string,
  op: Op,
): Promise<FileComparison> {
  const { local } = publication;
  const isPath = (file: { readonly path: string }) => file.path === path;
  const file = [...local.assets, ...local.pages].find(isPath);
  if (!file) {
    const left = local.left.find((one) => isPath(one) || path.startsWith(`${one.path.replace(/\/$/, '')}/`));
    throw new UserError(
      `“${path}” is not published${left ? `: ${left.reason}` : ''}, so that there is nothing to compare it with.`,
    );
  }
  op.report(`Fetching ${path} as readers get it`);
  const [served, here] = await Promise.all([
    fetchServed(addressOf(site, publication, path), clients.proxy, op),
    publishedBytes(publication, file, op),
  ]);
  if (served.bytes === undefined) {
    throw new UserError(`“${path}” is not published yet: readers who ask for ${served.url} get no such file.`, {
      remedy: { title: 'Publish Site…', command: 'sitelift.publishSite' },
    });
  }
  const { bytes, isAsItIs } = here;
  return {
    ...{ path, url: served.url, live: served.bytes, published: isAsItIs ? undefined : bytes },
    isSame: served.bytes.equals(bytes),
  };
}

/** The bytes of a file as they would be published. Throws `UserError` for one that is too large to be shown. */
export async function publishedBytes(
  { rewrite }: Pick<Publication, 'rewrite'>,
  file: LocalFile,
  op: Op,
): Promise<{ readonly bytes: Uint8Array; readonly isAsItIs: boolean }> {
  if (file.sizeBytes > LARGEST_SHOWN_BYTES) throw tooLarge(file.path);
  const own = await readTwice(() => withFile(file, ({ handle }) => handle.readFile()));
  if (!isRewritten(file)) return { bytes: own, isAsItIs: true };
  const { bytes } = await rewrite(new Uint8Array(own), file.path, op);
  return { bytes, isAsItIs: own.equals(bytes) };
}
