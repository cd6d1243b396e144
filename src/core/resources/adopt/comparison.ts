import { isArchived } from '../../aws/store';
import { PRIVATE_PREFIX, PUBLIC_PREFIX } from '../../names';
import type { ListedObject } from '../bucket/listing';

/** S3 copies at most this much in one request (Amazon S3 API, “CopyObject”). */
const MOST_COPIED_BYTES = 5 * 1024 ** 3;
/** Amazon S3 documentation, “Creating object key names”. */
const LONGEST_KEY_BYTES = 1024;

/** An object that is to be read below `site/` as well, under another key. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/** What there is to copy so that a distribution may read `site/`, and what stands in the way. All are keys. */
export interface Comparison {
  readonly missing: readonly Move[];
  /** They are at the new place already, with other bytes and not older. */
  readonly others: readonly string[];
  /** They are at the new place already, with other bytes and older. */
  readonly outdated: readonly string[];
  /** Readers do not get them, as they are archived. */
  readonly archived: readonly string[];
  readonly tooLarge: readonly string[];
  readonly tooLong: readonly string[];
  /** The distribution may not read them, so they are not copied. */
  readonly hidden: readonly string[];
  /** Readers get them at paths that start with `/site/`, which would be others. */
  readonly strays: readonly string[];
}

/**
 * Compares what readers get below a prefix with what is below `site/`. `isReadable` tells by the key what the distribution may read; what is private, and what is below `site/` itself,
 * is not copied.
 */
export function compareCopies(
  objects: readonly ListedObject[],
  prefix: string,
  isReadable: (key: string) => boolean,
): Comparison {
  const byKey = new Map(objects.map((one) => [one.key, one]));
  const found: { [Name in keyof Comparison]: Comparison[Name][number][] } = {
    ...{ missing: [], others: [], outdated: [], archived: [], tooLarge: [], tooLong: [], hidden: [], strays: [] },
  };
  for (const source of objects) {
    const { key, sizeBytes, storageClass } = source;
    const path = key.slice(prefix.length);
    if (!key.startsWith(prefix) || path === '' || key.startsWith(PRIVATE_PREFIX) || !isAsked(path)) continue;
    if (key.startsWith(PUBLIC_PREFIX)) {
      const original = key.slice(PUBLIC_PREFIX.length);
      const isCopy = key === PUBLIC_PREFIX || (byKey.has(original) && isReadable(original));
      if (!isCopy && isReadable(key)) found.strays.push(key);
      continue;
    }
    const to = PUBLIC_PREFIX + path;
    const target = byKey.get(to);
    if (!isReadable(key)) found.hidden.push(key);
    else if (target) {
      const verdict = verdictOn(source, target);
      if (verdict !== 'same') found[verdict].push(key);
    } else if (isArchived(storageClass)) found.archived.push(key);
    else if (sizeBytes > MOST_COPIED_BYTES) found.tooLarge.push(key);
    else if (Buffer.byteLength(to) > LONGEST_KEY_BYTES) found.tooLong.push(key);
    else found.missing.push({ from: key, to, sizeBytes });
  }
  return found;
}

/** Browsers, and with them the clients of AWS, take `.` and `..` out of a path before they ask for it. */
function isAsked(path: string): boolean {
  return !path.split('/').some((segment) => segment === '.' || segment === '..');
}

/** What was stored in parts or is encrypted with KMS has another ETag once it is copied, so that there the size and the order of the two tell. */
function verdictOn(source: ListedObject, target: ListedObject): 'others' | 'outdated' | 'same' {
  if (source.sizeBytes !== target.sizeBytes) return target.writtenMs <= source.writtenMs ? 'outdated' : 'others';
  return source.etag !== target.etag && target.writtenMs < source.writtenMs ? 'outdated' : 'same';
}
