/** One thing of a resource that is not as the site file asks, or as the site needs it. */
export interface Drift {
  /** What it is, with an article where the sentence “… is …, wanted …” needs one. */
  readonly what: string;
  readonly is: string;
  readonly wanted: string;
  /** Why provisioning does not change it, and the way on; undefined where it does. */
  readonly refusal?: string;
  /** Provisioning is refused for it, since the site file asks for what cannot be had. */
  readonly stops?: true;
}

/** A difference with both values, e.g. `instance type is t3.micro, wanted t3.small`. */
export function driftText({ is, wanted, what }: Drift): string {
  return `${what} is ${is}, wanted ${wanted}`;
}
