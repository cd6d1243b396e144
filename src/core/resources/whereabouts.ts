import { UserError } from '../op';
import { SITE_FILE, type Site } from '../site';
import { known, type Seen } from './resource';

/** What shows where a site lies: what is in its region, and what is the same in every one, its distribution and the role of its server. */
interface Witnesses {
  readonly server: Seen<unknown>;
  readonly volume: Seen<unknown>;
  readonly distribution: Seen<{ readonly id: string; readonly readsBucket: boolean; readonly otherRegion?: string }>;
}

/** The region that a site lies in where that is not the one of its file. */
export function otherRegionOf({
  distribution,
  server,
}: Pick<Witnesses, 'distribution' | 'server'>): string | undefined {
  return known(distribution)?.otherRegion ?? (server.kind === 'absent' ? server.otherRegion : undefined);
}

/** Throws `UserError` when the site, or a part of it, lies in another region than its file says. */
export function requireSameRegion({ region }: Site, seen: Witnesses): void {
  const other = otherRegionOf(seen);
  if (other === undefined) return;
  const { server, volume } = seen;
  const distribution = known(seen.distribution);
  const serverRegion =
    (known(server) ?? known(volume)) ? region : server.kind === 'absent' ? server.otherRegion : undefined;
  const distributionRegion = distribution?.otherRegion ?? (distribution?.readsBucket ? region : undefined);
  if (distribution && serverRegion && distributionRegion && serverRegion !== distributionRegion) {
    throw new UserError(
      `This site lies in two regions: its server or volume in ${serverRegion}, the bucket of its distribution ${distribution.id} in ${distributionRegion}. Nothing was changed. Delete one of the two in the AWS console (the volume holds the pages, the bucket the images), put “region” in ${SITE_FILE} to that of the other one, and run the command again.`,
    );
  }
  throw new UserError(
    `This site lies in ${other}, but ${SITE_FILE} says ${region}. A site cannot move to another region: put “region” back to ${other}, or create a new site in another folder. Nothing was changed.`,
  );
}
