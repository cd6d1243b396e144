import { isDeepStrictEqual } from 'node:util';
import type { BucketHave } from './bucket/bucket';
import type { DistributionHave } from './distribution/distribution';
import { known, type Seen } from './resource';
import type { ServerHave } from './server/server';
import type { VolumeHave } from './volume/volume';

interface Site {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<VolumeHave>;
  readonly bucket: Seen<BucketHave>;
  readonly distribution: Seen<DistributionHave>;
}

/**
 * What a reading found, without what it kept of an earlier one that holds no more: what was read inside the server is about the volume that was attached then,
 * and the bucket's policy about the distribution that there was. That is unknown now, until it is read again.
 */
export function paired(before: Site | undefined, now: Site): Site {
  if (!before) return now;
  const [server, bucket] = [known(now.server), known(now.bucket)];
  const isInsideKept = server?.inspection !== undefined && server.inspection === known(before.server)?.inspection;
  const isPolicyKept = bucket?.policy !== undefined && bucket.policy === known(before.bucket)?.policy;
  const isInsideOver = isInsideKept && !isDeepStrictEqual(attachedOf(before.volume), attachedOf(now.volume));
  const isPolicyOver = isPolicyKept && known(before.distribution)?.arn !== known(now.distribution)?.arn;
  return {
    ...now,
    ...(isInsideOver ? { server: changed(now.server, { inspection: undefined }) } : {}),
    ...(isPolicyOver ? { bucket: changed(now.bucket, { policy: undefined }) } : {}),
  };
}

/** True where nobody looked inside the server that runs and answers since something made that necessary. */
export function isInsideUnread(server: Seen<ServerHave>): boolean {
  const { inspection, inspectionProblem, online, state } = known(server) ?? {};
  return state === 'running' && online === true && inspection === undefined && inspectionProblem === undefined;
}

/** True where only a deep reading can tell what `paired` left out. */
export function isLacking({ bucket, server }: Site): boolean {
  const { policy, problems = [] } = known(bucket) ?? {};
  return isInsideUnread(server) || (bucket.kind === 'known' && policy === undefined && problems.length === 0);
}

/** True where two resources were read at one time: what could not be read since says nothing of what could. */
export function areOfOneTime(one: Seen<unknown>, other: Seen<unknown>): boolean {
  return isOld(one) === isOld(other);
}

function isOld(seen: Seen<unknown>): boolean {
  return seen.kind === 'known' && seen.old !== undefined;
}

function changed<Have>(seen: Seen<Have>, change: Partial<Have>): Seen<Have> {
  return seen.kind === 'known' ? { ...seen, have: { ...seen.have, ...change } } : seen;
}

/** Which volume is attached to what. */
function attachedOf(volume: Seen<VolumeHave>): unknown {
  if (volume.kind !== 'known') return volume.kind;
  const { attachment, volumeId } = volume.have;
  return [volumeId, attachment?.instanceId, attachment?.state];
}
