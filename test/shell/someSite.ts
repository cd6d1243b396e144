import type { SiteHave } from '../../src/core/resources/stack';
import { parseSite, siteFileText } from '../../src/core/site';

/** What was read of a resource that is there. */
export const known = <Have>(have: Have) => ({ kind: 'known' as const, have });
/** A resource that is not there. */
export const absent = { kind: 'absent' } as const;
/** A volume as a look inside the server finds it. */
export const mount = {
  ...{ partition: '/dev/nvme1n1p1', serial: 'vol01', fileSystem: 'ext4' },
  ...{ sizeBytes: 262_144_000, freeBytes: 209_715_200, inFstab: true },
  ...{ diskBytes: 1_073_741_824, roomBytes: 1_071_644_672, fileSystemBytes: 262_144_000 },
};
/** What a look inside a server finds where all is in order. */
export const inspection = {
  ...{ webServer: { installed: true, enabled: true, active: true }, mount },
  ...{ release: 'r1', placing: undefined, list: undefined, settings: 's1' },
};
/** A server that is in order. */
export const server = {
  ...{ instanceId: 'i-01', state: 'running' as const, instanceType: 't3.micro', zone: 'us-east-1a' },
  ...{ publicIp: '192.0.2.1', host: 'ec2.example', startedMs: 0, online: true, role: 'ready' as const },
  ...{
    portOpen: true,
    reach: undefined,
    address: 'changing' as const,
    addresses: [],
    drift: [],
    inspection,
    problems: [],
  },
};
/** Its volume. */
export const volume = {
  ...{ volumeId: 'vol-01', state: 'in-use' as const, zone: 'us-east-1a', sizeGib: 1, encrypted: true },
  wanted: { sizeGib: 1, partitionMib: 250 },
  attachment: { instanceId: 'i-01', device: '/dev/sdf', state: 'attached' as const },
};
/** A bucket with one image. */
export const bucket = {
  ...{ name: 'sitelift-x', tagged: true, blocksPublicAccess: true, ownerEnforced: true, endsUploads: true },
  ...{ policy: undefined, objects: new Map([['a.png', { sizeBytes: 1_048_576, etag: '' }]]), problems: [] },
};
/** A distribution that serves its images. */
export const distribution = {
  ...{ id: 'E1', arn: 'arn', domain: 'd1.cloudfront.net', enabled: true, deployed: true },
  ...{ readsBucket: true, alias: undefined, pagesHost: undefined, proofSha1: undefined, drift: [] },
  geoRestriction: 'none' as const,
};
/** A site of which everything is there. */
export const settled: SiteHave = {
  server: known(server),
  volume: known(volume),
  bucket: known(bucket),
  distribution: known(distribution),
};
/** Its site file. */
export const site = parseSite(
  siteFileText({ name: 'demo', id: 'abcd1234', account: '123456789012', region: 'us-east-1', root: '.' }),
);
