import type { Context } from '../../context';
import { ADOPTED_TAG, SITE_TAG } from '../../names';
import { tagOf, type Tagged } from '../../tags';

/** True when tags say that what has them was there before the site. */
export function isAdopted(Tags: Tagged['Tags']): boolean {
  return tagOf({ Tags }, ADOPTED_TAG) !== undefined;
}

/** Why what has tags is not free to become the site's: it is another one's, or was made for this one; undefined when it is. */
export function ownerProblem({ site }: Pick<Context, 'site'>, Tags: Tagged['Tags']): string | undefined {
  const id = tagOf({ Tags }, SITE_TAG);
  if (id !== undefined && id !== site.id) return `it belongs to another site (${id})`;
  return id === undefined || isAdopted(Tags) ? undefined : 'it is this site’s already';
}
