import pLimit from 'p-limit';
import type { Context } from '../../context';
import { isUserError, UserError, type Op } from '../../op';
import { publishedBytes } from './compareFile';
import type { LocalFile } from '../local/localFiles';
import type { Publication } from '../planPublish';
import { addressOf, fetchServed, LARGEST_SHOWN_BYTES } from './served';

/** A file of which readers get something else than would be published. */
export interface Differing {
  /** Below the root. */
  readonly path: string;
  readonly change: 'new' | 'changed' | 'removed';
  /** What readers get and what would be published, as text; undefined for nothing. What is no text is described in one. */
  readonly live: Uint8Array | undefined;
  readonly published: Uint8Array | undefined;
  /** The texts describe what is no text, or cannot be shown. */
  readonly isDescribed: boolean;
}

/** What differs between what readers get and what would be published. */
export interface SiteComparison {
  readonly files: readonly Differing[];
  /** How many more differ than are shown. */
  readonly more: number;
}

const MOST_FILES = 100;
const MOST_BYTES = 48 * 1024 * 1024;
const FETCHES_AT_ONCE = 6;
/** A file with a zero among its first bytes is taken for no text, as git does. */
const FIRST_BYTES = 8000;

/** Compares a site with what readers get of it, up to a hundred files. Throws `UserError` when nothing was published yet, or the server cannot be reached. */
export async function compareSite(context: Context, publication: Publication, op: Op): Promise<SiteComparison> {
  if (!publication.live) {
    throw new UserError('Nothing tells what was published to this site, so that there is nothing to compare it with.', {
      remedy: { title: 'Publish Site…', command: 'sitelift.publishSite' },
    });
  }
  const differing = [...changesOf(publication)].sort(([one], [other]) => (one < other ? -1 : 1));
  const shown = differing.slice(0, MOST_FILES);
  const limit = pLimit(FETCHES_AT_ONCE);
  const course: Course = { bytes: 0, isReached: false, problem: undefined };
  let done = 0;
  const files = await Promise.all(
    shown.map(([path, change]) =>
      limit(async () => {
        op.report(`Fetching ${path} as readers get it`, done / shown.length);
        const file = await differingFile(context, publication, path, change, course, op);
        course.bytes += (file.live?.length ?? 0) + (file.published?.length ?? 0);
        done += 1;
        return file;
      }),
    ),
  );
  if (course.problem && !course.isReached) throw course.problem;
  return { files, more: differing.length - shown.length };
}

/** How it went so far. */
interface Course {
  /** To be shown. */
  bytes: number;
  /** Something was fetched. */
  isReached: boolean;
  /** Why something could not be fetched. */
  problem: Error | undefined;
}

/** By path; an SVG file, which is a page and an asset, once. */
function changesOf({ removed, summary, uploads }: Publication): Map<string, Differing['change']> {
  const { added = [], changed = [] } = summary.pages;
  return new Map([
    ...removed.map((path) => [path, 'removed'] as const),
    // Who has other headers has the same bytes.
    ...uploads.flatMap(({ asset, reason }) => (reason === 'headers' ? [] : [[asset.path, reason] as const])),
    ...added.map((path) => [path, 'new'] as const),
    ...changed.map((path) => [path, 'changed'] as const),
  ]);
}

async function differingFile(
  { clients, site }: Context,
  publication: Publication,
  path: string,
  change: Differing['change'],
  course: Course,
  op: Op,
): Promise<Differing> {
  const { live, local, uploads } = publication;
  const upload = uploads.find(({ asset }) => asset.path === path);
  const page = local.pages.find((file) => file.path === path);
  const file = page ?? upload?.asset;
  const told = live?.assets.get(path) ?? live?.pages.get(path);
  // Sums tell files of one size from each other; one on a single side tells nothing.
  const isSummed = told?.sizeBytes === file?.sizeBytes && upload?.sha256 !== undefined;
  const there = told && describe(told, isSummed ? told.sha256 : undefined);
  const described = {
    path,
    change,
    live: there,
    published: file && describe(file, isSummed ? upload.sha256 : undefined),
    isDescribed: true,
  };
  const isText = file ? page !== undefined : live?.pages.has(path);
  const isLarge = [file?.sizeBytes, told?.sizeBytes].some((size = 0) => size > LARGEST_SHOWN_BYTES);
  // Where nothing is reached, each more would take its time to say so.
  if (!isText || isLarge || course.bytes > MOST_BYTES || (course.problem && !course.isReached)) return described;
  const published = file && (await publishedBytes(publication, file, op)).bytes;
  let served: Uint8Array | undefined;
  if (change !== 'new') {
    try {
      served = (await fetchServed(addressOf(site, publication, path), clients.proxy, op)).bytes;
      course.isReached = true;
    } catch (error) {
      if (!isUserError(error)) throw error;
      course.problem ??= error;
      return { ...described, live: Buffer.from(`${error.message}\n`) };
    }
  }
  const isOther = [published, served].some((bytes) => bytes?.subarray(0, FIRST_BYTES).includes(0));
  return isOther ? described : { path, change, live: served, published, isDescribed: false };
}

/** Lines that tell what is no text from another. */
function describe(
  { sizeBytes, ...file }: Pick<LocalFile, 'sizeBytes'> & { readonly contentType?: string },
  sha256: string | undefined,
): Uint8Array {
  const lines = [
    ...(file.contentType === undefined ? [] : [`Type: ${file.contentType}`]),
    `Size: ${sizeBytes} bytes`,
    ...(sha256 === undefined ? [] : [`SHA-256: ${sha256}`]),
  ];
  return Buffer.from(`${lines.join('\n')}\n`);
}
