import { SITE_TAG } from './names';
import type { Site } from './site';

/** What AWS shows with its tags; each key is there once. */
export interface Tagged {
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
}

/** The value of a tag; undefined without it. */
export function tagOf({ Tags }: Tagged, key: string): string | undefined {
  return Tags?.find(({ Key }) => Key === key)?.Value;
}

/** True for what carries the tag of a site. */
export function isOfSite(tagged: Tagged, { id }: Pick<Site, 'id'>): boolean {
  return tagOf(tagged, SITE_TAG) === id;
}
