import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '../core/aws/clients';
import type { Context } from '../core/context';
import { UserError, type Op } from '../core/op';
import { run, samePlan, stepsOf, type Plan, type Step } from '../core/plan';
import type { Unattended } from './options';
import type { Person } from './person';
import { plainText } from '../core/plainText';
import { planDocument, planLines, type Shown } from './planText';

/** A plan that is to be shown, confirmed and run. */
export interface Proposal {
  /** Question that the user answers, e.g. “Provision demo?”. */
  readonly question: string;
  /** Label of the button that agrees, a verb. */
  readonly verb: string;
  /** Makes the plan from what AWS shows now. */
  plan(op: Op): Promise<Proposed>;
}

/** A plan and what is to be known before its steps: totals, sizes, the root folder. */
export interface Proposed {
  readonly plan: Plan;
  readonly about: readonly string[];
}

/** What confirming needs: somebody to ask, the account of the credentials, and who must know that AWS changes. */
export interface Desk {
  readonly person: Person;
  requireAccount(clients: Context['clients'], account: string, op: Op): Promise<Identity>;
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

const SHOW_ALL = 'Show All';
const SHOWN_FILES = 8;

/**
 * Shows account, region and plan, and runs the plan once the user agrees; after the answer it is made again, and shown again
 * if it has become another. Gives the keys of the steps that were run, [] when there was nothing to do, undefined when refused.
 */
export async function confirmAndRun(
  desk: Desk,
  context: Context,
  proposal: Proposal,
  options: Unattended | undefined,
  op: Op,
): Promise<readonly string[] | undefined> {
  const { site, clients } = context;
  if (options && options.account !== site.account) {
    throw new UserError(
      `The caller expects account ${options.account}, but this site belongs to ${site.account}. Nothing was changed.`,
    );
  }
  const identity = await desk.requireAccount(clients, site.account, op);
  const where = [`Account ${identity.account}, region ${site.region}`, `as ${identity.arn}`];
  op.report('Looking at what is there');
  let proposed = await proposal.plan(op);
  let news: readonly string[] = [];
  while (proposed.plan.length > 0 && (!options || loses(proposed.plan, 'data'))) {
    op.report('Waiting for your answer');
    const shown = { where: [...news, ...where], ...proposed };
    if (!options && !(await agrees(desk.person, proposal, shown, op))) return undefined;
    if (!options && !(await letsRemove(desk.person, proposed.plan))) return undefined;
    if (loses(proposed.plan, 'data') && !(await desk.person.types(site.name))) return undefined;
    op.signal.throwIfAborted();
    op.report('Looking again');
    const now = await proposal.plan(op);
    const same = isSamePromise(proposed.plan, now.plan);
    proposed = now;
    if (same) break;
    news = ['What there is to do has changed since you agreed. This is it now:', ''];
  }
  const { plan } = proposed;
  if (options && !options.removals && loses(plan, 'files')) {
    throw new UserError(
      'More published files than a tenth would be removed, and the caller does not allow that ("removals": true). Nothing was changed.',
    );
  }
  if (plan.length > 0) await desk.during(() => run(plan, op));
  return stepsOf(plan).map(({ key }) => key);
}

async function agrees(person: Person, { question, verb }: Proposal, shown: Shown, op: Op): Promise<boolean> {
  const { lines, hidden } = planLines(shown);
  const warns = stepsOf(shown.plan).some(({ loses: what }) => what !== undefined);
  for (;;) {
    const buttons = hidden > 0 ? [verb, SHOW_ALL] : [verb];
    const answer = await person.chooses({ question, lines, warns }, buttons);
    if (answer !== SHOW_ALL) return answer === verb;
    if (!(await person.reads(question, planDocument(question, shown), op.signal))) return false;
  }
}

/** Asks once more about many published files that would be removed: an empty or a wrong folder looks like a site without them. */
async function letsRemove(person: Person, plan: Plan): Promise<boolean> {
  const files = stepsOf(plan).flatMap((step) => (step.loses === 'files' ? (step.items ?? []) : []));
  if (files.length === 0) return true;
  const more = files.length > SHOWN_FILES ? [`… and ${files.length - SHOWN_FILES} more`] : [];
  const lines = [
    'They are published now and will not be any more. They can be brought back as long as this release is kept.',
    '',
    ...files.slice(0, SHOWN_FILES).map((file) => `– ${plainText(file)}`),
    ...more,
  ];
  const question = `Remove ${files.length} published files?`;
  return (await person.chooses({ question, lines, warns: true }, ['Remove'])) === 'Remove';
}

function loses(plan: Plan, what: NonNullable<Step['loses']>): boolean {
  return stepsOf(plan).some((step) => step.loses === what);
}

/** True when both plans do the same and say the same, so that who agreed to one agreed to the other. */
function isSamePromise(one: Plan, other: Plan): boolean {
  const losses = (plan: Plan) => stepsOf(plan).map((step) => step.loses);
  return samePlan(one, other) && isDeepStrictEqual(losses(one), losses(other));
}
