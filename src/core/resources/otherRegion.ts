import { ec2In } from '../aws/clients';
import type { Context } from '../context';
import type { Op } from '../op';
import { findInstance, listVolumes } from './lookup';
import type { Seen } from './resource';
import { describeRegion } from './role';

/** No server in the region of the site file, with the other region where server or volume of this site are, if the role leads to them. */
export async function absentHere(context: Context, op: Op): Promise<Seen<never>> {
  const { site, clients } = context;
  // Who names a profile may not be allowed to read roles, and has none of ours.
  if (site.server.instanceProfile) return { kind: 'absent' };
  const region = await describeRegion(context, op);
  if (region === undefined || region === site.region) return { kind: 'absent' };
  const there = { site: { ...site, region }, clients: { ...clients, region, ec2: ec2In(clients, region) } };
  const [instance, volumes] = await Promise.all([findInstance(there, op), listVolumes(there, op)]);
  return instance || volumes.length > 0 ? { kind: 'absent', otherRegion: region } : { kind: 'absent' };
}
