import { GetObjectCommand } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { identify } from '../aws/clients';
import { statusOf } from '../aws/errors';
import { unlessMissing } from '../aws/wait';
import type { Context } from '../context';
import { PRIVATE_PREFIX } from '../names';
import { opFor, UserError, type Op } from '../op';
import { sequence, type Plan, type Step } from '../plan';
import { jsonValue } from './json';
import { moment } from './moment';
import { awsTimeMs, deleteObject, placeOf, putObject } from './store';

/** Where a publication comes from. */
export interface Origin {
  /** Name of the computer. */
  readonly host: string;
  /** Name of the site's folder there. */
  readonly folder: string;
  /** A random text that this folder on this computer keeps, by which it knows itself again. */
  readonly place: string;
}

/** How the first step of a plan reads, and what it checks once nobody else can change the site. */
export interface Beginning {
  readonly key: string;
  readonly title: string;
  check(op: Op): Promise<void>;
}

/** How long a note holds without a sign of life, how often one is given, and how long AWS may take for that. */
export interface Pace {
  readonly expirySeconds: number;
  readonly renewalSeconds: number;
  readonly answerSeconds: number;
}

/** Clocks may be wrong by five minutes before AWS says so, so that a note that counts must be much longer than that. */
const PACE: Pace = { expirySeconds: 900, renewalSeconds: 120, answerSeconds: 15 };
const KEY = `${PRIVATE_PREFIX}publishing.json`;
const TAKE_ATTEMPTS = 5;

/**
 * The plan during which nobody else changes the site: its first step leaves a note in the bucket that only one can hold, and the note goes with the
 * last step, or with the first that fails. The note of a computer that died is void after 15 minutes.
 */
export function inTurn(context: Context, origin: Origin, beginning: Beginning, plan: Plan, pace: Pace = PACE): Plan {
  const turn = new Turn(context, origin, plan.flat().length, pace);
  const first: Step = {
    key: beginning.key,
    title: beginning.title,
    run: (op) => turn.take(op, () => beginning.check(op)),
  };
  return sequence(
    [[first]],
    plan.map((stage) => stage.map((step) => ({ ...step, run: (op: Op) => turn.during(() => step.run(op), op) }))),
  );
}

interface Note extends Origin {
  readonly id: string;
  readonly by: string;
  readonly processId: number;
  readonly at: string;
}

interface Holder {
  readonly note: Note;
  readonly etag: string;
  readonly renewedMs: number;
}

/** The ids of the turns that this process has now. */
const held = new Set<string>();

class Turn {
  readonly #context: Context;
  readonly #origin: Origin;
  readonly #pace: Pace;
  readonly #id = randomUUID();
  #note: Note | undefined;
  #etag: string | undefined;
  #renewedMs = 0;
  #stepsLeft: number;
  #inFlight = 0;
  #hasFailed = false;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor(context: Context, origin: Origin, steps: number, pace: Pace) {
    this.#context = context;
    this.#origin = origin;
    this.#stepsLeft = steps;
    this.#pace = pace;
  }

  /** Leaves the note, then lets `check` see whether all is still as it was planned. */
  async take(op: Op, check: () => Promise<void>): Promise<void> {
    const { arn } = await identify(this.#context.clients, op);
    const { place, host, folder } = this.#origin;
    const at = new Date(awsTimeMs(this.#context)).toISOString();
    this.#note = { id: this.#id, by: arn, host, folder, place, processId: process.pid, at };
    held.add(this.#id);
    try {
      await this.#leaveNote(op);
      // Nothing else is told of a cancel between two steps.
      op.signal.addEventListener('abort', () => void this.#endIfIdle(op));
      await check();
      op.signal.throwIfAborted();
    } catch (error) {
      await this.#end();
      throw error;
    }
    this.#timer = setInterval(() => void Promise.allSettled([this.#renew()]), this.#pace.renewalSeconds * 1000);
  }

  /** Does the work of one step. Throws `UserError` when the note may be another's by now, as after a long sleep of this computer. */
  async during(work: () => Promise<void>, op: Op): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#stillHold();
      await work();
      this.#stepsLeft -= 1;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    } finally {
      this.#inFlight -= 1;
      await this.#endIfIdle(op);
    }
  }

  async #leaveNote(op: Op): Promise<void> {
    for (let attempt = 1; attempt <= TAKE_ATTEMPTS; attempt += 1) {
      if (await this.#put({ IfNoneMatch: '*' }, op)) return;
      const holder = await readHolder(this.#context, op);
      if (!holder) continue;
      if (holder.note.id === this.#id) {
        // The note was left, and only the answer was lost.
        this.#etag = holder.etag;
        this.#renewedMs = Date.now();
        return;
      }
      if (!this.#isVoid(holder)) throw this.#refusal(holder);
      if (await this.#put({ IfMatch: holder.etag }, op)) return;
    }
    throw new UserError(
      'Others are publishing this site just now. Nothing was uploaded. Wait a minute and publish again.',
    );
  }

  /** True when the note was left; false when somebody else was faster. */
  async #put(condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string }, op: Op): Promise<boolean> {
    const bytes = Buffer.from(JSON.stringify(this.#note));
    try {
      this.#etag = await putObject(this.#context, KEY, bytes, { ContentType: 'application/json', ...condition }, op);
      this.#renewedMs = Date.now();
      return true;
    } catch (error) {
      if ([404, 409, 412].includes(statusOf(error) ?? 0)) return false;
      throw error;
    }
  }

  #isVoid({ note, renewedMs }: Holder): boolean {
    if (awsTimeMs(this.#context) - renewedMs >= this.#pace.expirySeconds * 1000) return true;
    const { place, host } = this.#origin;
    // Several computers may share a home folder and thus a place, but not their processes.
    if (note.place !== place || note.host !== host) return false;
    // One of ours that ended without network, or without valid credentials, could not be taken away.
    return note.processId === process.pid ? !held.has(note.id) : !isRunning(note.processId);
  }

  #refusal({ note, renewedMs }: Holder): UserError {
    const end = new Date(renewedMs + this.#pace.expirySeconds * 1000);
    return new UserError(
      `${note.by} is publishing this site from “${note.folder}” on ${note.host} since ${moment(note.at)}. Nothing was uploaded. ` +
        `Wait until that has ended and publish again; if it was cut short, publish again after ${moment(end.toISOString())}.`,
    );
  }

  async #stillHold(): Promise<void> {
    if (Date.now() - this.#renewedMs < (this.#pace.expirySeconds * 1000) / 2) return;
    await this.#renew();
    if (this.#etag !== undefined) return;
    throw new UserError(
      'This publication was held up so long that somebody else has begun one. Publish again to see what is left to do.',
    );
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    if (this.#etag === undefined) return;
    const op = opFor(this.#pace.answerSeconds);
    try {
      if (!(await this.#put({ IfMatch: this.#etag }, op))) this.#etag = undefined;
    } catch (error) {
      // The SDK tells a time that is over as an abort, and that would be taken for the user's.
      op.signal.throwIfAborted();
      throw error;
    }
  }

  async #endIfIdle({ signal }: Op): Promise<void> {
    const isOver = this.#hasFailed || signal.aborted || this.#stepsLeft === 0;
    if (isOver && this.#inFlight === 0) await this.#end();
  }

  /** Takes the note away if it is ours; where that fails, it is void after a while by itself. */
  async #end(): Promise<void> {
    clearInterval(this.#timer);
    held.delete(this.#id);
    this.#etag = undefined;
    const remove = async () => {
      const op = opFor(this.#pace.answerSeconds);
      const holder = await readHolder(this.#context, op);
      if (holder?.note.id === this.#id) await deleteObject(this.#context, KEY, op);
    };
    await Promise.allSettled([remove()]);
  }
}

async function readHolder(context: Context, op: Op): Promise<Holder | undefined> {
  const answer = await unlessMissing(
    () => context.clients.s3.send(new GetObjectCommand(placeOf(context, KEY)), { abortSignal: op.signal }),
    'NoSuchKey',
  );
  if (!answer?.Body || answer.ETag === undefined) return undefined;
  const unnamed = { id: '', by: 'Somebody', host: '?', folder: '?', place: '', processId: 0, at: '' };
  const told = jsonValue(await answer.Body.transformToString()) as Partial<Note> | null | undefined;
  return { note: { ...unnamed, ...told }, etag: answer.ETag, renewedMs: answer.LastModified?.getTime() ?? 0 };
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
