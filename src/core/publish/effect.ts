import type { Effect, SiteHave } from '../resources/stack';
import type { Site } from '../site';
import type { Deployed } from './pages/deployPages';
import type { ReleasePlan } from './releasePlan';

/** What a publication changed of what is read of its site: the server told of its inside, so that no look there is needed; the bucket is read again. */
export function effectOf({ distribution: { serves } }: Pick<Site, 'distribution'>, { outcome, removed }: Done): Effect {
  const { deployed, stored } = outcome;
  const isBucketChanged = stored.size > 0 || removed.length > 0 || (serves === 'site' && deployed !== undefined);
  const reread = isBucketChanged ? (['bucket'] as const) : [];
  return deployed ? { reread, told: (before) => withInside(before, deployed) } : { reread };
}

type Done = Pick<ReleasePlan, 'outcome' | 'removed'>;

function withInside(before: SiteHave, { freeBytes, inside }: Deployed): SiteHave {
  const { server } = before;
  const inspection = server.kind === 'known' ? server.have.inspection : undefined;
  if (server.kind !== 'known' || !inspection) return before;
  const mount = inspection.mount && { ...inspection.mount, freeBytes: freeBytes ?? inspection.mount.freeBytes };
  return {
    ...before,
    server: { ...server, have: { ...server.have, inspection: { ...inspection, ...inside, mount } } },
  };
}
