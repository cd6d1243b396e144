import { explain } from '../aws/errors';
import type { Context } from '../context';
import type { Op, Remedy } from '../op';
import type { Plan } from '../plan';
import type { SiteAddress } from './server/address';
import type { OtherServer } from './server/otherServers';

/** What AWS shows of one resource. Only *absent* ever leads to creating. */
export type Seen<Have> =
  /**
   * `otherRegion` is where the site lies, where that is not the region of the site file. `doubt` tells why these credentials cannot see
   * whether it lies elsewhere, and the way on: then this one is not to be created. `addresses` are those that an earlier server has left, `others` the
   * instances whose place it took.
   */
  | {
      readonly kind: 'absent';
      readonly otherRegion?: string;
      readonly doubt?: string;
      readonly addresses?: readonly SiteAddress[];
      readonly others?: readonly OtherServer[];
    }
  /** `old` tells why a later reading failed: then `have` is what was seen before that. */
  | { readonly kind: 'known'; readonly have: Have; readonly old?: string }
  /** `remedies` are the ways on that the reason has. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly remedies?: readonly Remedy[] };

/** What every resource can do; `Needs` is what its plan must know of the site. */
export interface Resource<Have, Needs> {
  /** The deep reading: everything that a plan depends on, also inside the server and in the bucket. */
  describe(context: Context, op: Op): Promise<Seen<Have>>;
  /**
   * The cheap reading, one or two calls: the states of what was known before, with the rest of `before` kept. Undefined when something
   * is no longer what it was, so that only a deep reading can tell.
   */
  glance(context: Context, before: Seen<Have>, op: Op): Promise<Seen<Have> | undefined>;
  /** Pure; gives [] when there is nothing to do. */
  plan(context: Context, needs: Needs): Plan;
}

/** The have of a resource that is known, otherwise undefined. */
export function known<Have>(seen: Seen<Have>): Have | undefined {
  return seen.kind === 'known' ? seen.have : undefined;
}

/** The ways on that the first of some resources has which could not be read. */
export function remediesOfUnknown(all: readonly Seen<unknown>[]): readonly Remedy[] {
  return all.flatMap((seen) => (seen.kind === 'unknown' && seen.remedies ? [seen.remedies] : []))[0] ?? [];
}

/** What came of reading one detail of a resource: its value, or why it could not be read. */
export type Detail<Value> =
  { readonly value: Value; readonly problem?: undefined } | { readonly value?: undefined; readonly problem: string };

/** Reads one detail, which may fail alone; `what` completes “Could not read …”. Throws only when the `Op` is cancelled. */
export async function readDetail<Value>(what: string, read: () => Promise<Value>, op: Op): Promise<Detail<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    op.signal.throwIfAborted();
    return { problem: `Could not read ${what}: ${explain(error).message}` };
  }
}
