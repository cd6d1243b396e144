import { setTimeout as delay } from 'node:timers/promises';
import { isUserError, UserError, type Op } from '../op';
import { hasCode, statusOf } from './errors';

/** How long and how often to look: seconds from the first to the slowest interval, and the limit of it all. */
export interface Pace {
  readonly firstSeconds?: number;
  readonly slowestSeconds?: number;
  readonly limitSeconds: number;
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
  const end = Date.now() + pace.limitSeconds * 1000;
  let seconds = pace.firstSeconds ?? 0.5;
  for (;;) {
    op.signal.throwIfAborted();
    const value = await look();
    if (value !== undefined) return value;
    if (Date.now() + seconds * 1000 > end) {
      throw new UserError(
        `Waited ${Math.round(pace.limitSeconds / 60)} min for ${what}, in vain. Nothing is lost: run the command again to go on waiting.`,
      );
    }
    await delay(seconds * 1000 * (0.8 + Math.random() * 0.4), undefined, { signal: op.signal });
    seconds = Math.min(seconds * 1.5, pace.slowestSeconds ?? 5);
  }
}

/** Repeats `attempt` while `passing` says that its error will pass, at most for the pace's limit; then throws that error. */
export async function retry<Value>(
  attempt: () => Promise<Value>,
  passing: (error: unknown) => boolean,
  pace: Pace,
  op: Op,
): Promise<Value> {
  const end = Date.now() + pace.limitSeconds * 1000;
  const outcome = await waitFor<{ value: Value }>(
    'AWS',
    async () => {
      try {
        return { value: await attempt() };
      } catch (error) {
        if (!passing(error) || Date.now() + 2 * (pace.slowestSeconds ?? 5) * 1000 > end) throw error;
        return undefined;
      }
    },
    pace,
    op,
  );
  return outcome.value;
}

/** True once `find` gives something, which AWS's lists may show only after a while; false when it does not within 30 s. */
export async function appears(find: () => Promise<unknown>, op: Op): Promise<boolean> {
  try {
    await waitFor('it to appear', find, { limitSeconds: 30 }, op);
    return true;
  } catch (error) {
    if (isUserError(error)) return false;
    throw error;
  }
}

/** Errors of AWS's eventual consistency: what we have just made is not seen everywhere yet. */
export function isNotSeenYet(error: unknown): boolean {
  return hasCode(error, '*.NotFound', 'NoSuchBucket', 'NoSuchEntity', 'InvocationDoesNotExist', 'IncorrectState');
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
