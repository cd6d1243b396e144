import type { Op } from '../core/op';
import { UserError } from '../core/op';
import { run, stepsOf, type Plan, type Step } from '../core/plan';
import { publishedText, toDoText } from '../core/publish/news';
import type { Publishing } from '../core/publish/publishing';
import type { Sighting } from '../core/publish/edge/sighting';
import type { Outcome } from '../core/publish/wanted';
import { warningsOf } from '../core/publish/warnings';
import type { Release } from '../core/release/ledger';
import { moment } from '../core/release/moment';
import type { Arguments } from './arguments';
import type { Session } from './session';

/** What a command found or did. */
export interface Result {
  /** There is something to do, or to put right. */
  readonly isOpen?: boolean;
  /** For people. */
  readonly lines: readonly string[];
  readonly steps: readonly Pick<Step, 'key' | 'title' | 'items' | 'sizeBytes'>[];
  readonly [told: string]: unknown;
}

/** Plans to publish, and unless only the plan is asked for, does it. */
export async function publish(session: Session, given: Arguments, op: Op): Promise<Result> {
  const { aws, context, publisher, thread } = session;
  const work = async (publishing: Publishing): Promise<Result> => {
    // Whose account it is comes before what cannot be read in it.
    const [owner, planned] = await Promise.allSettled([session.requireAccount(), publishing.planPublish(op)]);
    if (owner.status === 'rejected') throw owner.reason;
    if (planned.status === 'rejected') throw planned.reason;
    const { outcome, plan, removed, samples, summary, target } = planned.value;
    const isPlan = given.command === 'plan';
    let outside: readonly Sighting[] = [];
    if (!isPlan) {
      await carryOut(plan, given, op);
      await session.remember(outcome.release);
      outside = await aws.lookFromOutside(samples(), context.clients.proxy, op);
    }
    const { assets, left, notes, pages } = summary;
    const url = aws.siteUrl(context.site, { ...target.distribution, host: target.host });
    const text = isPlan ? toDoText : publishedText;
    const warnings = isPlan ? [] : warningsOf(context.site, outcome);
    return {
      ...{ release: outcome.release, url, domain: target.distribution.domain },
      ...{ pages, assets, removed, left, notes },
      ...othersIn(outcome),
      outside,
      isOpen: isPlan && plan.length > 0,
      steps: toldOf(plan),
      lines: [...notes, text(context.site.name, planned.value), ...[...warnings, ...aws.sightingLines(outside), url]],
    };
  };
  return aws.withPublishing(context, { ...publisher, isWhole: given.everything }, work, thread);
}

/** Brings back an earlier release. */
export async function rollback(session: Session, given: Arguments, op: Op): Promise<Result> {
  const { aws, context, publisher, thread } = session;
  await session.requireAccount();
  const { current, former } = await aws.readReleases(context, publisher.cache, op);
  const { at } = chosen(given.to ?? '', current ? [current, ...former] : former);
  const work = async (publishing: Publishing): Promise<Result> => {
    const { outcome, plan, release, removed, samples, target } = await publishing.planRollback(at, op);
    await carryOut(plan, given, op);
    await session.remember(outcome.release);
    const outside = await aws.lookFromOutside(samples(), context.clients.proxy, op);
    const what = `the release of ${moment(release.at)}`;
    return {
      ...{ release: outcome.release, restored: release.at, removed },
      url: aws.siteUrl(context.site, { ...target.distribution, host: target.host }),
      ...othersIn(outcome),
      outside,
      steps: toldOf(plan),
      lines: [
        plan.length === 0 ? `Nothing to do: ${what} is the current one.` : `Brought back ${what}.`,
        ...warningsOf(context.site, outcome),
        ...aws.sightingLines(outside),
      ],
    };
  };
  return aws.withPublishing(context, publisher, work, thread);
}

/** Tells the releases, and whether somebody publishes. */
export async function status({ aws, context, publisher, requireAccount }: Session, op: Op): Promise<Result> {
  await requireAccount();
  const { current, former, isUnreadable, publishing } = await aws.readReleases(context, publisher.cache, op);
  if (isUnreadable)
    throw new UserError('What tells of the releases (_sitelift/ledger.json in the bucket) cannot be read.');
  const told = ({ id, at, by, host, folder, commit, counts, imported, restores }: Release) => {
    return { id, at, by, host, folder, commit, counts, imported, restores };
  };
  const line = ({ id, at, by, commit, counts, imported }: Release) => {
    const about = imported === undefined ? commit && `commit ${commit.slice(0, 10)}` : 'what the server served before';
    return `${at} ${id.slice(0, 10)} +${counts.added} ~${counts.changed} -${counts.removed} by ${by}${about ? ` (${about})` : ''}`;
  };
  const going =
    publishing &&
    `${publishing.isOver ? 'Cut short' : 'Going on'}: a publication by ${publishing.by} on ${publishing.host} since ${publishing.at}.`;
  return {
    ...{ site: context.site.name, current: current && told(current), former: former.map(told), publishing },
    steps: [],
    lines: [
      current ? `Current: ${line(current)}` : 'Nothing was published yet.',
      ...former.map(line),
      ...(going ? [going] : []),
    ],
  };
}

/** Compares all that is published with the current release. */
export async function verify({ aws, context, publisher, requireAccount }: Session, op: Op): Promise<Result> {
  await requireAccount();
  const verification = await aws.verifySite(context, publisher.cache, op);
  const isOpen = !verification.isWhole;
  const remedy = isOpen ? ['To put it right, run “sitelift publish --everything”.'] : [];
  return { ...verification, isOpen, steps: [], lines: [...aws.verificationLines(verification), ...remedy] };
}

async function carryOut(plan: Plan, { allowRemovals }: Arguments, op: Op): Promise<void> {
  if (!allowRemovals && stepsOf(plan).some(({ loses }) => loses === 'files')) {
    throw new UserError(
      'More than ten files and more than a tenth of the site would be removed, which may be a mistake. Nothing was changed. To let it be, add --allow-removals.',
    );
  }
  await run(plan, op);
}

/** The release that was asked for. Throws `UserError` when it is none, or one of several. */
function chosen(to: string, releases: readonly Release[]): Release {
  const back = /^\d{1,2}$/.test(to) ? releases[Number(to)] : undefined;
  if (back) return back;
  const found = releases.filter(({ at, id }) => at.startsWith(to) || (to.length >= 4 && id.startsWith(to)));
  const [first] = found;
  if (!first) throw new UserError(`No release “${to}” is kept. “sitelift status” lists those that are.`);
  if (found.some(({ id }) => id !== first.id))
    throw new UserError(`“${to}” is the start of several releases. Tell more of it.`);
  return first;
}

/** For programs: paths that others had changed, in the bucket and on the server, and how much room the volume has. */
function othersIn({ deployed, lost }: Outcome) {
  return { lost, leftOnServer: deployed?.leftPaths ?? [], freeBytes: deployed?.freeBytes };
}

function toldOf(plan: Plan): Result['steps'] {
  return stepsOf(plan).map(
    ({ key, title, items, sizeBytes }) => ({ key, title, items, sizeBytes }) as Result['steps'][number],
  );
}
