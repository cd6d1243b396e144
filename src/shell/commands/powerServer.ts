import type { PowerChange } from '../../core/resources/power';
import type { App } from '../app';
import { siteCommand } from '../siteCommand';
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
    siteCommand(app, argument, async ({ aws, confirm, context, options, site, working }) => {
      const keys = await working(`${doing} the server of ${site.name}`, (op) =>
        confirm(
          {
            question: `${verb} the server of “${site.name}”?`,
            verb,
            plan: async (planOp) => {
              const have = await aws.describeSite(context, planOp);
              return { plan: aws.planPower(change, context, have), about: aws.powerNotes(change, context, have) };
            },
          },
          op,
        ),
      );
      if (keys && !options) void tell(`“${site.name}”: ${outcome(change, keys)}`);
      return keys;
    });
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
