import type { App } from '../app';
import type { ResourceName } from '../../core/resources/stack';
import { checkOnce } from '../preflight';
import { siteCommand, type Bench } from '../siteCommand';
import { tell } from '../tell';

/** The command that provisions one resource with what it needs, or all of them. It gives the keys of the steps it ran. */
export function provision(what: ResourceName | 'all') {
  return (app: App, argument: unknown): Promise<readonly string[] | undefined> =>
    siteCommand(app, argument, provisionHere(what));
}

/** Provisions one resource or all of them for the site of a bench. */
export function provisionHere(what: ResourceName | 'all') {
  const piece = what === 'all' ? 'everything' : `the ${what}`;
  return async (bench: Bench): Promise<readonly string[] | undefined> => {
    const { options, site, context, aws, working, confirm } = bench;
    const check = checkOnce(bench);
    const keys = await working(`Provisioning ${piece} for ${site.name}`, (op) =>
      confirm(
        {
          question: `Provision ${piece} for “${site.name}”?`,
          verb: 'Provision',
          plan: async (planOp) => {
            const have = await aws.describeSite(context, planOp);
            const plan = aws.planProvision(what, context, have);
            const warnings = await check(have, plan, planOp);
            return { plan, about: [...warnings, 'AWS charges for what exists, whether it is used or not.'] };
          },
        },
        op,
      ),
    );
    if (keys && !options) void tell(outcome(site.name, keys.length));
    return keys;
  };
}

function outcome(name: string, count: number): string {
  return count === 0
    ? `Nothing to do: all that was asked for “${name}” is there.`
    : `“${name}”: ${count} ${count === 1 ? 'step' : 'steps'} done.`;
}
