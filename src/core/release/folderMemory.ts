import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import * as v from 'valibot';
import { jsonValue } from '../json';
import type { LocalCache } from './localCache';
import type { Origin } from './ledger';

/** What a folder on this computer remembers of its site, so that it knows its own publications from those of others. */
export interface FolderMemory {
  readonly origin: Origin;
  /** The release that was published from here, or found to be the same, last. */
  readonly seenRelease: string | undefined;
  remember(release: string): Promise<void>;
}

/** Where the memory of one folder is written down; people and other programs can write there too. */
export interface Notes {
  read(): Promise<unknown>;
  write(note: Note): Promise<void>;
}

const NOTE = v.object({
  /** A random text by which the folder knows itself again. */
  place: v.pipe(v.string(), v.nonEmpty()),
  release: v.optional(v.string()),
});
type Note = v.InferOutput<typeof NOTE>;

/** Reads what a folder remembers, and makes it remember who it is; notes that are none of ours count as nothing. */
export async function folderMemory(
  notes: Notes,
  { folder, commit }: Pick<Origin, 'folder' | 'commit'>,
): Promise<FolderMemory> {
  const { success, output } = v.safeParse(NOTE, await notes.read());
  const note: Note = success ? output : { place: randomUUID() };
  const { place, release: seenRelease } = note;
  // So that this folder knows itself again, also when it is killed before it has published.
  if (!success) await notes.write(note);
  return {
    origin: { host: hostname(), folder, place, ...(commit === undefined ? {} : { commit }) },
    seenRelease,
    async remember(release) {
      if (release !== seenRelease) await notes.write({ place, release });
    },
  };
}

/** Notes that a cache keeps under a name. */
export function cachedNotes(cache: LocalCache, name: string): Notes {
  return {
    async read() {
      const bytes = await cache.get(name);
      return bytes && jsonValue(bytes.toString());
    },
    write: (note) => cache.put(name, Buffer.from(JSON.stringify(note))),
  };
}
