import type { Plan } from '../../plan';
import { UserError } from '../../op';
import type { Want } from './wants';

/** What adopting something would do: what the site file is to say before the plan runs, and what is to be known of it. */
export interface Adoption {
  readonly wants: readonly Want[];
  readonly plan: Plan;
  readonly about: readonly string[];
}

/** Throws `UserError` with the reason why something cannot be adopted; `what` names it. */
export function requireFit(what: string, problem: string): never;
export function requireFit(what: string, problem: string | undefined): void;
export function requireFit(what: string, problem: string | undefined): void {
  if (problem === undefined) return;
  throw new UserError(`The ${what} cannot be adopted: ${problem}. Nothing was changed.`);
}
