import pLimit from 'p-limit';
import type { Charge } from './cost/charge';
import { isUserError, UserError, type Op } from './op';
import { noteSoFar, type SoFar } from './soFar';

const STEPS_AT_ONCE = 24;

/** One titled, idempotent change. `key` names it across plans; `loses` says what a user must agree to lose; `files` are many published files. */
export interface Step {
  readonly key: string;
  readonly title: string;
  readonly loses?: 'data' | 'uptime' | 'files';
  /** Lines about the single files that it is about. */
  readonly items?: readonly string[];
  /** Bytes that it sends, for steps that send files. */
  readonly sizeBytes?: number;
  /** What it adds to what AWS charges for a month, and what it ends. */
  readonly charges?: readonly Charge[];
  /** What holds as long as it has not begun, e.g. `no page was changed`. */
  readonly untouched?: string;
  /** The step of an earlier stage without which it makes no sense. */
  readonly follows?: string;
  run(op: Op): Promise<void>;
}

/** Stages in order; the steps of one stage run together. An empty plan means there is nothing to do. */
export type Plan = readonly (readonly Step[])[];

/** The plan that does `first` before `second`. */
export function sequence(...plans: readonly Plan[]): Plan {
  return plans.flat();
}

/** The plan that runs several plans side by side, stage by stage. */
export function together(...plans: readonly Plan[]): Plan {
  const stages = Math.max(0, ...plans.map((plan) => plan.length));
  return Array.from({ length: stages }, (_, index) => plans.flatMap((plan) => plan[index] ?? []));
}

/** The steps of all stages in order. */
export function stepsOf(plan: Plan): readonly Step[] {
  return plan.flat();
}

/** All that the steps of a plan add to what AWS charges for a month, and end. */
export function chargesOf(plan: Plan): readonly Charge[] {
  return stepsOf(plan).flatMap(({ charges = [] }) => charges);
}

/** True when both plans would do the same steps in the same stages. */
export function samePlan(one: Plan, other: Plan): boolean {
  const keys = (plan: Plan) => JSON.stringify(plan.map((stage) => stage.map((step) => step.key)));
  return keys(one) === keys(other);
}

/**
 * The only runner of plans. On failure or cancel it starts nothing more, waits for what is in flight, then throws the first error, on which `soFarOf` finds
 * what was done. Where a step is parked, all is done that does not follow it, and then its error is thrown. Progress is the number of finished steps, and of
 * what a step tells of itself, over all steps.
 */
export async function run(plan: Plan, op: Op): Promise<void> {
  const total = stepsOf(plan).length;
  const begun = new Map<Step, string | undefined>();
  const done = new Set<Step>();
  const parked = new Map<string, unknown>();
  for (const stage of plan) {
    const limit = pLimit(STEPS_AT_ONCE);
    let failure: { readonly error: unknown } | undefined;
    const runStep = async (step: Step) => {
      if (failure || (step.follows !== undefined && parked.has(step.follows))) return;
      try {
        op.signal.throwIfAborted();
        begun.set(step, undefined);
        op.report(step.title, done.size / total);
        await step.run({
          signal: op.signal,
          secondMs: op.secondMs,
          report(message, fraction = 0) {
            begun.set(step, message);
            op.report(message, (done.size + fraction) / total);
          },
        });
        done.add(step);
        op.report(step.title, done.size / total);
      } catch (error) {
        if (isParked(error) && !op.signal.aborted) {
          begun.delete(step);
          parked.set(step.key, error);
        } else {
          failure ??= { error };
        }
      }
    };
    await Promise.all(stage.map((step) => limit(runStep, step)));
    if (failure) throw noteSoFar(failure.error, soFarIn(plan, begun, done));
  }
  for (const error of parked.values()) throw noteSoFar(error, soFarIn(plan, begun, done));
}

const PARKED = 'parked';

/** What a step throws that must wait for somebody outside, while the rest of its plan can be done; the next plan has it again. */
export function parkedError(message: string, cause: unknown): UserError {
  return new UserError(message, { cause, code: PARKED });
}

/** True for such an error, also of another bundle. */
export function isParked(error: unknown): boolean {
  return isUserError(error) && error.code === PARKED;
}

function soFarIn(plan: Plan, begun: ReadonlyMap<Step, string | undefined>, done: ReadonlySet<Step>): SoFar {
  const steps = stepsOf(plan);
  return {
    done: steps.filter((step) => done.has(step)),
    begun: steps
      .filter((step) => begun.has(step) && !done.has(step))
      .map((step) => ({ ...step, said: begun.get(step) })),
    waiting: steps.filter((step) => !begun.has(step)),
  };
}
