import type { rewriterFor } from '../html/rewriter';
import { existingFiles } from '../html/existingFiles';
import type { Rewritten } from '../html/rewritten';
import type { LocalImage } from '../html/rules/imageSource';
import { contentTypeOf } from '../publish/local/contentType';
import { hashNow } from '../publish/local/hashNow';
import { isPublished } from '../publish/local/isPublished';
import { localAssets } from '../publish/local/localAssets';
import { scan, type LocalFile, type LocalFiles } from '../publish/local/localFiles';
import type { FileName } from '../publish/local/readFile';
import { copy } from './copier';
import { send } from './sender';

/** The images of a page that are files of the site, or why they cannot be told, to stand behind a colon. */
export type FoundImages = { readonly images: readonly LocalImage[] } | { readonly reason: string };

interface AssetsOfPages {
  readonly id: number;
  readonly domain: string;
  readonly assets: readonly string[];
  readonly names?: ReadonlyMap<string, string> | undefined;
}

interface PageToRewrite {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly path: string;
}

interface Root {
  readonly folder: string;
  readonly root: string;
  readonly allow: readonly string[];
}

const rewriters = new Map<number, Promise<ReturnType<typeof rewriterFor>>>();

/** What a worker thread can be asked, by name: each takes and gives what `postMessage` can clone. */
export const TASKS = {
  /** Makes what rewrites pages with these assets, under an id. */
  setAssets({ id, domain, assets, names }: AssetsOfPages): void {
    rewriters.set(
      id,
      import('../entryPages').then((pages) => pages.rewriterFor(domain, assets, names)),
    );
  },

  /** The published form of a page, with the assets that were set under the id. */
  async rewrite({ id, bytes, path }: PageToRewrite): Promise<Rewritten> {
    const rewrite = rewriters.get(id);
    if (rewrite === undefined) throw new Error('Nothing is rewritten before the assets are known.');
    return (await rewrite)(bytes, path);
  },

  /** The local images in the text of a page; `path` is the page's, below the root. */
  async findImages({ text, path }: { readonly text: string; readonly path: string }): Promise<FoundImages> {
    const { findLocalImages, parseHtml, TooComplexError } = await import('../entryPages');
    try {
      return { images: findLocalImages(parseHtml(text), path) };
    } catch (error) {
      if (error instanceof TooComplexError) return { reason: error.message };
      throw error;
    }
  },

  existingFiles({ rootFolder, paths }: { readonly rootFolder: string; readonly paths: readonly string[] }) {
    return existingFiles(rootFolder, paths);
  },

  /** The SHA-256 of each file, in hexadecimal digits. Throws `UserError` for one that cannot be read or goes on changing. */
  hashFiles({ files }: { readonly files: readonly FileName[] }): readonly string[] {
    return files.map(hashNow);
  },

  /** `isPublished` of one file. */
  isPublished({
    root,
    file,
    allow,
  }: {
    readonly root: string;
    readonly file: string;
    readonly allow: readonly string[];
  }) {
    return isPublished(root, file, allow);
  },

  /** The media type of each file, by its name. */
  contentTypes({ paths }: { readonly paths: readonly string[] }): readonly string[] {
    return paths.map(contentTypeOf);
  },

  /** Lists the files of a site. Throws what `scan` throws; to be cancelled, the thread is ended. */
  scan({ folder, root, allow }: Root): Promise<LocalFiles> {
    return scan(folder, root, allow, { signal: new AbortController().signal, report: () => undefined });
  },

  /** Assets by their absolute paths. Throws what `localAssets` throws. */
  localAssets({ folder, root, files, allow }: Root & { readonly files: readonly string[] }): Promise<LocalFile[]> {
    return localAssets(folder, root, files, allow);
  },

  /** Stores files in the bucket, with those of other batches. */
  send,
  /** Copies objects inside it. */
  copy,
} as const;

/** The tasks, for those who ask without loading them. */
export type Tasks = typeof TASKS;
/** The name of a task. */
export type TaskName = keyof Tasks;
/** What a task takes. */
export type Asked<Name extends TaskName> = Parameters<Tasks[Name]>[0];
/** What a task gives. */
export type Given<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** What goes to the thread; to what has no `id` there is no answer. */
export interface Message<Name extends TaskName = TaskName> {
  readonly name: Name;
  readonly value: Asked<Name>;
  readonly id?: number;
}

/** What a task came to. `properties` are those of the error that cloning drops, such as the name of a `UserError`. */
export type Outcome =
  { readonly value: unknown } | { readonly error: Error; readonly properties: Readonly<Record<string, unknown>> };

/** What comes back, with the `id` of what it answers. */
export interface Answer {
  readonly id: number;
  readonly outcome: Outcome;
}
