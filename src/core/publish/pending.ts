import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Context } from '../context';
import { bucketName, PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import { unlessMissing } from '../aws/wait';
import { jsonValue } from './json';
import { deleteObject, placeOf, putObject } from './store';

/** What the edges may still hold old bytes of because a run ended between upload and invalidation. */
export interface Pending {
  /** Paths below `site/`; `*` when a note cannot be read, so that all must be forgotten. */
  readonly paths: readonly string[];
  /** Keys of the notes that say so. */
  readonly keys: readonly string[];
}

/** Also the start of the key under which the one note of all runs lay once. */
const NOTES = `${PRIVATE_PREFIX}pending`;

/** The notes of all runs that ended before their invalidation. */
export async function findPending(context: Context, op: Op): Promise<Pending> {
  const keys = (await listKeys(context, NOTES, op)).filter((key) => key.endsWith('.json'));
  const notes = await Promise.all(keys.map((key) => readNote(context, key, op)));
  return { paths: notes.flat(), keys };
}

/** Notes, before any of them is uploaded, which paths a run is about to change, and gives the note's key. */
export async function notePending(context: Context, id: string, paths: readonly string[], op: Op): Promise<void> {
  const note = Buffer.from(JSON.stringify(paths));
  await putObject(context, noteKey(id), note, { ContentType: 'application/json' }, op);
}

/** Where the note of a run lies. */
export function noteKey(id: string): string {
  return `${NOTES}/${id}.json`;
}

/** Drops notes whose paths were invalidated. */
export async function dropNotes(context: Context, keys: readonly string[], op: Op): Promise<void> {
  for (const key of keys) await deleteObject(context, key, op);
}

/** The keys of the bucket that start with a prefix. */
export async function listKeys({ site, clients }: Context, prefix: string, op: Op): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await clients.s3.send(
      new ListObjectsV2Command({
        Bucket: bucketName(site),
        ExpectedBucketOwner: site.account,
        Prefix: prefix,
        ...(token ? { ContinuationToken: token } : {}),
      }),
      { abortSignal: op.signal },
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
  } while (token);
  return keys;
}

/** The text of an object; undefined when it is not there. */
export async function readText(context: Context, key: string, op: Op): Promise<string | undefined> {
  const answer = await unlessMissing(
    () => context.clients.s3.send(new GetObjectCommand(placeOf(context, key)), { abortSignal: op.signal }),
    'NoSuchKey',
  );
  return answer?.Body?.transformToString();
}

async function readNote(context: Context, key: string, op: Op): Promise<readonly string[]> {
  const text = await readText(context, key, op);
  if (text === undefined) return [];
  const paths = jsonValue(text);
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string') ? paths : ['*'];
}
