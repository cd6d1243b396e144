import type { Tag } from '@aws-sdk/client-ec2';
import { ADOPTED_TAG } from '../../names';

/** True when tags say that what has them was there before the site. */
export function isAdopted(tags: readonly Tag[] | undefined): boolean {
  return tags?.some(({ Key }) => Key === ADOPTED_TAG) ?? false;
}
