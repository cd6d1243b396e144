/** How thoroughly AWS is read: only what work told that it changed, also all states, or also what is inside the server and the bucket. */
export type Depth = 'brief' | 'cheap' | 'deep';

/** What a look at AWS found. */
export interface Found {
  /** Something is on its way to another state by itself. */
  readonly pending: boolean;
  /** Something could not be read. */
  readonly failed: boolean;
  /** It is not what the look before found. */
  readonly changed: boolean;
  /** What an earlier look found holds no more, and only a deep one can tell what does. */
  readonly lacking?: boolean;
}

/** The time, and calls at a later time; the function that is given takes the call back. */
export interface Clock {
  nowMs(): number;
  after(ms: number, call: () => void): () => void;
}

/** Looks that find the same before something pending counts as settled: about a quarter of an hour. */
const PATIENCE = 45;
/** What was read so many milliseconds ago is good enough for somebody who comes back. */
const FRESH_MS = 10_000;
const NEVER: Found = { pending: false, failed: false, changed: false };

/** Seconds from one look to the next; `quiet` counts the looks in a row that found nothing new. */
export function secondsToNextLook({ pending, failed }: Omit<Found, 'changed'>, quiet: number): number {
  if (failed) return Math.min(15 * 2 ** quiet, 300);
  if (pending && quiet < PATIENCE) return Math.min(4 * 1.3 ** quiet, 20);
  return Math.min(60 * 2 ** quiet, 300);
}

/** Decides when AWS is looked at and how thoroughly: never by itself while nobody watches, and more and more seldom while nothing changes. */
export class Lookout {
  readonly #look: (depth: Depth) => Promise<Found>;
  readonly #clock: Clock;
  #isWatched = false;
  #isClosed = false;
  /** Something could have changed what only a deep look sees. */
  #needsDepth = true;
  /** The next look is only there for what work told that it changed. */
  #isBrief = false;
  #changes = 0;
  #quiet = 0;
  #found = NEVER;
  #lastMs: number | undefined;
  #dueMs = 0;
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #forget: () => void = () => undefined;

  constructor(look: (depth: Depth) => Promise<Found>, clock: Clock = SYSTEM_CLOCK) {
    this.#look = look;
    this.#clock = clock;
  }

  /** Tells whether somebody sees what was found; who comes back sees what is there now. */
  watch(isWatched: boolean): void {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    this.#dueMs = Math.min(this.#dueMs, (this.#lastMs ?? -FRESH_MS) + FRESH_MS);
    this.#plan();
  }

  /** What was found may be something else by now: looks deeply as soon as somebody watches. */
  expire(): void {
    this.#deepen();
    this.#quiet = 0;
    this.#dueMs = this.#clock.nowMs();
    if (this.#looking && this.#isWatched) void this.lookNow();
    else this.#plan();
  }

  /** Somebody uses what was found, watched or not: looks when who watches would look by now. */
  want(): void {
    if (!this.#looking && this.#clock.nowMs() >= this.#dueMs) void this.#lookOnce();
  }

  /** Looks deeply now, watched or not; during a look it waits for one that starts afterwards. */
  lookNow(): Promise<void> {
    this.#deepen();
    return this.#lookAfresh();
  }

  /**
   * Runs work that changes AWS: who watches sees it happen. Afterwards there is one look, for which nobody waits: a brief one after work that tells all that it
   * changes, and else a deep one. Nobody who watches is left with what an earlier look could not read, and nobody else needs more than a brief look.
   */
  async during<Result>(work: () => Promise<Result>, isTold = false): Promise<Result> {
    if (!isTold) this.#beginChange();
    let isKnown = false;
    try {
      const result = await work();
      isKnown = isTold;
      return result;
    } finally {
      if (!isTold) this.#changes -= 1;
      if (!isKnown) this.#needsDepth = true;
      const isOwed = this.#needsDepth || this.#found.failed;
      if (isOwed) this.#dueMs = this.#clock.nowMs();
      const isBrief = !(isOwed && this.#isWatched);
      this.#isBrief = isBrief && (this.#isBrief || !this.#next);
      void this.#lookAfresh();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  #beginChange(): void {
    this.#changes += 1;
    this.#quiet = 0;
    this.#dueMs = this.#clock.nowMs();
    this.#plan();
  }

  /** The next look is deep. */
  #deepen(): void {
    this.#needsDepth = true;
    this.#isBrief = false;
  }

  #plan(): void {
    this.#forget();
    if (this.#isClosed || !this.#isWatched || this.#looking) return;
    const delayMs = Math.max(0, this.#dueMs - this.#clock.nowMs());
    this.#forget = this.#clock.after(delayMs, () => void this.#lookOnce());
  }

  #lookAfresh(): Promise<void> {
    if (!this.#looking) return this.#lookOnce();
    this.#next ??= this.#looking.then(() => {
      this.#next = undefined;
      return this.#lookAfresh();
    });
    return this.#next;
  }

  async #lookOnce(): Promise<void> {
    if (this.#isClosed) return;
    const depth = this.#isBrief ? 'brief' : this.#needsDepth ? 'deep' : 'cheap';
    this.#isBrief = false;
    if (depth === 'deep') this.#needsDepth = false;
    this.#forget();
    // One that is brief tells nothing of when the next one is due, unless it failed.
    let isBrief = depth === 'brief';
    this.#looking = this.#look(depth).then((found) => {
      isBrief &&= !found.failed;
      if (isBrief) return;
      if (found.failed && depth !== 'cheap') this.#needsDepth = true;
      // What work has not come to the end of is read when it ends.
      if (found.lacking && this.#changes === 0) this.#needsDepth = true;
      const isNews = found.changed || found.failed !== this.#found.failed;
      this.#quiet = isNews ? 0 : this.#quiet + 1;
      this.#found = found;
    });
    try {
      await this.#looking;
    } finally {
      this.#looking = undefined;
      if (!isBrief) this.#settle();
      this.#plan();
    }
  }

  /** Decides from what was found when the next look is due. */
  #settle(): void {
    this.#lastMs = this.#clock.nowMs();
    const pending = this.#found.pending || this.#changes > 0;
    this.#dueMs = this.#lastMs + secondsToNextLook({ ...this.#found, pending }, this.#quiet) * 1000;
  }
}

const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
