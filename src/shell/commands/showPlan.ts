import { chargesOfSite } from '../../core/cost/siteCharges';
import { chargesOf } from '../../core/plan';
import type { App } from '../app';
import { openText } from '../person';
import { planTable } from '../planTable';
import { findingLines } from '../preflight';
import { pricesOf } from '../prices';
import { siteCommand } from '../siteCommand';

/** Shows in an editor what *Provision All…* would do and what that, and the site, costs a month; gives the text. Nothing is changed. */
export function showPlan(app: App, argument: unknown): Promise<string | undefined> {
  return siteCommand(app, argument, async ({ aws, context, options, site, working }) => {
    const { clients } = context;
    const text = await working(`Planning ${site.name}`, async (op) => {
      const { account, arn } = await aws.requireAccount(clients, site.account, op);
      op.report('Looking at what is there');
      const have = await aws.describeSite(context, op);
      const plan = aws.planProvision('all', context, have);
      const findings = findingLines(await aws.preflight(context, have, plan, op));
      const now = chargesOfSite(have);
      op.report('Looking up prices');
      const prices = await pricesOf(app, clients, site.region, [...now.charges, ...chargesOf(plan)], op);
      const where = [`Account ${account}, region ${site.region}`, `as ${arn}`];
      return planTable({ name: site.name, where, findings, plan, now, prices });
    });
    if (!options) await openText(app, `Plan for ${site.name}`, text);
    return text;
  });
}
