import type { Op } from '../../core/op';
import type { PowerChange } from '../../core/resources/server/power';
import type { SiteHave } from '../../core/resources/stack';
import type { App } from '../app';
import { RETRY_SECONDS } from '../prices';
import { siteCommand, type Bench } from '../siteCommand';
import { tell } from '../tell';

const WORDS = {
  start: { verb: 'Start', doing: 'Starting' },
  stop: { verb: 'Stop', doing: 'Stopping' },
  reboot: { verb: 'Reboot', doing: 'Rebooting' },
} as const;

/** The command that starts, stops or reboots the server. It gives the keys of the steps it ran. */
export function powerServer(change: PowerChange) {
  const { doing, verb } = WORDS[change];
  return (app: App, argument: unknown): Promise<readonly string[] | undefined> =>
    siteCommand(app, argument, async (bench) => {
      const { aws, confirm, context, options, site, working } = bench;
      const keys = await working(`${doing} the server of ${site.name}`, (op) =>
        confirm(
          {
            question: `${verb} the server of “${site.name}”?`,
            verb,
            plan: async (planOp) => {
              const have = await aws.describeSite(context, planOp);
              const plan = aws.planPower(change, context, have);
              const costs = change === 'stop' && plan.length > 0 ? await stillCosting(bench, have, planOp) : [];
              return { plan, about: [...aws.powerNotes(change, context, have), ...costs] };
            },
          },
          op,
        ),
      );
      if (keys && !options) void tell(`“${site.name}”: ${outcome(change, keys)}`);
      return keys;
    });
}

/** What the site costs while its server is stopped. */
async function stillCosting({ app, aws, context }: Bench, have: SiteHave, op: Op): Promise<string[]> {
  const source = { cache: aws.folderCache(app.cacheFolder), retrySeconds: RETRY_SECONDS };
  const { lines, notes, sum } = await aws.whatStillCosts(context, have, source, op);
  return [`What still costs while it is stopped: ${sum} (${lines.join('; ')}). ${notes.join(' ')}`];
}

function outcome(change: PowerChange, keys: readonly string[]): string {
  switch (change) {
    case 'start':
      return keys.length === 0 ? 'the server runs already.' : 'the server runs.';
    case 'stop':
      return keys.length === 0 ? 'the server is stopped already.' : 'the server is stopped. Start Server… starts it.';
    case 'reboot':
      return keys.includes('askReboot') ? 'AWS was asked to reboot the server.' : 'the server has rebooted.';
  }
}
