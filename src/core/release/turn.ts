import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { identify } from '../aws/clients';
import type { Context } from '../context';
import { isAbort, opFor, UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import { awsTimeMs } from '../aws/store';
import { readLedger, swapLedger, type Intent, type Ledger, type LedgerRead, type Origin } from './ledger';
import { NO_CACHE } from './localCache';
import { ownTurns, PACE, type Pace } from './signsOfLife';

/** How the steps around a plan read, and what they leave in the ledger. */
export interface Turns {
  /** The first step; its key tells what the plan was made from. */
  readonly begin: Omit<Step, 'run'>;
  /** What the edges may hold old bytes of until all is done, as CloudFront takes it. */
  readonly forgets: readonly string[];
  /** The server may list pages until all is done that were there before the site. */
  readonly stays?: boolean;
  /** The last step, and the ledger that it leaves. */
  readonly end: Omit<Step, 'run'>;
  endsWith(by: By, op: Op): Promise<Ledger>;
}

/** Who does it, and when it began, by AWS's clock. */
export interface By {
  /** ARN of whose credentials are used. */
  readonly by: string;
  /** ISO 8601 text. */
  readonly at: string;
}

const IDENTITY_SECONDS = 3600;
/** How often it is looked at whether a sign of life is due: timers stand still while a computer sleeps. */
const WATCH_SECONDS = 5;

/**
 * The plan during which nobody else changes the site, all of it made from one state of the ledger: its first step writes into that very state that a
 * publication has begun, and its last one what came of it. Somebody else who planned from the same state, or begins meanwhile, changes nothing. What is cut
 * short stays in the ledger as such; that of a computer that died counts as cut short after 15 minutes.
 */
export function inTurn(
  context: Context,
  origin: Origin,
  read: LedgerRead,
  turns: Turns,
  plan: Plan,
  pace: Pace = PACE,
): Plan {
  const turn = new Turn(context, origin, read, turns, pace);
  const first: Step = { ...turns.begin, run: (op) => turn.take(op) };
  const last: Step = { ...turns.end, run: (op) => turn.finish(op) };
  const within = (step: Step): Step => ({ ...step, run: (op) => turn.during((own) => step.run(own), op) });
  return sequence(
    [[first]],
    plan.map((stage) => stage.map(within)),
    [[within(last)]],
  );
}

class Turn {
  readonly #context: Context;
  readonly #origin: Origin;
  readonly #read: LedgerRead;
  readonly #turns: Turns;
  readonly #pace: Pace;
  readonly #id = randomUUID();
  #intent: Intent | undefined;
  #etag: string | undefined;
  #renewedMs = 0;
  #inFlight = 0;
  #hasBegun = false;
  #isOver = false;
  #hasStopped = false;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor(context: Context, origin: Origin, read: LedgerRead, turns: Turns, pace: Pace) {
    this.#context = context;
    this.#origin = origin;
    this.#read = read;
    this.#turns = turns;
    this.#pace = pace;
  }

  /** Writes that a publication begins. Throws `UserError` when the ledger is another than the plan was made from. */
  async take(op: Op): Promise<void> {
    const { arn } = await identify(this.#context.clients, op, IDENTITY_SECONDS);
    this.#intent = {
      ...{ id: this.#id, by: arn, at: new Date(awsTimeMs(this.#context)).toISOString() },
      ...this.#origin,
      ...{ processId: process.pid, renewals: 0, forgets: [...this.#turns.forgets] },
      // Also where it is taken up by whoever does something else.
      ...(this.#turns.stays || this.#read.ledger.publishing?.stays ? { stays: true } : {}),
    };
    ownTurns.add(this.#id);
    const askedMs = Date.now();
    try {
      this.#etag = await swapLedger(this.#context, this.#begun(), this.#read.etag, op);
    } catch (error) {
      // It may have been written all the same.
      await this.#cutShort();
      throw error;
    }
    if (this.#etag === undefined) {
      this.#stop();
      throw new UserError(
        'Somebody else published, or began to, since this was planned. Nothing was changed, and their pages and images were left as they are. Publish again to see what would replace them.',
      );
    }
    this.#renewedMs = askedMs;
    // Nothing else is told of a cancel between two steps.
    op.signal.addEventListener('abort', () => void this.#endIfIdle(op));
    const watchMs = Math.min(this.#pace.renewalSeconds, WATCH_SECONDS) * 1000;
    this.#timer = setInterval(() => void Promise.allSettled([this.#renewWhenDue()]), watchMs).unref();
    if (op.signal.aborted) await this.#endIfIdle(op);
  }

  /** Does the work of one step. Throws `UserError` when another publication may have begun, as after a long sleep of this computer. */
  async during(work: (op: Op) => Promise<void>, op: Op): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#stillHold();
      this.#hasBegun = true;
      const signal = AbortSignal.any([op.signal, this.#lost.signal]);
      setMaxListeners(0, signal);
      await work({ ...op, signal });
    } catch (error) {
      this.#isOver = true;
      // What is aborted because others have begun is not cancelled.
      if (!op.signal.aborted && isAbort(error)) this.#lost.signal.throwIfAborted();
      throw error;
    } finally {
      this.#inFlight -= 1;
      await this.#endIfIdle(op);
    }
  }

  /** Writes what came of it. */
  async finish(op: Op): Promise<void> {
    const { by, at } = this.#intent ?? never();
    const ledger = await this.#turns.endsWith({ by, at }, op);
    clearInterval(this.#timer);
    await Promise.allSettled([this.#renewing]);
    if ((await this.#swap(ledger, op)) === undefined) throw taken();
    this.#stop();
  }

  #begun(): Ledger {
    return { ...this.#read.ledger, publishing: this.#intent };
  }

  /** Replaces the ledger as long as it tells of this turn, also where the answer to an earlier write was lost; undefined when it does not. */
  async #swap(ledger: Ledger, op: Op): Promise<string | undefined> {
    const etag = this.#etag && (await swapLedger(this.#context, ledger, this.#etag, op));
    if (etag !== undefined) return etag;
    const now = await readLedger(this.#context, NO_CACHE, op);
    return now.ledger.publishing?.id === this.#id ? swapLedger(this.#context, ledger, now.etag, op) : undefined;
  }

  async #stillHold(): Promise<void> {
    if (Date.now() - this.#renewedMs >= (this.#pace.expirySeconds * 1000) / 2) await this.#renew();
    if (this.#etag === undefined) throw taken();
  }

  async #renewWhenDue(): Promise<void> {
    if (Date.now() - this.#renewedMs >= this.#pace.renewalSeconds * 1000) await this.#renew();
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    if (this.#etag === undefined || this.#intent === undefined) return;
    const op = opFor(this.#pace.answerSeconds);
    const askedMs = Date.now();
    this.#intent = { ...this.#intent, renewals: this.#intent.renewals + 1 };
    try {
      this.#etag = await this.#swap(this.#begun(), op);
      // Others count from when it was written, whenever the answer came.
      this.#renewedMs = askedMs;
      if (this.#etag === undefined) this.#lost.abort(taken());
    } catch (error) {
      // The SDK tells a time that is over as an abort, and that would be taken for the user's.
      op.signal.throwIfAborted();
      throw error;
    }
  }

  async #endIfIdle({ signal }: Op): Promise<void> {
    if ((this.#isOver || signal.aborted) && this.#inFlight === 0) await this.#cutShort();
  }

  /** Leaves word that it has ended before it was done; where that fails, it counts as such after a while by itself. */
  async #cutShort(): Promise<void> {
    if (this.#hasStopped) return;
    this.#stop();
    await Promise.allSettled([this.#renewing]);
    const left =
      this.#hasBegun && this.#intent
        ? { ...this.#read.ledger, publishing: { ...this.#intent, isOver: true } }
        : withoutLife(this.#read.ledger);
    await Promise.allSettled([this.#swap(left, opFor(this.#pace.answerSeconds))]);
  }

  #stop(): void {
    clearInterval(this.#timer);
    ownTurns.delete(this.#id);
    this.#hasStopped = true;
  }
}

/** A ledger as it was read, whose publication counts as cut short: whoever begins another has found it so. */
function withoutLife(ledger: Ledger): Ledger {
  return ledger.publishing ? { ...ledger, publishing: { ...ledger.publishing, isOver: true } } : ledger;
}

function taken(): UserError {
  return new UserError(
    'This publication was held up so long that somebody else has begun one. Publish again to see what is left to do.',
  );
}

function never(): never {
  throw new Error('A publication ends that never began.');
}
