import type { Inspection } from '../remote/inspect';
import type { Effect } from '../resources/effect';
import type { ResourceName } from '../resources/stack';
import type { Deployed } from './pages/deployPages';
import type { ReleasePlan } from './releasePlan';

/**
 * What a publication changes of what is read of its site: the server told of its inside, so that no look there is needed where one was had before;
 * the bucket is read again where it has other objects.
 */
export function effectOf({ outcome }: Pick<ReleasePlan, 'outcome'>): Effect {
  return (before) => {
    // What came of it is known once it has run.
    const { deployed, isBucketChanged } = outcome;
    const { server } = before;
    const inspection = server.kind === 'known' ? server.have.inspection : undefined;
    const reread: ResourceName[] = isBucketChanged ? ['bucket'] : [];
    if (server.kind !== 'known' || !inspection) return { site: before, reread: [...reread, 'server'] };
    const have = { ...server.have, inspection: deployed ? insideAfter(inspection, deployed) : inspection };
    return { site: { ...before, server: { ...server, have } }, reread };
  };
}

function insideAfter(before: Inspection, { freeBytes, inside, isActive }: Deployed): Inspection {
  const { mount, webServer } = before;
  return {
    ...before,
    ...inside,
    webServer: { ...webServer, active: isActive },
    mount: mount && { ...mount, freeBytes: freeBytes ?? mount.freeBytes },
  };
}
