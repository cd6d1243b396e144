/** How long a gesture is given, and how long the whole. */
export interface Patience {
  /** After so many milliseconds without the effect the gesture is made again. */
  readonly gestureMs?: number;
  readonly limitMs?: number;
}

const POLL_MS = 100;

/**
 * Makes a gesture, and again whenever its effect does not come: a window under load loses clicks and keys. Gives what the effect gives. The
 * effect is something that the window shows at once, since what takes its time is to be waited for and not done twice.
 */
export async function until<Effect>(
  effect: () => Promise<Effect | false | undefined>,
  gesture: () => Promise<unknown>,
  { gestureMs = 5000, limitMs = 300_000 }: Patience = {},
): Promise<Effect> {
  const endMs = Date.now() + limitMs;
  let failure: unknown;
  for (;;) {
    // What a gesture was aimed at may have gone, even because its effect is there already.
    await gesture().catch((error: unknown) => (failure = error));
    const againMs = Math.min(Date.now() + gestureMs, endMs);
    do {
      const seen = await effect();
      if (seen !== false && seen !== undefined) return seen;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    } while (Date.now() < againMs);
    if (Date.now() >= endMs) throw new Error('A gesture had no effect, however often it was made.', { cause: failure });
  }
}
