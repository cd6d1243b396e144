import { CreateTagsCommand, type Tag } from '@aws-sdk/client-ec2';
import type { Context } from '../context';
import { REPLACES_TAG, ROLE_TAG, tagsFor } from '../names';
import type { Op } from '../op';
import { tagOf } from '../tags';

/** Value of the role tag of a server whose place another one took. */
export const FORMER_SERVER = 'former-server';
/** Value of the role tag of a volume whose place another one took. */
export const FORMER_VOLUME = 'former-volume';

/** Key of the step after which another instance is the server. */
export const SWITCH_SERVER = 'switchServer';

interface Tagged {
  readonly Tags?: readonly Tag[] | undefined;
}

/**
 * Those of some things of one role that count: not those that are to take the place of another one, as long as that has this role. So one change of
 * one tag of the former one is the change of both.
 */
export function inPlace<Item extends Tagged>(
  items: readonly Item[],
  idOf: (item: Item) => string | undefined,
): readonly Item[] {
  const ids = new Set(items.map(idOf));
  return items.filter((item) => {
    const replaced = tagOf(item, REPLACES_TAG);
    return replaced === undefined || !ids.has(replaced);
  });
}

/** Gives things of the site another role, by which those that are to take their place do; what was adopted keeps its name. */
export async function becomeFormer(
  { clients, site }: Context,
  ids: readonly string[],
  role: typeof FORMER_SERVER | typeof FORMER_VOLUME,
  op: Op,
  areAdopted = false,
): Promise<void> {
  if (ids.length === 0) return;
  const Tags = tagsFor(site, role).filter(({ Key }) => (Key === 'Name' && !areAdopted) || Key === ROLE_TAG);
  await clients.ec2.send(new CreateTagsCommand({ Resources: [...ids], Tags }), { abortSignal: op.signal });
}
