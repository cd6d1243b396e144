import { lookup } from 'mime-types';

/** Media type of a file, by its name's ending. */
export function contentTypeOf(path: string): string {
  return lookup(path) || 'application/octet-stream';
}
