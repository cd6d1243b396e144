import type { Context } from '../context';
import { PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import { jsonValue } from './json';
import { listKeys, readText } from './pending';
import { deleteObject, putObject } from './store';
import type { Origin } from './turn';

/** What a release consists of, and who published it. It lies in the bucket from before its pages reach the server. */
export interface Manifest extends Origin {
  readonly release: string;
  /** ARN of whose credentials were used. */
  readonly by: string;
  /** When it was published, as ISO 8601 text. */
  readonly at: string;
  /** SHA-256 of each page and other file of the server, by path. */
  readonly pages: Readonly<Record<string, string>>;
}

const MANIFESTS = `${PRIVATE_PREFIX}manifests/`;

/** The releases whose manifests lie in the bucket, in order: that of the server, and one whose publication was cut short. */
export async function findManifests(context: Context, op: Op): Promise<readonly string[]> {
  const keys = await listKeys(context, MANIFESTS, op);
  return keys.map((key) => key.slice(MANIFESTS.length, -'.json'.length));
}

/** The manifest of a release; undefined when there is none, or none that can be read. */
export async function readManifest(context: Context, release: string, op: Op): Promise<Manifest | undefined> {
  const text = await readText(context, keyOf(release), op);
  const found = text === undefined ? undefined : jsonValue(text);
  return isManifest(found) && found.release === release ? found : undefined;
}

/** Keeps a manifest in the bucket. */
export async function putManifest(context: Context, manifest: Manifest, op: Op): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(manifest));
  await putObject(context, keyOf(manifest.release), bytes, { ContentType: 'application/json' }, op);
}

/** Drops the manifests of all releases but one. */
export async function dropOtherManifests(context: Context, release: string, op: Op): Promise<void> {
  for (const other of await findManifests(context, op)) {
    if (other !== release) await deleteObject(context, keyOf(other), op);
  }
}

function keyOf(release: string): string {
  return `${MANIFESTS}${release}.json`;
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { release, by, host, folder, place, at, pages } = value as Record<string, unknown>;
  const isText = [release, by, host, folder, place, at].every((part) => typeof part === 'string');
  return isText && typeof pages === 'object' && pages !== null && !Array.isArray(pages);
}
