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

/** Why it could not be seen whether a site without a server here lies elsewhere, and the way on; undefined when it could. */
export function doubtOf({ server }: Pick<Witnesses, 'server'>): string | undefined {
  return server.kind === 'absent' ? server.doubt : undefined;
}

/** Throws `UserError` when the site, or a part of it, lies in another region than its file says. */
export function requireSameRegion({ region }: Site, seen: Witnesses): void {
  const other = otherRegionOf(seen);
  if (other === undefined) return;
  const parts = partsOf(region, seen);
  if (parts.every(({ at }) => at === other)) {
    throw new UserError(
      `This site lies in ${other}, but ${SITE_FILE} says ${region}. A site cannot move to another region: put “region” back to ${other}, or create a new site in another folder. Nothing was changed.`,
    );
  }
  const listed = parts.map(({ what, at }) => `${what} in ${at}`).join('; ');
  throw new UserError(
    `This site lies in two regions: ${listed}. Nothing was changed. Decide for one of them and delete in the AWS console what lies in the other: a server and its volume, which holds the pages, or a distribution and then the bucket that it reads. Put “region” in ${SITE_FILE} to the one that is left and run the command again.`,
  );
}

function partsOf(region: string, { server, volume, distribution }: Witnesses) {
  const reader = known(distribution);
  const bucketRegion = reader?.otherRegion ?? (reader?.readsBucket ? region : undefined);
  const elsewhere = server.kind === 'absent' ? server.otherRegion : undefined;
  return [
    { what: 'the server', at: known(server) ? region : undefined },
    { what: 'the volume', at: known(volume) ? region : undefined },
    { what: 'a server or volume', at: elsewhere },
    { what: `the distribution ${reader?.id ?? ''} with its bucket`, at: bucketRegion },
  ].filter(({ at }) => at !== undefined);
}
