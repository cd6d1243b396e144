import { on } from 'node:events';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { Answer, Asked, Given, Message, Outcome, TaskName } from './tasks';

/** A thread for work that would block this one. It starts when it is first asked, and again after it was ended. */
export interface Thread {
  /**
   * Has a task done, one at a time unless the options say otherwise. When the signal aborts, or the deadline (counted from the task's own turn) is over, the thread is ended and
   * the promise rejects with the signal's reason or with a `TimeoutError`; with what the task threw; or with what ended the thread, such as
   * `ERR_WORKER_OUT_OF_MEMORY`.
   */
  ask<Name extends TaskName>(
    name: Name,
    value: Asked<Name>,
    signal: AbortSignal,
    deadlineSeconds?: number,
  ): Promise<Given<Name>>;
  /** Starts it ahead of its first task. */
  start(): void;
  /** Has a task done whose answer does not matter, first of all and again whenever the thread starts anew. */
  tell<Name extends TaskName>(name: Name, value: Asked<Name>): void;
  /** Ends the thread and whatever it does. */
  close(): Promise<void>;
}

/** How a thread runs. */
export interface ThreadOptions extends WorkerOptions {
  /** After how long without a task it ends, to start again with the next one. */
  readonly idleSeconds?: number;
  /** How many tasks it is given at one time; it takes turns with them where they wait. */
  readonly atOnce?: number;
  /** How much memory its objects may take before it is ended with `ERR_WORKER_OUT_OF_MEMORY`. */
  readonly heapLimitMib?: number;
}

/**
 * Where objects begin. A thread that is out of memory gets 16 MiB more to end in; if more than that can move on to the heap at once, V8 ends the whole
 * process instead.
 */
const YOUNG_HEAP_MIB = 8;

/** A thread that does tasks. */
export function createThread({
  idleSeconds = 60,
  atOnce = 1,
  heapLimitMib = 1024,
  ...options
}: ThreadOptions = {}): Thread {
  const inTurn = pLimit(atOnce);
  const closed = new AbortController();
  const told: Message[] = [];
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;

  const newWorker = (): Worker => {
    const started = new Worker(require.resolve('../entryWorker'), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMib, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
      ...options,
    });
    // Whoever waits for an answer is told; without a listener an error would end this process.
    started.on('error', () => undefined);
    started.once('exit', () => {
      if (worker === started) worker = undefined;
    });
    for (const message of told) started.postMessage(message);
    return started;
  };

  // Nobody waits for its end, since a file system that does not answer delays that.
  const stop = (): void => {
    clearTimeout(idle);
    void worker?.terminate();
    worker = undefined;
  };

  return {
    start() {
      worker ??= newWorker();
      // Nothing is asked yet, so that it keeps no process from ending.
      if (inTurn.activeCount === 0) worker.unref();
    },
    ask: (name, value, signal, deadlineSeconds) =>
      inTurn(async () => {
        const ends = [signal, closed.signal];
        if (deadlineSeconds !== undefined) ends.push(AbortSignal.timeout(deadlineSeconds * 1000));
        const end = AbortSignal.any(ends);
        end.throwIfAborted();
        clearTimeout(idle);
        const asked = (worker ??= newWorker());
        asked.ref();
        const id = (lastId += 1);
        let outcome: Outcome;
        try {
          asked.postMessage({ name, value, id } satisfies Message);
          outcome = await outcomeFrom(asked, id, end);
        } catch (error) {
          if (worker === asked) stop();
          end.throwIfAborted();
          throw error;
        } finally {
          if (inTurn.activeCount === 1) {
            worker?.unref();
            idle = setTimeout(stop, idleSeconds * 1000).unref();
          }
        }
        if ('error' in outcome) throw Object.assign(outcome.error, outcome.properties);
        return outcome.value as Given<typeof name>;
      }),
    tell(name, value) {
      const message: Message = { name, value };
      told.push(message);
      worker?.postMessage(message);
    },
    close() {
      closed.abort();
      stop();
      return Promise.resolve();
    },
  };
}

/** What the question with this id came to; throws what ends the thread, or when the signal aborts. */
async function outcomeFrom(worker: Worker, id: number, signal: AbortSignal): Promise<Outcome> {
  const answers = on(worker, 'message', { signal, close: ['exit'] }) as AsyncIterable<[Answer]>;
  for await (const [answer] of answers) if (answer.id === id) return answer.outcome;
  throw new Error('The thread has ended.');
}
