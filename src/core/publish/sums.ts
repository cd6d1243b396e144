import * as v from 'valibot';
import type { LocalCache } from '../release/localCache';
import { jsonValue } from '../json';
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

const PAGE_SUM = v.object({
  sha256: v.string(),
  sizeBytes: v.number(),
  note: v.optional(v.string()),
  uses: v.optional(v.pipe(v.array(v.string()), v.readonly())),
});
const KNOWN = v.object({
  stamp: v.tuple([v.number(), v.number(), v.number()]),
  readMs: v.number(),
  sha256: v.optional(v.string()),
  page: v.optional(v.intersect([PAGE_SUM, v.object({ form: v.string() })])),
});
/** Pairs, since a record would lose files that are called as an object's own things are. */
const STORED = v.array(v.tuple([v.string(), KNOWN]));
type Known = v.InferOutput<typeof KNOWN>;

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
    const { success, output } = v.safeParse(STORED, bytes && jsonValue(bytes.toString()));
    return new FileSums(cache, name, new Map(success ? output : []));
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
    await this.#cache.put(this.#name, Buffer.from(JSON.stringify([...this.#now])));
    this.#isChanged = false;
  }

  #known(file: Stamp): Known | undefined {
    const known = this.#now.get(file.path) ?? this.#before.get(file.path);
    if (!known || !isSame(known.stamp, stampOf(file)) || known.readMs < file.modifiedMs + TICK_MS) return undefined;
    this.#now.set(file.path, known);
    return known;
  }

  #remember(file: Stamp, what: Partial<Known>, readMs: number): void {
    this.#isChanged = true;
    const stamp = stampOf(file);
    const known = this.#now.get(file.path);
    const kept = known && isSame(known.stamp, stamp) ? known : undefined;
    this.#now.set(file.path, { ...kept, ...what, stamp, readMs: Math.min(readMs, kept?.readMs ?? readMs) });
  }
}

function stampOf({ sizeBytes, modifiedMs, inode }: Stamp): Known['stamp'] {
  return [sizeBytes, modifiedMs, inode];
}

function isSame(one: Known['stamp'], other: Known['stamp']): boolean {
  return one.every((part, index) => part === other[index]);
}
