import type { Remedy } from '../op';

/** What an error of AWS, or of the way to it, means to the user: three sentences, and the way on that the shell can offer. */
export interface Explanation {
  /** Codes of AWS or Node; one that ends in `*` stands for all that begin so. */
  readonly codes: readonly string[];
  readonly happened: string;
  readonly why: string;
  readonly next: string;
  readonly remedy?: Remedy;
}

/** The end of a sentence that says what to do first. */
export const AGAIN = 'run the command again; it goes on where it stopped.';
