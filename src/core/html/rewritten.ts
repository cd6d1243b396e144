/** The published form of an HTML or CSS file. */
export interface Rewritten {
  readonly bytes: Uint8Array;
  /** Which of its references were left as they are, and why: a sentence for the user, without the file's name. */
  readonly note?: string;
  /** The names that stand in it in place of assets' own paths. */
  readonly uses?: readonly string[];
}

/** The published form of a file whose references stay as they are, for a reason that stands behind a colon. */
export function leftAlone(bytes: Uint8Array, reason: string): Rewritten {
  return { bytes, note: leftAloneNote(reason) };
}

/** Says that the references of a file stay as they are, for a reason that stands behind a colon. */
export function leftAloneNote(reason: string): string {
  return `Its references were left as they are: ${reason}.`;
}
