import { sequence } from '../../core/plan';
import type { Effect } from '../../core/resources/effect';
import type { App } from '../app';
import { siteCommand, type Bench } from '../siteCommand';
import { openSiteFile, siteFileStep } from '../siteFileStep';
import { tell } from '../tell';

const EFFECT: Effect = (site) => ({ site, reread: ['distribution'] });

/** The command that enables the distribution, or disables it, as the site file wants it from then on. It gives the keys of the steps it ran. */
export function switchDistribution(enabled: boolean) {
  return (app: App, argument: unknown): Promise<readonly string[] | undefined> =>
    siteCommand(app, argument, (bench) => switchHere(bench, enabled));
}

async function switchHere(
  { aws, confirm, context, folder, options, site, working }: Bench,
  enabled: boolean,
): Promise<readonly string[] | undefined> {
  const verb = enabled ? 'Enable' : 'Disable';
  const about = enabled
    ? ['Readers get what it offers within minutes.']
    : [
        'It keeps its name and its settings, and bucket and server stay as they are. Nothing can be published while it is disabled.',
      ];
  const keys = await working(`${enabled ? 'Enabling' : 'Disabling'} the distribution of ${site.name}`, (op) =>
    confirm(
      {
        question: `${verb} the distribution of “${site.name}”?`,
        verb,
        plan: async (planOp) => {
          const wanted = aws.parseSite((await openSiteFile(folder)).getText()).distribution.enabled;
          // That it is enabled goes without saying.
          const value = enabled ? undefined : false;
          const writing = wanted === enabled ? [] : [[siteFileStep(folder, ['distribution', 'enabled'], value)]];
          const plan = sequence(writing, await aws.planSwitch(context, enabled, planOp));
          return { plan, about, effect: EFFECT };
        },
      },
      op,
    ),
  );
  if (keys && !options) void tell(outcome(keys.length, enabled));
  return keys;
}

function outcome(count: number, enabled: boolean): string {
  if (count === 0) return `Nothing to do: the distribution is ${enabled ? 'enabled' : 'disabled'} already.`;
  return enabled
    ? 'The distribution is enabled: readers get what it offers.'
    : 'The distribution is disabled. “Enable Distribution…” lets readers in again.';
}
