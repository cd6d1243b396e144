import { ADOPTED_TAG } from '../../names';
import { tagOf, type Tagged } from '../../tags';

/** True when tags say that what has them was there before the site. */
export function isAdopted(Tags: Tagged['Tags']): boolean {
  return tagOf({ Tags }, ADOPTED_TAG) !== undefined;
}
