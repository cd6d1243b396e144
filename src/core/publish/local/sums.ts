import * as v from 'valibot';
import type { LocalCache } from '../../release/localCache';
import { jsonValue } from '../../json';
import type { LocalFile } from './localFiles';

/** The published form of a file of the server. */
export interface PageSum {
  /** In hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Why its references were left as they are. */
  readonly note?: string | undefined;
  /** The hashed names that stand in it. */
  readonly uses?: readonly string[] | undefined;
}

/** By what a file is known again: as long as none of these is another, it holds the same bytes. */
export type Stamp = Pick<LocalFile, 'path' | 'sizeBytes' | 'modifiedMs' | 'inode'>;

interface Known extends Stamp {
  /** When it was read. */
  readonly readMs: number;
  readonly sha256?: string | undefined;
  readonly page?: (PageSum & { readonly form: string }) | undefined;
}

const PAGE = v.object({
  sha256: v.string(),
  sizeBytes: v.number(),
  note: v.optional(v.string()),
  uses: v.optional(v.pipe(v.array(v.string()), v.readonly())),
  form: v.string(),
});

/** One file as it is kept, in the order of a tuple. */
type Kept = [
  path: string,
  sizeBytes: number,
  modifiedMs: number,
  inode: number,
  readMs: number,
  sha256: string | null,
  page?: Known['page'],
];
const NUMBERS = [1, 2, 3, 4];
/** Checked in one go, as a schema for each of ten thousand files takes longer than all else that is done with them. */
const KEPT = v.custom<Kept[]>((value) => Array.isArray(value) && value.every(isKept));

function isKept(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  if (!NUMBERS.every((index) => typeof value[index] === 'number')) return false;
  return (typeof value[5] === 'string' || value[5] === null) && (value[6] === undefined || v.is(PAGE, value[6]));
}

/** A file may be written to again within the same tick of its clock; FAT's are two seconds. */
const TICK_MS = 2000;

/** What this computer knows of a site's files from when it read them last, so that it need not read them again. */
export class FileSums {
  readonly #cache: LocalCache;
  readonly #name: string;
  readonly #before: ReadonlyMap<string, Known>;
  readonly #now = new Map<string, Known>();
  #isChanged = false;

  private constructor(cache: LocalCache, name: string, before: ReadonlyMap<string, Known>) {
    this.#cache = cache;
    this.#name = name;
    this.#before = before;
  }

  /** What is known of the files below a root. */
  static async of(root: string, cache: LocalCache): Promise<FileSums> {
    const name = `sums of ${root}`;
    const bytes = await cache.get(name);
    const kept = bytes && jsonValue(bytes.toString());
    const before = new Map<string, Known>();
    if (!v.is(KEPT, kept)) return new FileSums(cache, name, before);
    for (const [path, sizeBytes, modifiedMs, inode, readMs, sha256, page] of kept) {
      before.set(path, { path, sizeBytes, modifiedMs, inode, readMs, sha256: sha256 ?? undefined, page });
    }
    return new FileSums(cache, name, before);
  }

  /** The SHA-256 of a file's bytes, if they are known. */
  fileSum(file: Stamp): string | undefined {
    return this.#known(file)?.sha256;
  }

  /**
   * The published form of a file, if it is known of this `form`: what else than its bytes decides about it, but for the hashed names in it, which must be
   * among these `names`.
   */
  pageSum(file: Stamp, form: string, names?: ReadonlySet<string>): PageSum | undefined {
    const page = this.#known(file)?.page;
    return page?.form === form && (page.uses ?? []).every((name) => names?.has(name)) ? page : undefined;
  }

  rememberFile(file: Stamp, sha256: string, readMs: number): void {
    this.#remember(file, { sha256 }, readMs);
  }

  rememberPage(file: Stamp, form: string, page: PageSum, readMs: number): void {
    this.#remember(file, { page: { ...page, form } }, readMs);
  }

  /** Keeps what is known of the files that were asked about, if that is more than before. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const kept = Array.from(
      this.#now.values(),
      ({ path, sizeBytes, modifiedMs, inode, readMs, sha256 = null, page }): Kept =>
        page
          ? [path, sizeBytes, modifiedMs, inode, readMs, sha256, page]
          : [path, sizeBytes, modifiedMs, inode, readMs, sha256],
    );
    await this.#cache.put(this.#name, Buffer.from(JSON.stringify(kept)));
    this.#isChanged = false;
  }

  #known(file: Stamp): Known | undefined {
    const known = this.#now.get(file.path) ?? this.#before.get(file.path);
    if (!known || !isSame(known, file) || known.readMs < file.modifiedMs + TICK_MS) return undefined;
    this.#now.set(file.path, known);
    return known;
  }

  #remember(file: Stamp, what: Partial<Known>, readMs: number): void {
    this.#isChanged = true;
    const { inode, modifiedMs, path, sizeBytes } = file;
    const known = this.#now.get(path);
    const kept = known && isSame(known, file) ? known : undefined;
    const stamp = { path, sizeBytes, modifiedMs, inode };
    this.#now.set(path, { ...kept, ...what, ...stamp, readMs: Math.min(readMs, kept?.readMs ?? readMs) });
  }
}

function isSame(one: Stamp, other: Stamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.modifiedMs === other.modifiedMs && one.inode === other.inode;
}
