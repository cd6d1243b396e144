/** The last parameter of every long function: how it is cancelled and where it tells its progress. */
export interface Op {
  /** Where it aborts with a `UserError`, time is over: what reads several things then gives those that it has. Any other reason cancels. */
  readonly signal: AbortSignal;
  /** Tells what is being done; `fraction` (0 to 1) is how much of the whole is done. */
  report(message: string, fraction?: number): void;
  /** How long a second of its pauses lasts while it waits for AWS; 1000 unless told, and less for an AWS that is as much quicker. */
  readonly secondMs?: number | undefined;
}

/** An `Op` for what is done even after a cancel, and not for long. */
export function opFor(seconds: number): Op {
  return { signal: AbortSignal.timeout(seconds * 1000), report: () => undefined };
}

/** What the work gives, or the signal's reason as soon as that aborts: for work that does not heed it, and goes on unheard. */
export async function heeding<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([work(), aborted]).finally(() => signal.removeEventListener('abort', stop));
}

/** A way on that the shell can offer as a button under an error: the id of a command and its title. */
export interface Remedy {
  readonly title: string;
  readonly command: string;
}

/** An error whose message is written for the user: what happened, why, and what to do. */
export class UserError extends Error {
  /** The ways on, the most likely one first. */
  readonly remedies: readonly Remedy[];
  readonly remedy: Remedy | undefined;
  /** The code of a script's reason, for callers that know a way on. */
  readonly code: string | undefined;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly remedy?: Remedy | readonly Remedy[]; readonly code?: string } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'UserError';
    this.remedies = options.remedy === undefined ? [] : [options.remedy].flat();
    [this.remedy] = this.remedies;
    this.code = options.code;
  }
}

/** True for a `UserError`, also for one that another bundle made with its own copy of the class. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}

/** The ways on that an error has, the most likely one first. */
export function remediesOf(error: unknown): readonly Remedy[] {
  return isUserError(error) ? error.remedies : [];
}

/** The code of an error that comes of a person's having refused what was asked. */
export const DECLINED = 'declined';

/** True for such an error, also of another bundle; who refused needs no news of it. */
export function isDeclined(error: unknown): boolean {
  return isUserError(error) && error.code === DECLINED;
}

/** True for what an aborted `Op` makes functions throw; such an end is silent. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
