import type { Seen } from './resource';
import type { ResourceName, SiteHave } from './stack';

/** A reading with what the one before knew in place of what could not be read this time, marked as old with the reason. */
export function keepSeen(before: SiteHave | undefined, now: SiteHave): SiteHave {
  if (!before) return now;
  return {
    server: keep(before.server, now.server),
    volume: keep(before.volume, now.volume),
    bucket: keep(before.bucket, now.bucket),
    distribution: keep(before.distribution, now.distribution),
  };
}

/** All that is known of a site, marked as old because nothing could be read. */
export function allOld(have: SiteHave, reason: string): SiteHave {
  const unread = { kind: 'unknown', reason } as const;
  return keepSeen(have, { server: unread, volume: unread, bucket: unread, distribution: unread });
}

/** The resources that a reading could not read. */
export function unreadOf(have: SiteHave): ResourceName[] {
  const names = Object.keys(have) as ResourceName[];
  return names.filter((name) => {
    const seen = have[name];
    return seen.kind === 'unknown' || (seen.kind === 'known' && seen.old !== undefined);
  });
}

/** True when two readings would show the same. */
export function isSameSeen(before: SiteHave | undefined, now: SiteHave): boolean {
  return before !== undefined && textOf(before) === textOf(now);
}

function keep<Have>(before: Seen<Have>, now: Seen<Have>): Seen<Have> {
  return now.kind === 'unknown' && before.kind === 'known' ? { ...before, old: now.reason } : now;
}

/** The objects of a bucket change with publications, whose looks are deep anyway, so their number will do. */
function textOf(have: SiteHave): string {
  return JSON.stringify(have, (_, value: unknown) => (value instanceof Map ? value.size : value));
}
