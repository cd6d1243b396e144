import * as vscode from 'vscode';
import { UserError, type Op } from '../core/op';
import { run, samePlan, stepsOf, type Plan } from '../core/plan';
import type { Context } from '../core/context';
import type { App } from './app';
import { loadAws } from './chunks';
import type { Unattended } from './options';

/** A plan that is to be shown, confirmed and run. */
export interface Proposal {
  /** Question that the user answers, e.g. “Provision demo?”. */
  readonly question: string;
  /** Label of the button that agrees, a verb. */
  readonly verb: string;
  /** Makes the plan from what AWS shows now. */
  plan(op: Op): Promise<Plan>;
}

const SHOWN_STEPS = 14;

/**
 * Shows account, region and plan, and runs the plan once the user agrees; after the answer it is made again, and shown again
 * if it has become another. Gives the keys of the steps that were run, [] when there was nothing to do, undefined when refused.
 */
export async function confirmAndRun(
  { sites }: App,
  context: Context,
  proposal: Proposal,
  options: Unattended | undefined,
  op: Op,
): Promise<readonly string[] | undefined> {
  const { requireAccount } = await loadAws();
  const { site, clients } = context;
  if (options && options.account !== site.account) {
    throw new UserError(
      `The caller expects account ${options.account}, but this site belongs to ${site.account}. Nothing was changed.`,
    );
  }
  const identity = await requireAccount(clients, site.account, op);
  op.report('Looking at what is there');
  let plan = await proposal.plan(op);
  while (!options) {
    if (plan.length === 0) break;
    op.report('Waiting for your answer');
    const where = `Account ${identity.account}, region ${site.region}\nas ${identity.arn}`;
    if (!(await agrees(proposal, where, plan))) return undefined;
    op.report('Looking again');
    const now = await proposal.plan(op);
    const same = samePlan(plan, now);
    plan = now;
    if (same) break;
  }
  await sites.during(() => run(plan, op));
  return stepsOf(plan).map(({ key }) => key);
}

async function agrees({ question, verb }: Proposal, where: string, plan: Plan): Promise<boolean> {
  const titles = stepsOf(plan).map(({ title }) => `• ${title}`);
  const shown = titles.length > SHOWN_STEPS + 1 ? titles.slice(0, SHOWN_STEPS) : titles;
  const more = titles.length > shown.length ? [`… and ${titles.length - shown.length} more`] : [];
  const detail = [where, '', ...shown, ...more].join('\n');
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, verb)) === verb;
}
