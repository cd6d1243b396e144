import type { Context } from '../../context';
import { diskCharge } from '../../cost/charge';
import { moment } from '../../release/moment';
import { UserError } from '../../op';
import { sequence, stepsOf, type Plan, type Step } from '../../plan';
import { detachStages } from './detachment';
import { growthStages } from './growth';
import { known, type Seen } from '../resource';
import { makeRestored, switchVolume } from './restoration';
import type { ServerHave } from '../server/server';
import type { SiteSnapshot } from './snapshots';
import { withReader } from '../planProvision';
import type { SiteHave } from '../stack';
import { volume, type VolumeHave } from './volume';
import { requireSameRegion } from '../whereabouts';

const PROVISION = { title: 'Provision Volume…', command: 'sitelift.provisionVolume' };

/**
 * The plan that puts a volume with the bytes of a snapshot in the place of the site's volume, which stays. Throws `UserError` where something of it could not be
 * read, or cannot be done.
 */
export function planRestore(
  context: Context,
  site: SiteHave,
  snapshots: readonly SiteSnapshot[],
  snapshotId: string,
): Plan {
  requireSameRegion(context.site, site);
  const snapshot = requireSnapshot(context, snapshots, snapshotId);
  const { server, volume: have } = requireBoth(site);
  const holderId = have.attachment?.instanceId;
  if (holderId !== undefined && holderId !== server.instanceId) {
    throw new UserError(
      `The volume ${have.volumeId} is attached to another instance (${holderId}). Detach it there first; Sitelift does not take it away. Nothing was changed.`,
    );
  }
  const sizeGib = context.site.volume.sizeGib;
  const made = have.others?.find((one) => one.kind === 'restored' && one.snapshotId === snapshotId);
  const about = `the snapshot ${snapshotId} of ${moment(new Date(snapshot.startedMs).toISOString())}`;
  const making: Step = {
    key: `restoredVolume ${snapshotId}`,
    title: made
      ? `wait for the volume ${made.volumeId}, which an earlier run made from ${about}`
      : `create ${sizeGib} GiB encrypted gp3 volume in ${have.zone} from ${about}`,
    charges: made ? [] : [diskCharge('gp3', sizeGib, 'volume')],
    run: (op) => makeRestored(context, { replacedId: have.volumeId, zone: have.zone, snapshotId }, op),
  };
  const switching: Step = {
    key: 'switchVolume',
    title: `make it the site’s volume instead of ${have.volumeId}, which is kept as it is and goes on costing`,
    run: (op) => switchVolume(context, have.volumeId, snapshotId, op),
  };
  const restored: VolumeHave = {
    ...have,
    ...{ volumeId: made?.volumeId ?? 'restored', attachment: undefined, sizeGib: made?.sizeGib ?? sizeGib, snapshotId },
  };
  const then: SiteHave = {
    ...site,
    server: { kind: 'known', have: unmounted(server) },
    volume: { kind: 'known', have: restored },
  };
  return sequence([[making]], detachStages(context, site), [[switching]], finishing(context, then, snapshot));
}

/** What is to be known before a snapshot is restored. */
export function restoreNotes(site: SiteHave, snapshotId: string): string[] {
  const have = known(site.volume);
  const isCutShort = have?.snapshotId === snapshotId && !have.attachment;
  return [
    'Readers get no pages from the server while the volumes change places, for about a minute.',
    'Images in the bucket stay as they are. The pages are then those of the snapshot until Publish Site brings the newest ones again.',
    ...(isCutShort
      ? [
          `The volume ${have.volumeId} was made from this snapshot and is not attached: Provision Volume… attaches and mounts it as it is.`,
        ]
      : []),
  ];
}

/** What attaches and mounts the volume; the web server begins once the pages are there. */
function finishing(context: Context, site: SiteHave, { sizeGib }: SiteSnapshot): Plan {
  const plan = volume.plan(context, site);
  const isWebServer = ({ key }: Step) => key === 'webServer';
  const rest = plan
    .map((stage) => stage.filter((step) => !isWebServer(step)).map(attachedAnew))
    .filter((stage) => stage.length > 0);
  const last = stepsOf(plan).filter(isWebServer);
  const have = known(site.volume);
  const isGrown = rest.flat().some(({ key }) => key === 'growFileSystem');
  // Its partition is as large as it was then.
  const growth = have && !isGrown ? growthStages(context, { ...have, sizeGib }, undefined).fileSystem : [];
  return withReader(sequence(rest, growth, last.length > 0 ? [last] : []), context, site);
}

/** What the volume is attached to by then is nothing that anybody sees before. */
function attachedAnew(step: Step): Step {
  return step.key === 'attachment' ? { ...step, title: 'attach it to the server' } : step;
}

/** The server once its volume is unmounted, which ends its web server as well. */
function unmounted(server: ServerHave): ServerHave {
  const { inspection } = server;
  if (!inspection) return server;
  const webServer = { ...inspection.webServer, active: false };
  return { ...server, inspection: { ...inspection, webServer, mount: undefined } };
}

function requireSnapshot({ site }: Context, snapshots: readonly SiteSnapshot[], snapshotId: string): SiteSnapshot {
  const found = snapshots.find((one) => one.snapshotId === snapshotId);
  if (!found) throw new UserError(`This site has no snapshot ${snapshotId}, or not any more.`);
  if (found.state !== 'completed') {
    throw new UserError(`The snapshot ${snapshotId} is ${found.state}. It can be restored once it is completed.`);
  }
  if (found.sizeGib > site.volume.sizeGib) {
    throw new UserError(
      `The snapshot ${snapshotId} is of a volume of ${found.sizeGib} GiB, and sitelift.json asks for ${site.volume.sizeGib} GiB. A volume cannot be smaller than its snapshot: write ${found.sizeGib} as “volume.sizeGib”. Nothing was changed.`,
    );
  }
  return found;
}

function requireBoth(site: SiteHave): { readonly server: ServerHave; readonly volume: VolumeHave } {
  const require = <Have>(name: string, seen: Seen<Have>): Have => {
    if (seen.kind === 'unknown') {
      throw new UserError(`The ${name} could not be read, so nothing is planned. ${seen.reason}`);
    }
    const have = known(seen);
    if (!have) throw new UserError(`This site has no ${name} yet.`, { remedy: PROVISION });
    return have;
  };
  const found = { server: require('server', site.server), volume: require('volume', site.volume) };
  if (found.volume.state !== 'error') return found;
  throw new UserError('AWS could not make the volume of this site.', { remedy: PROVISION });
}
