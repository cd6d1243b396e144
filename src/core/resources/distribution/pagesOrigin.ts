import { randomBytes } from 'node:crypto';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { runningInstance } from '../lookup';
import { ensureUrlFunction } from './urlFunction';
import type { PagesOrigin } from './wholeSite';

/** What pages are read with, where the distribution is to serve them. Throws `UserError` when the server has no name that CloudFront could ask. */
export async function pagesOrigin(context: Context, op: Op): Promise<PagesOrigin | undefined> {
  if (context.site.distribution.serves === 'images') return undefined;
  const { InstanceId, PublicDnsName: host } = await runningInstance(context, op);
  if (!host) {
    throw new UserError(
      `CloudFront asks a server by its public DNS name, and ${InstanceId} has none. Turn on DNS hostnames in its VPC (and give its subnet public addresses), or write "images" as “distribution.serves” in sitelift.json; then run the command again.`,
    );
  }
  const proof = context.site.server.openTo === 'everyone' ? undefined : randomBytes(32).toString('hex');
  return { host, functionArn: await ensureUrlFunction(context, op), proof };
}
