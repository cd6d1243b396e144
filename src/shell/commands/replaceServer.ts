import type { App } from '../app';
import { siteCommand } from '../siteCommand';
import { tell } from '../tell';

/** Puts a new instance of the newest image in the place of the server; it takes over the volume. It gives the keys of the steps it ran. */
export function replaceServer(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  return siteCommand(app, argument, async ({ aws, confirm, context, options, site, working }) => {
    const keys = await working(`Replacing the server of ${site.name}`, (op) =>
      confirm(
        {
          question: `Replace the server of “${site.name}”?`,
          verb: 'Replace',
          plan: async (planOp) => {
            const have = await aws.describeSite(context, planOp);
            return { plan: aws.planReplace(context, have), about: aws.replaceNotes(context, have) };
          },
        },
        op,
      ),
    );
    if (keys && keys.length > 0 && !options) {
      void tell(`“${site.name}” has a new server with the same pages.`);
    }
    return keys;
  });
}
