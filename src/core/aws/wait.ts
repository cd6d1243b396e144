import { setTimeout as delay } from 'node:timers/promises';
import { UserError, type Op } from '../op';
import { hasCode, statusOf } from './errors';

/** How long and how often to look: seconds from the first to the slowest interval, and the limit of it all. */
export interface Pace {
  readonly firstSeconds?: number;
  readonly slowestSeconds?: number;
  readonly limitSeconds: number;
  /** Exactly so long until the next look, instead: for what says itself how often it may be asked. */
  readonly intervalSeconds?: () => number;
}

/**
 * The only polling loop: calls `look` until it gives a value, with growing, jittered intervals. Throws `UserError`
 * naming `what` once the limit is over; errors of `look` end the wait.
 */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | undefined>,
  pace: Pace,
  op: Op,
): Promise<Value> {
  const value = await poll(look, pace, op);
  if (value !== undefined) return value;
  const { limitSeconds } = pace;
  const time = limitSeconds < 90 ? `${Math.round(limitSeconds)} s` : `${Math.round(limitSeconds / 60)} min`;
  throw new UserError(`Waited ${time} for ${what}, in vain. Nothing is lost: run the command again to go on waiting.`);
}

/** Repeats `attempt` while `passing` says that its error will pass, at most for the pace's limit; then throws that error. */
export async function retry<Value>(
  attempt: () => Promise<Value>,
  passing: (error: unknown) => boolean,
  pace: Pace,
  op: Op,
): Promise<Value> {
  let last: unknown;
  const outcome = await poll(
    async () => {
      try {
        return { value: await attempt() };
      } catch (error) {
        if (!passing(error)) throw error;
        last = error;
        return undefined;
      }
    },
    pace,
    op,
  );
  if (!outcome) throw last;
  return outcome.value;
}

/** What `find` gives once it gives something, which AWS's lists may show only after a while; undefined when it does not within 30 s, or as long as is said. */
export async function appearance<Value>(
  find: () => Promise<Value | undefined>,
  op: Op,
  limitSeconds = 30,
): Promise<Value | undefined> {
  return poll(find, { limitSeconds }, op);
}

/**
 * What `ask` makes, which knows no client token and so is asked for once; where no answer came, what `find` shows of it by then. Throws what AWS answered,
 * and the error of a request of which nothing came.
 */
export async function madeOnce<Answer, Found>(
  ask: () => Promise<Answer>,
  find: () => Promise<Found | undefined>,
  op: Op,
): Promise<Answer | Found> {
  try {
    return await ask();
  } catch (error) {
    op.signal.throwIfAborted();
    const status = statusOf(error) ?? 0;
    if (status >= 400 && status < 500) throw error;
    const made = await appearance(find, op);
    if (made === undefined) throw error;
    return made;
  }
}

/** Lets so many seconds pass; a cancel ends it. */
export async function pause(seconds: number, { signal, secondMs = 1000 }: Op): Promise<void> {
  await delay(seconds * secondMs, undefined, { signal });
}

async function poll<Value>(look: () => Promise<Value | undefined>, pace: Pace, op: Op): Promise<Value | undefined> {
  const { secondMs = 1000 } = op;
  let end = Date.now() + pace.limitSeconds * 1000;
  let seconds = pace.firstSeconds ?? 0.5;
  for (;;) {
    op.signal.throwIfAborted();
    const value = await look();
    if (value !== undefined || Date.now() + seconds * 1000 > end) return value;
    const pauseSeconds = pace.intervalSeconds?.() ?? seconds * (0.8 + Math.random() * 0.4);
    await pause(pauseSeconds, op);
    // Only the pauses are shorter: looks, however slow, take what they take.
    end -= pauseSeconds * (1000 - secondMs);
    seconds = Math.min(seconds * 1.5, pace.slowestSeconds ?? 5);
  }
}

/** Errors of AWS's eventual consistency: what we have just made is not seen everywhere yet. */
export function isNotSeenYet(error: unknown): boolean {
  return hasCode(
    error,
    '*.NotFound',
    'NoSuchBucket',
    'NoSuchEntity',
    'NoSuchEntityException',
    'InvocationDoesNotExist',
    'IncorrectState',
  );
}

/** Errors of somebody else changing the same thing at the same time. */
export function isConflict(error: unknown): boolean {
  return (
    hasCode(error, 'OperationAborted', 'PreconditionFailed', 'ConflictException', 'ConcurrentModification') ||
    statusOf(error) === 409
  );
}

/** Runs `find` and gives undefined when AWS says that the thing does not exist. */
export async function unlessMissing<Value>(
  find: () => Promise<Value>,
  ...codes: readonly string[]
): Promise<Value | undefined> {
  try {
    return await find();
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}
