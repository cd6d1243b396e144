import { UserError } from '../../core/op';
import { moment } from '../../core/release/moment';
import type { SiteSnapshot } from '../../core/resources/volume/snapshots';
import type { App } from '../app';
import type { Unattended } from '../options';
import { siteCommand } from '../siteCommand';
import { askWhich, tell } from '../tell';

/** Options of *Restore Snapshot…*. */
export interface RestoreOptions extends Unattended {
  /** Id of the snapshot, such as `snap-0123456789abcdef0`. */
  readonly snapshot: string;
}

const TAKE = { title: 'Snapshot Volume…', command: 'sitelift.snapshotVolume' };

/** Puts a volume made from a snapshot in the place of the site’s volume, which is kept. It gives the keys of the steps it ran. */
export function restoreSnapshot(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  return siteCommand<readonly string[] | undefined, RestoreOptions>(app, argument, async (bench) => {
    const { aws, confirm, context, options, site, working } = bench;
    if (options && typeof options.snapshot !== 'string') {
      throw new UserError(
        'Options passed to this command must name the snapshot: { "snapshot": "snap-0123456789abcdef0" }.',
      );
    }
    const snapshotId =
      options?.snapshot ??
      (await working(`Looking for the snapshots of ${site.name}`, async (op) => {
        await aws.requireAccount(context.clients, site.account, op);
        return aws.listSiteSnapshots(context, op);
      }).then(choose));
    if (snapshotId === undefined) return undefined;
    const keys = await working(`Restoring a snapshot of ${site.name}`, (op) =>
      confirm(
        {
          question: `Restore the snapshot ${snapshotId} of “${site.name}”?`,
          verb: 'Restore',
          plan: async (planOp) => {
            const [have, snapshots] = await Promise.all([
              aws.describeSite(context, planOp),
              aws.listSiteSnapshots(context, planOp),
            ]);
            return {
              plan: aws.planRestore(context, have, snapshots, snapshotId),
              about: aws.restoreNotes(have, snapshotId),
            };
          },
        },
        op,
      ),
    );
    if (keys && keys.length > 0 && !options) {
      void tell(
        `“${site.name}” serves the pages of its snapshot. The former volume is kept and costs: Find Leftovers shows it. Publish Site brings the newest pages again.`,
      );
    }
    return keys;
  });
}

async function choose(snapshots: readonly SiteSnapshot[]): Promise<string | undefined> {
  const usable = snapshots.filter(({ state }) => state === 'completed');
  if (usable.length === 0) {
    const pending = snapshots.length > usable.length ? ' Those that are not complete yet cannot be restored.' : '';
    throw new UserError(`This site has no snapshot to restore.${pending}`, { remedy: TAKE });
  }
  const items = usable.map(({ name, sizeGib, snapshotId, startedMs, volumeId }) => ({
    label: moment(new Date(startedMs).toISOString()),
    description: `${name} · ${sizeGib} GiB`,
    detail: `${snapshotId} of ${volumeId}`,
    snapshotId,
  }));
  return (await askWhich('Snapshot to restore; the plan comes next', items))?.snapshotId;
}
