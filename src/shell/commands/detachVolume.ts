import type { App } from '../app';
import { siteCommand } from '../siteCommand';
import { tell } from '../tell';

/** Unmounts the volume and takes it off the server; it keeps its pages. It gives the keys of the steps it ran. */
export function detachVolume(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  return siteCommand(app, argument, async ({ aws, confirm, context, options, site, working }) => {
    const keys = await working(`Detaching the volume of ${site.name}`, (op) =>
      confirm(
        {
          question: `Detach the volume of “${site.name}”?`,
          verb: 'Detach',
          plan: async (planOp) => ({
            plan: aws.detachStages(context, await aws.describeSite(context, planOp)),
            about: ['The volume keeps its pages and goes on costing. Attach Volume… brings it back.'],
          }),
        },
        op,
      ),
    );
    if (keys && !options) {
      const nothing = `The volume of “${site.name}” is not attached to its server.`;
      void tell(keys.length === 0 ? nothing : `The volume of “${site.name}” is detached and keeps its pages.`);
    }
    return keys;
  });
}
