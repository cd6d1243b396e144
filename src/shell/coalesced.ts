/** How long is waited for more of the same: programs and people save several files in a row. */
const MOMENT_MS = 500;

/** Work that is asked for again and again. */
export interface Coalesced {
  /** Has it done a moment after it was last asked for; what is asked for while it goes on has it done once more afterwards. */
  ask(): void;
  /** Drops what was asked for and has not begun. */
  close(): void;
}

/** Does work as often as it is needed and not as often as it is asked for; the work tells its own errors. */
export function coalesced(work: () => Promise<void>, momentMs: number = MOMENT_MS): Coalesced {
  let timer: NodeJS.Timeout | undefined;
  let isGoing = false;
  let isAsked = false;
  const begin = async () => {
    timer = undefined;
    if (isGoing) return;
    isGoing = true;
    try {
      while (isAsked) {
        isAsked = false;
        await work();
        // What is being saved just now is waited for by its own timer.
        if (timer) break;
      }
    } finally {
      isGoing = false;
    }
  };
  return {
    ask() {
      isAsked = true;
      clearTimeout(timer);
      timer = setTimeout(() => void begin(), momentMs);
    },
    close() {
      isAsked = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
