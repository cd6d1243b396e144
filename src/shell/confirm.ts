import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '../core/aws/clients';
import type { Context } from '../core/context';
import { UserError, type Op } from '../core/op';
import type { Charge } from '../core/cost/charge';
import type { Prices } from '../core/cost/prices';
import { chargesOf, run, samePlan, stepsOf, type Plan, type Step } from '../core/plan';
import { replacesUnseen } from '../core/publish/unseen';
import type { Effect } from '../core/resources/effect';
import type { Unattended } from './options';
import type { Person } from './person';
import { plainText } from '../core/plainText';
import { planDocument, planLines, planLog, stepLine, type Shown } from './planText';

/** A plan that is to be shown, confirmed and run. */
export interface Proposal {
  /** Question that the user answers, e.g. “Provision demo?”. */
  readonly question: string;
  /** Label of the button that agrees, a verb. */
  readonly verb: string;
  /** Makes the plan from what AWS shows now. */
  plan(op: Op): Promise<Proposed>;
  /** Where somebody may agree, or has agreed, to all such plans. */
  readonly standing?: Standing | undefined;
}

/** What holds for all plans of a kind that lose nothing and replace no release which this folder has not seen; those are always asked about. */
export interface Standing {
  readonly isGiven: boolean;
  give(): Promise<void>;
  /** Where nobody is to be interrupted: is told what must be asked about, and nothing is done. */
  readonly defer?: (reasons: readonly string[]) => void;
}

/** A plan and what is to be known before its steps: totals, sizes, the root folder. */
export interface Proposed {
  readonly plan: Plan;
  readonly about: readonly string[];
  /** All that it changes of what is read of the site, once it ran; without it nobody knows, and all is read again. */
  readonly effect?: Effect;
}

/** What confirming needs: somebody to ask, the account of the credentials, and who must know that AWS changes. */
export interface Desk {
  readonly person: Person;
  requireAccount(clients: Context['clients'], account: string, op: Op): Promise<Identity>;
  during<Result>(work: () => Promise<Result>, effect: Proposed['effect']): Promise<Result>;
  /** The prices of charges, as far as they can be had soon. */
  prices?(charges: readonly Charge[], op: Op): Promise<Prices>;
  /** Keeps a line of what is about to run. */
  note?(line: string): void;
}

const SHOW_ALL = 'Show All';
const SHOWN_FILES = 8;
const MEANING =
  '“Don’t Ask Again” holds for this site and account in this folder on this computer, but never for many removals nor for a release that this folder has not seen.';
const STILL_ASKED = [
  'You chose not to be asked before this site is published, but this must be answered each time.',
  '',
];

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
  let isLasting = false;
  const { standing } = proposal;
  while (proposed.plan.length > 0 && (!options || loses(proposed.plan, 'data'))) {
    const reasons = reasonsToAsk(proposed.plan);
    if (standing?.isGiven && reasons.length === 0) break;
    if (standing?.defer) {
      standing.defer(reasons);
      return undefined;
    }
    const prices = options ? undefined : await pricesFor(desk, proposed.plan, op);
    op.report('Waiting for your answer');
    if (standing?.isGiven) news = [...STILL_ASKED, ...news];
    const shown = { where: [...news, ...where], ...proposed, prices };
    const answer = options ? 'once' : await agrees(desk.person, proposal, shown, op);
    if (!answer) return undefined;
    isLasting = answer === 'always';
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
  const { effect, plan } = proposed;
  if (options && !options.removals && loses(plan, 'files')) {
    throw new UserError(
      'More than ten files and more than a tenth of the site would be removed, and the caller does not allow that ("removals": true). Nothing was changed.',
    );
  }
  if (isLasting) await standing?.give();
  if (plan.length > 0) {
    for (const line of planLog({ where, ...proposed })) desk.note?.(line);
    await desk.during(() => run(plan, op), effect);
  }
  return stepsOf(plan).map(({ key }) => key);
}

async function pricesFor(desk: Desk, plan: Plan, op: Op): Promise<Prices | undefined> {
  const charges = chargesOf(plan);
  if (charges.length === 0 || !desk.prices) return undefined;
  op.report('Looking up prices');
  return desk.prices(charges, op);
}

async function agrees(
  person: Person,
  { question, verb, standing }: Proposal,
  shown: Shown,
  op: Op,
): Promise<'once' | 'always' | undefined> {
  const { lines, hidden } = planLines(shown);
  const warns = stepsOf(shown.plan).some(({ loses: what }) => what !== undefined);
  const always = `${verb} and Don’t Ask Again`;
  const isOffered = standing !== undefined && reasonsToAsk(shown.plan).length === 0;
  const meaning = isOffered ? ['', MEANING] : [];
  const buttons = [verb, ...(isOffered ? [always] : []), ...(hidden > 0 ? [SHOW_ALL] : [])];
  for (;;) {
    const answer = await person.chooses({ question, lines: [...lines, ...meaning], warns }, buttons);
    if (answer === always) return 'always';
    if (answer !== SHOW_ALL) return answer === verb ? 'once' : undefined;
    if (!(await person.reads(question, planDocument(question, shown), op.signal))) return undefined;
  }
}

/** The steps that nobody can agree to before they are known. */
function reasonsToAsk(plan: Plan): string[] {
  const isAsked = (step: Step) => step.loses !== undefined || replacesUnseen(step);
  return stepsOf(plan)
    .filter(isAsked)
    .map((step) => stepLine(step));
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
  // Of data, the title tells which: the volume that goes may be another one by now.
  const losses = (plan: Plan) => stepsOf(plan).map(({ loses: what, title }) => [what, what === 'data' ? title : '']);
  return samePlan(one, other) && isDeepStrictEqual(losses(one), losses(other));
}
