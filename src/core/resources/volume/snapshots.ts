import { paginateDescribeSnapshots, type Snapshot } from '@aws-sdk/client-ec2';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import { REQUEST_TAG, ROLE_TAG, SITE_TAG } from '../../names';
import type { Op } from '../../op';
import { tagOf } from '../../tags';

/** Value of the role tag of a snapshot that somebody asked for. */
export const SNAPSHOT = 'snapshot';
/** Value of the role tag of a snapshot that was taken before its volume was deleted. */
export const LAST_SNAPSHOT = 'last-snapshot';

/** A snapshot of a volume of the site. */
export interface SiteSnapshot {
  readonly snapshotId: string;
  /** The volume that it was taken of, which may be gone. */
  readonly volumeId: string;
  /** In AWS’s words: `pending`, `completed`, `error` and others. */
  readonly state: string;
  /** When it was asked for, as milliseconds since 1970: it holds what was written by then. */
  readonly startedMs: number;
  /** Of the volume that it was taken of. */
  readonly sizeGib: number;
  /** How much of it is stored, from 0 to 1. */
  readonly progress: number;
  /** What its user calls it, or how the site is called. */
  readonly name: string;
  /** The request that made it; undefined for one that Sitelift made in another way. */
  readonly request: string | undefined;
}

/** The snapshots of the site’s volumes by tag, the newest first, also those that AWS could not make (state `error`). */
export async function listSiteSnapshots(
  { site, clients }: Context,
  op: Op,
  roles: readonly string[] = [SNAPSHOT, LAST_SNAPSHOT],
): Promise<readonly SiteSnapshot[]> {
  const Filters = [
    { Name: `tag:${SITE_TAG}`, Values: [site.id] },
    { Name: `tag:${ROLE_TAG}`, Values: [...roles] },
  ];
  const found = await allItems(
    paginateDescribeSnapshots({ client: clients.ec2 }, { OwnerIds: ['self'], Filters }, { abortSignal: op.signal }),
    ({ Snapshots }) => Snapshots,
  );
  return found.flatMap(snapshotOf).sort((one, other) => other.startedMs - one.startedMs);
}

function snapshotOf(seen: Snapshot): SiteSnapshot[] {
  const { Progress = '', SnapshotId: snapshotId, StartTime, State: state = 'pending', VolumeId: volumeId } = seen;
  if (!snapshotId || !volumeId) return [];
  return [
    {
      ...{ snapshotId, volumeId, state, startedMs: StartTime?.getTime() ?? 0, sizeGib: seen.VolumeSize ?? 0 },
      progress: (Number.parseInt(Progress, 10) || 0) / 100,
      name: tagOf(seen, 'Name') ?? '',
      request: tagOf(seen, REQUEST_TAG),
    },
  ];
}
