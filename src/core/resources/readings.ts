import type { Seen } from './resource';
import type { Effect } from './effect';
import type { ResourceName, Scope, SiteHave } from './stack';

/** All that is known of a site, marked as old because nothing could be read. */
export function allOld(have: SiteHave, reason: string): SiteHave {
  return {
    server: old(have.server, reason),
    volume: old(have.volume, reason),
    bucket: old(have.bucket, reason),
    distribution: old(have.distribution, reason),
  };
}

/** What was read before, with what was done since then, and all that is to be read again; nothing where nothing was read. */
export function afterEffects(
  before: SiteHave | undefined,
  effects: readonly Effect[],
): { readonly site: SiteHave | undefined; readonly reread: readonly ResourceName[] } {
  if (!before) return { site: undefined, reread: [] };
  let site = before;
  const names = new Set<ResourceName>();
  for (const effect of effects) {
    const after = effect(site);
    ({ site } = after);
    for (const name of after.reread) names.add(name);
  }
  return { site, reread: [...names] };
}

/** The resources that a reading could not read. */
export function unreadOf(have: SiteHave): ResourceName[] {
  const names = Object.keys(have) as ResourceName[];
  return names.filter((name) => {
    const seen = have[name];
    return seen.kind === 'unknown' || (seen.kind === 'known' && seen.old !== undefined);
  });
}

/** The resources that a reading of a scope has read. */
export function namesRead(have: SiteHave, scope: Scope): ResourceName[] {
  const unread = unreadOf(have);
  const names = typeof scope === 'string' ? (Object.keys(have) as ResourceName[]) : scope;
  return names.filter((name) => !unread.includes(name));
}

/** True when two readings would show the same. */
export function isSameSeen(before: SiteHave | undefined, now: SiteHave): boolean {
  return before !== undefined && textOf(before) === textOf(now);
}

function old<Have>(seen: Seen<Have>, reason: string): Seen<Have> {
  return seen.kind === 'known' ? { ...seen, old: reason } : { kind: 'unknown', reason };
}

/** The objects of a bucket change with publications, after which it is read anyway, so their number will do. */
function textOf(have: SiteHave): string {
  return JSON.stringify(have, (_, value: unknown) => (value instanceof Map ? value.size : value));
}
