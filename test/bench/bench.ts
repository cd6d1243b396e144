/** One figure of ours as a multiple of a peer's or of the floor, both of the same run, and what it may be at most. */
export interface Measure {
  readonly name: string;
  readonly ratio: number;
  readonly limit: number;
}

/** What belongs together because it shares a set-up. */
export interface Bench {
  readonly names: readonly string[];
  /** Measures the wanted ones of its names, as far as they can be measured here; a text is a remark for whoever reads the figures. */
  run(wanted: ReadonlySet<string>): AsyncIterable<Measure | string>;
}
