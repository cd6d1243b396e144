import type { Context } from '../context';
import { UserError } from '../op';
import { awsTimeMs } from '../aws/store';
import type { Intent, LedgerRead, Origin } from './ledger';
import { moment } from './moment';

/** How long a publication counts without a sign of life, how often one is given, and how long AWS may take for that. */
export interface Pace {
  readonly expirySeconds: number;
  readonly renewalSeconds: number;
  readonly answerSeconds: number;
}

/** Clocks may be wrong by five minutes before AWS says so, so that a sign of life must count for much longer than that. */
export const PACE: Pace = { expirySeconds: 900, renewalSeconds: 120, answerSeconds: 15 };
/** The ids of the turns that this process has now. */
export const ownTurns = new Set<string>();

/** Throws `UserError` while somebody else's publication goes on. */
export function requireFree(context: Context, origin: Origin, read: LedgerRead, pace: Pace = PACE): void {
  const { publishing } = read.ledger;
  if (publishing && !isVoid(context, origin, read, publishing, pace)) throw refusal(publishing, read.writtenMs, pace);
}

/** True when whoever publishes has given no sign of life for so long that it counts as cut short. */
export function isExpired(context: Context, { writtenMs }: LedgerRead, pace: Pace = PACE): boolean {
  return awsTimeMs(context) - writtenMs >= pace.expirySeconds * 1000;
}

/** Throws `UserError` while anybody's publication goes on, to whoever only looks. */
export function requireQuiet(context: Context, read: LedgerRead): void {
  const { publishing } = read.ledger;
  if (!publishing || publishing.isOver || isExpired(context, read)) return;
  throw new UserError(
    `${publishing.by} is publishing this site from “${publishing.folder}” on ${publishing.host}, so that it is changing. Verify it once that has ended.`,
  );
}

function isVoid(context: Context, { place, host }: Origin, read: LedgerRead, intent: Intent, pace: Pace): boolean {
  if (intent.isOver || isExpired(context, read, pace)) return true;
  // Several computers may share a home folder and thus a place, but not their processes.
  if (intent.place !== place || intent.host !== host) return false;
  return intent.processId === process.pid ? !ownTurns.has(intent.id) : !isRunning(intent.processId);
}

function refusal(intent: Intent, writtenMs: number, pace: Pace): UserError {
  const end = new Date(writtenMs + pace.expirySeconds * 1000);
  return new UserError(
    `${intent.by} is publishing this site from “${intent.folder}” on ${intent.host} since ${moment(intent.at)}. Nothing was uploaded. ` +
      `Wait until that has ended and publish again; if it was cut short, publish again after ${moment(end.toISOString())}.`,
  );
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
