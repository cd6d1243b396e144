import { ec2In } from '../aws/clients';
import { explain, isDenied } from '../aws/errors';
import type { Context } from '../context';
import { REGION_TAG } from '../names';
import { UserError, type Op } from '../op';
import { findInstance, listVolumes } from './lookup';
import type { Seen } from './resource';
import { describeRegion, profileName, WITHOUT_ROLES } from './role';

/** No server in the region of the site file, with the other region where server or volume of this site are, if the role leads to them. */
export async function absentHere(context: Context, op: Op): Promise<Seen<never>> {
  const { site } = context;
  // Who names a profile may not be allowed to read roles, and has none of ours.
  if (site.server.instanceProfile) return { kind: 'absent' };
  let region;
  try {
    region = await describeRegion(context, op);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return {
      kind: 'absent',
      doubt: `Only the server’s role tells whether this site has a server in another region. ${explain(error).message} ${WITHOUT_ROLES}`,
    };
  }
  if (region === undefined || region === site.region) return { kind: 'absent' };
  return (await isThere(context, region, op)) ? { kind: 'absent', otherRegion: region } : { kind: 'absent' };
}

async function isThere({ site, clients }: Context, region: string, op: Op): Promise<boolean> {
  const there = { site: { ...site, region }, clients: { ...clients, region, ec2: ec2In(clients, region) } };
  try {
    const [instance, volumes] = await Promise.all([findInstance(there, op), listVolumes(there, op)]);
    return instance !== undefined || volumes.length > 0;
  } catch (cause) {
    op.signal.throwIfAborted();
    throw new UserError(
      `The role ${profileName(site)} says that this site lies in ${region}, which could not be read: ${explain(cause).message} If nothing of it is there any more, remove the tag ${REGION_TAG} from that role.`,
      { cause },
    );
  }
}
