import { ec2In } from '../aws/clients';
import { explain, hasCode, isDenied } from '../aws/errors';
import type { Context } from '../context';
import { REGION_TAG } from '../names';
import { UserError, type Op } from '../op';
import { SITE_FILE } from '../site';
import { findInstance, listVolumes } from './lookup';
import type { Seen } from './resource';
import { describeRegion, profileName, WITHOUT_ROLES } from './server/role';

/** No server in the region of the site file, with the other region where server or volume of this site are, if the role leads to them, or with the doubt about that. */
export async function absentHere(context: Context, op: Op): Promise<Seen<never>> {
  const { site } = context;
  // Who names a profile may not be allowed to read roles, and has none of ours.
  if (site.server.instanceProfile) return { kind: 'absent' };
  let region;
  try {
    region = await describeRegion(context, op);
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return {
      kind: 'absent',
      doubt: `This site has no server in ${site.region}, and whether it has one in another region only its role tells, which could not be read. ${reason} ${WITHOUT_ROLES} If somebody changed “region” in ${SITE_FILE}, put it back first.`,
    };
  }
  if (region === undefined || region === site.region) return { kind: 'absent' };
  return (await isThere(context, region, op)) ? { kind: 'absent', otherRegion: region } : { kind: 'absent' };
}

/** Why IAM lets these credentials, which EC2 has just taken, not read the role; undefined for errors that say nothing about them. */
function refusalOf(error: unknown): string | undefined {
  // What IAM answers to a session without MFA: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  if (hasCode(error, 'InvalidClientTokenId'))
    return 'IAM does not take temporary credentials that were made without an MFA code.';
  return isDenied(error) ? explain(error).message : undefined;
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
