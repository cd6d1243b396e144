import { rootFolder } from '../../core/site';
import type { Op } from '../../core/op';
import { UserError } from '../../core/op';
import type { Rollback } from '../../core/publish/planRollback';
import { warningsOf } from '../../core/publish/warnings';
import { moment } from '../../core/release/moment';
import type { Releases } from '../../core/release/releases';
import type { App } from '../app';
import type { Proposed } from '../confirm';
import { isNode, type Unattended } from '../options';
import { siteCommand } from '../siteCommand';
import { publisherOf } from '../siteMemory';
import { askWhich } from '../tell';
import { tellAftermath, type Aftermath } from '../tellAftermath';
import { releaseView } from '../views/releaseView';

/** Options of *Roll Back…*. */
export interface RollbackOptions extends Unattended {
  /** When the release was published, as the list of releases tells it. */
  readonly at: string;
}

/** What a rollback did. */
export interface RolledBack extends Aftermath {
  /** Id of the release that is current now. */
  readonly release: string;
  /** When that was published which readers see again, as ISO 8601 text. */
  readonly restored: string;
  readonly steps: readonly string[];
}

/** Makes an earlier release the current one. */
export function rollback(app: App, argument: unknown): Promise<RolledBack | undefined> {
  return siteCommand<RolledBack | undefined, RollbackOptions>(app, argument, async (bench) => {
    const { aws, context, folder, options, site, working } = bench;
    const root = rootFolder(folder.uri.fsPath, site);
    const { publisher, remember } = await publisherOf(app, aws, folder, site, root);
    if (options && options.at === undefined) {
      throw new UserError(
        'Options passed to this command must name the release: { "at": "2026-11-24T00:14:00.000Z" }.',
      );
    }
    const chosen = isNode(argument) && argument.kind === 'release' ? argument.release.at : options?.at;
    const at =
      chosen ??
      (await working(`Looking for the releases of ${site.name}`, (op) =>
        aws.readReleases(context, publisher.cache, op),
      ).then((releases) => choose(releases)));
    if (at === undefined) return undefined;
    const done = await working(`Rolling back ${site.name}`, (op) =>
      aws.withPublishing(context, publisher, async (publishing) => {
        let came = () => ({ release: '', of: at, warnings: [] as readonly string[] });
        let samples: Rollback['samples'] = () => [];
        const plan = async (planOp: Op): Promise<Proposed> => {
          const back = await publishing.planRollback(at, planOp);
          const { outcome } = back;
          came = () => ({ release: outcome.release, of: back.release.at, warnings: warningsOf(site, outcome) });
          ({ samples } = back);
          const about = back.removed.length > 0 ? [`To remove: ${back.removed.length}`] : [];
          return { plan: back.plan, about, effect: aws.effectOf(back) };
        };
        const question = `Roll “${site.name}” back?`;
        const steps = await bench.confirm({ question, verb: 'Roll Back', plan }, op);
        if (!steps) return undefined;
        const { of, release, warnings } = came();
        await remember(release);
        const outside = await aws.lookFromOutside(samples(), context.clients.proxy, op);
        return { release, restored: of, outside, warnings, steps };
      }),
    );
    if (done && !options) {
      const what = `the release of ${moment(done.restored)}`;
      void tellAftermath(
        app,
        done.steps.length === 0 ? `Nothing to do: ${what} is the current one.` : `“${site.name}” is back at ${what}.`,
        done,
      );
    }
    return done;
  });
}

async function choose({ former, isUnreadable }: Releases): Promise<string | undefined> {
  if (isUnreadable)
    throw new UserError('What tells of the releases cannot be read, so none of them can be brought back.');
  if (former.length === 0) throw new UserError('No earlier release is kept yet: there is one once you publish again.');
  const items = former.map((release) => {
    const { label, state } = releaseView(release, false);
    return { label, description: `${state} · by ${release.by}`, at: release.at };
  });
  return (await askWhich('Release to bring back', items))?.at;
}
