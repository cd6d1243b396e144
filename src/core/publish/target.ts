import type { Context } from '../context';
import type { Op } from '../op';
import type { Inspection } from '../remote/inspect';
import type { Ledger } from '../release/ledger';
import { describeContents, type StoredObject } from '../resources/bucket/bucket';
import { distribution, distributionById, type DistributionHave } from '../resources/distribution/distribution';
import { findInstance } from '../resources/lookup';
import { known } from '../resources/resource';
import { describeInside } from '../resources/server/server';
import { describeSite } from '../resources/stack';
import { volume } from '../resources/volume/volume';
import { isServedAsWanted, requireReady } from './ready';

/** Where a site is published to. */
export interface Target {
  readonly instanceId: string;
  /** Public DNS name of the server, or its address. */
  readonly host: string | undefined;
  readonly volumeId: string;
  readonly distribution: DistributionHave;
  /** The revision of the ledger that it was read with. */
  readonly revision: string;
  /** What lies there; undefined where server, volume and distribution are those of the last release, so that the ledger tells. */
  readonly found: Found | undefined;
}

/** What a deep reading found at a site's target. */
export interface Found {
  readonly inspection: Inspection;
  /** The volume was there before the site. */
  readonly hasAdoptedVolume: boolean;
  /** By path below `site/`. */
  readonly objects: ReadonlyMap<string, StoredObject>;
}

/** The target in two calls, if it is the one that the last release was put on; undefined when anything is another, or not as it must be. */
export async function glanceAtTarget(
  context: Context,
  { revision, target: placed }: Ledger,
  op: Op,
): Promise<Target | undefined> {
  if (!placed) return undefined;
  const { instanceId, volumeId, distributionId, domain } = placed;
  const [instance, seen] = await Promise.all([
    findInstance(context, op),
    distributionById(context, distributionId, op),
  ]);
  const isSame = instance?.InstanceId === instanceId && instance.State?.Name === 'running';
  const isAttached = instance?.BlockDeviceMappings?.some(({ Ebs }) => Ebs?.VolumeId === volumeId);
  if (!isSame || !isAttached || !seen?.enabled || !seen.readsBucket || seen.domain !== domain) return undefined;
  const host = instance.PublicDnsName || instance.PublicIpAddress;
  if (!isServedAsWanted(context.site.distribution.serves, seen, host)) return undefined;
  return { instanceId, host, volumeId, distribution: seen, revision, found: undefined };
}

/** Reads all that a publication depends on, also inside the server and in the bucket. Throws `UserError` when the site is not ready. */
export async function describeTarget(context: Context, { revision }: Ledger, op: Op): Promise<Target> {
  const [serverSeen, volumeSeen, bucketSeen, distributionSeen] = await Promise.all([
    describeInside(context, op),
    volume.describe(context, op),
    describeContents(context, op),
    distribution.describe(context, op),
  ]);
  const seen = { server: serverSeen, volume: volumeSeen, bucket: bucketSeen, distribution: distributionSeen };
  const isThere = Object.values(seen).every(({ kind }) => kind === 'known') && known(distributionSeen)?.enabled;
  // Where something is lacking or ended, only the whole reading tells why: it may lie elsewhere, or be destroyed just now.
  const ready = requireReady(isThere ? seen : await describeSite(context, op), context.site.distribution.serves);
  const { bucket, hasAdoptedVolume, host, instanceId, inspection, volumeId } = ready;
  return {
    instanceId,
    host,
    volumeId,
    distribution: ready.distribution,
    revision,
    found: { inspection, hasAdoptedVolume, objects: bucket.objects },
  };
}
