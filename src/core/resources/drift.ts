import { bucketArnOf, grantsReader, readerOf } from './bucket/bucketPolicy';
import { bucketDrift, type BucketHave } from './bucket/bucket';
import { hostDrift, type DistributionHave } from './distribution/distribution';
import { isAboutOrigin } from './distribution/distributionConfig';
import { otherBucketRefusal } from './distribution/otherBucket';
import { lackOf, shrinkRefusal } from './volume/growth';
import { mountOf } from './volume/mounted';
import { DOCUMENT_ROOT } from '../names';
import type { Drift } from './driftText';
import { SITE_FILE } from '../site';
import { areOfOneTime } from './pairing';
import { known, type Seen } from './resource';
import type { ServerHave } from './server/server';
import type { ResourceName, SiteHave } from './stack';
import type { VolumeHave } from './volume/volume';

/** What of a resource is not as the site file asks, and can be told now; nothing of one that is not there, or could not be read. */
export function driftOf(name: ResourceName, site: SiteHave): readonly Drift[] {
  const [server, volume] = [known(site.server), known(site.volume)];
  const [bucket, distribution] = [known(site.bucket), known(site.distribution)];
  // What one is to the other is told only of one time.
  const beside = <Have>(other: Seen<Have>) => (areOfOneTime(site[name], other) ? known(other) : undefined);
  switch (name) {
    case 'server':
      return server ? [...server.drift, ...webServerDrift(server), ...othersDrift(server)] : [];
    case 'volume':
      return volume && volume.state !== 'error' ? volumeDrift(volume, beside(site.server)) : [];
    case 'bucket':
      return bucket ? [...bucketDrift(bucket), ...readerDrift(bucket, beside(site.distribution)?.arn)] : [];
    case 'distribution':
      return distribution ? distributionDrift(distribution, beside(site.server)) : [];
  }
}

function distributionDrift(have: DistributionHave, server: ServerHave | undefined): readonly Drift[] {
  const { drift, otherRegion: is } = have;
  const refusal = otherBucketRefusal(have);
  const told = refusal === undefined ? drift : drift.map((one) => (isAboutOrigin(one) ? { ...one, refusal } : one));
  if (is === undefined) return [...told, ...hostDrift(have, server)];
  // What reads a bucket of another region is not provisioned in this one.
  const moved = `A site cannot move to another region: put “region” in ${SITE_FILE} back to ${is}.`;
  return [{ what: 'the region of its bucket', is, wanted: `the one of ${SITE_FILE}`, refusal: moved, stops: true }];
}

function readerDrift({ isAdopted, name, policy }: BucketHave, distributionArn: string | undefined): Drift[] {
  const origin = isAdopted ? 'adopted' : 'own';
  if (!policy || distributionArn === undefined) return [];
  if (grantsReader(policy, bucketArnOf(name), distributionArn, origin)) return [];
  const reader = readerOf(policy);
  if (reader === distributionArn) {
    return [{ what: 'the bucket policy', is: 'changed', wanted: 'for this distribution alone, by HTTPS alone' }];
  }
  return [{ what: 'the reader in the bucket policy', is: reader ?? 'nobody', wanted: distributionArn }];
}

function webServerDrift({ inspection, state }: ServerHave): Drift[] {
  if (!inspection || state !== 'running') return [];
  const { active, enabled, installed } = inspection.webServer;
  const what = 'the web server';
  if (!installed) return [{ what, is: 'not installed', wanted: 'running' }];
  if (!active) return [{ what, is: 'stopped', wanted: 'running' }];
  return enabled ? [] : [{ what: 'the web server at boot', is: 'not started', wanted: 'started' }];
}

function othersDrift({ others = [] }: ServerHave): Drift[] {
  return others.map(({ instanceId, kind }) => ({
    what: kind === 'former' ? 'the server before it' : 'the server that was to take its place',
    is: instanceId,
    wanted: 'none',
  }));
}

function volumeDrift(have: VolumeHave, server: ServerHave | undefined): Drift[] {
  const { attachment, sizeGib, wanted } = have;
  const mount = mountOf(have, server);
  const refusal = shrinkRefusal(wanted, have, mount);
  const lack = mount && sizeGib === wanted.sizeGib ? lackOf(wanted, mount) : undefined;
  const size =
    sizeGib === wanted.sizeGib
      ? undefined
      : { what: 'the size', is: `${sizeGib} GiB`, wanted: `${wanted.sizeGib} GiB` };
  const sizes: Drift[] = size
    ? [{ ...size, ...(refusal === undefined ? {} : { refusal }) }]
    : refusal !== undefined && mount
      ? [
          {
            ...{ what: 'the partition', is: mebibytes(mount.sizeBytes), wanted: `${wanted.partitionMib} MiB` },
            refusal,
          },
        ]
      : lack
        ? [lack]
        : [];
  return [...sizes, ...attachmentDrift(attachment, wanted.device, server), ...mountDrift(have, server)];
}

function attachmentDrift(
  attachment: VolumeHave['attachment'],
  device: string | undefined,
  server: ServerHave | undefined,
): Drift[] {
  if (!server) return [];
  const [what, wanted] = ['the attachment', `${server.instanceId}${device === undefined ? '' : ` as ${device}`}`];
  if (!attachment) return [{ what, is: 'none', wanted }];
  if (attachment.instanceId !== server.instanceId) return [{ what, is: attachment.instanceId, wanted }];
  if (device === undefined || attachment.state !== 'attached' || attachment.device === device) return [];
  const refusal = `A volume has the device name that it was attached with: Detach Volume… and then Provision Volume… attach it as ${device}, or put “volume.device” in sitelift.json back to ${attachment.device}.`;
  return [{ what: 'the device name', is: attachment.device, wanted: device, refusal }];
}

function mountDrift(have: VolumeHave, server: ServerHave | undefined): Drift[] {
  const isHere = have.attachment?.state === 'attached' && have.attachment.instanceId === server?.instanceId;
  if (!isHere || !server?.inspection) return [];
  const mount = mountOf(have, server);
  if (!mount) return [{ what: 'the mount point', is: 'none', wanted: DOCUMENT_ROOT }];
  return mount.inFstab ? [] : [{ what: 'the mount at boot', is: 'off', wanted: 'on' }];
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
