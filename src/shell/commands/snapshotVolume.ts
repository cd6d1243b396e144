import { randomUUID } from 'node:crypto';
import type { App } from '../app';
import type { Unattended } from '../options';
import { siteCommand } from '../siteCommand';
import { askLine, tell } from '../tell';

/** Options of *Snapshot Volume…*. */
export interface SnapshotOptions extends Unattended {
  /** What the snapshot is to be called. */
  readonly name?: string;
}

const LONGEST = 200;

/** Takes a snapshot of the volume as it is now. It gives the keys of the steps it ran. */
export function snapshotVolume(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  return siteCommand<readonly string[] | undefined, SnapshotOptions>(app, argument, async (bench) => {
    const { aws, confirm, context, options, site, working } = bench;
    const name = options ? (options.name ?? '') : await askName();
    if (name === undefined) return undefined;
    // One click makes one snapshot, however often it is tried.
    const request = { id: randomUUID(), name };
    const keys = await working(`Taking a snapshot of the volume of ${site.name}`, (op) =>
      confirm(
        {
          question: `Take a snapshot of the volume of “${site.name}”?`,
          verb: 'Take Snapshot',
          plan: async (planOp) => {
            const [have, snapshots] = await Promise.all([
              aws.describeSite(context, planOp),
              aws.listSiteSnapshots(context, planOp),
            ]);
            return {
              plan: aws.planSnapshot(context, have, snapshots, request),
              about: [
                'The site goes on serving. The snapshot holds what is on the disk at this moment, as after a power cut; all that was published is in it.',
                'AWS stores it over minutes, even when this is cancelled. Restore Snapshot… brings its pages back; you delete it in the EC2 console.',
              ],
            };
          },
        },
        op,
      ),
    );
    if (keys && keys.length > 0 && !options) void tell(`The volume of “${site.name}” has a snapshot more.`);
    return keys;
  });
}

function askName(): Thenable<string | undefined> {
  const prompt = 'What the snapshot is to be called in AWS; leave it empty for just the name of the site.';
  return askLine(prompt, 'before the new layout', (line) =>
    line.length > LONGEST ? `At most ${LONGEST} characters.` : undefined,
  );
}
