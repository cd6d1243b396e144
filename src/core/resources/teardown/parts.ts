import type { Context } from '../../context';
import type { Op } from '../../op';
import { PRIVATE_PREFIX } from '../../names';
import { unlessMissing } from '../../aws/wait';
import { holdsBelow } from '../bucket/listing';
import { listAddresses, type SiteAddress } from '../server/address';
import { instanceById, isDead, listVolumes } from '../lookup';
import { findAccessControl } from '../distribution/originAccessControl';
import { readDetail } from '../resource';
import type { ResourceName } from '../stack';
import { readEdgeUses, type EdgeUse } from './edgeUses';
import { findRoleParts } from './roleRemoval';
import { ownGroups } from '../network/securityGroup';
import { LAST_SNAPSHOT, listSiteSnapshots, type SiteSnapshot } from '../volume/snapshots';
import { findUrlFunctions } from '../distribution/urlFunction';

/** What belongs to a site besides its four resources and has no row of its own; undefined is what could not be read. */
export interface SiteParts {
  readonly addresses: readonly SiteAddress[] | undefined;
  readonly groupIds: readonly string[] | undefined;
  /** Role and instance profile of the site, those that are there. */
  readonly rights: readonly string[] | undefined;
  readonly accessControlId: string | undefined;
  readonly functionNames: readonly string[] | undefined;
  /** What the distributions of the account use. */
  readonly edgeUses: readonly EdgeUse[] | undefined;
  /** Whether something lies in the part of the bucket that is Sitelift's alone; not to know it keeps nobody from anything. */
  readonly hasPrivateObjects: boolean | undefined;
  readonly lastSnapshots: readonly SiteSnapshot[] | undefined;
  /** Volumes that AWS could not make. */
  readonly failedVolumeIds: readonly string[] | undefined;
  /** What could not be read, each with its reason. */
  readonly problems: readonly PartProblem[];
}

/** A part that could not be read, and a resource that needs it. */
export interface PartProblem {
  readonly of: ResourceName;
  readonly sentence: string;
}

/** Reads the parts of a site. Each is read on its own, so that one that may not be read stops no other. */
export async function describeParts(context: Context, op: Op): Promise<SiteParts> {
  const [addresses, groups, rights, accessControl, functions, uses, privates, snapshots, volumes] = await Promise.all([
    readDetail('the site’s Elastic IP addresses', () => addressesLeft(context, op), op),
    readDetail('the site’s security groups', () => ownGroups(context, op), op),
    readDetail('the server’s role', () => findRoleParts(context, op), op),
    readDetail('the origin access control', () => findAccessControl(context, op), op),
    readDetail('the site’s CloudFront functions', () => findUrlFunctions(context, op), op),
    readDetail('what the distributions of the account use', () => readEdgeUses(context, op), op),
    readDetail('the kept releases', () => hasPrivateObjects(context, op), op),
    readDetail('the site’s snapshots', () => listSnapshots(context, op), op),
    readDetail('the site’s volumes', () => listVolumes(context, op), op),
  ]);
  const needed = {
    server: [addresses, groups, rights],
    volume: [snapshots, volumes],
    bucket: [uses],
    distribution: [accessControl, functions, uses],
  } satisfies Readonly<Record<ResourceName, readonly unknown[]>>;
  return {
    addresses: addresses.value,
    groupIds: groups.value?.flatMap(({ GroupId }) => GroupId ?? []),
    rights: rights.value,
    accessControlId: accessControl.value,
    functionNames: functions.value,
    edgeUses: uses.value,
    hasPrivateObjects: privates.value,
    lastSnapshots: snapshots.value,
    failedVolumeIds: volumes.value?.flatMap(({ State, VolumeId }) => (State === 'error' && VolumeId ? [VolumeId] : [])),
    problems: (['server', 'volume', 'bucket', 'distribution'] as const).flatMap((of) =>
      needed[of].flatMap(({ problem }) => (problem === undefined ? [] : [{ of, sentence: problem }])),
    ),
  };
}

async function hasPrivateObjects(context: Context, op: Op): Promise<boolean> {
  return (await unlessMissing(() => holdsBelow(context, PRIVATE_PREFIX, op), 'NoSuchBucket')) ?? false;
}

/** The site's Elastic IP addresses; one that an instance has which is going or gone counts as free, as AWS takes it off by itself. */
async function addressesLeft(context: Context, op: Op): Promise<readonly SiteAddress[]> {
  const all = await listAddresses(context, op);
  return Promise.all(
    all.map(async (address) => {
      const { instanceId } = address;
      if (instanceId === undefined) return address;
      const holder = await instanceById(context, instanceId, op);
      const isHeld = holder && !isDead(holder);
      return isHeld ? address : { ...address, associationId: undefined, instanceId: undefined };
    }),
  );
}

/** The last snapshots of the site's volumes, the newest first, also those that AWS could not make (state `error`). */
export function listSnapshots(context: Context, op: Op): Promise<readonly SiteSnapshot[]> {
  return listSiteSnapshots(context, op, [LAST_SNAPSHOT]);
}
