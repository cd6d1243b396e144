import { COPY_POLICY, explain, isDenied } from '../aws/errors';
import { isUserError, remediesOf, UserError, type Op, type Remedy } from '../op';

/** What was found out before the first change. Only what surely ends badly stops; what could not be found out never does. */
export interface PreflightFinding {
  /** What was looked at, e.g. `network`. */
  readonly what: 'network' | 'permissions' | 'quota' | 'region';
  readonly severity: 'stops' | 'warns' | 'unknown';
  readonly sentence: string;
  readonly remedy?: Remedy;
}

/** Looks at one thing. A `UserError` of it stops, as do denied permissions that the steps need; what else fails leaves it unknown. Throws only when cancelled. */
export async function lookAt(
  what: PreflightFinding['what'],
  look: () => Promise<readonly PreflightFinding[]>,
  op: Op,
): Promise<readonly PreflightFinding[]> {
  try {
    return await look();
  } catch (error) {
    op.signal.throwIfAborted();
    if (!isUserError(error)) {
      return [{ what, severity: 'unknown', sentence: `The ${what} could not be checked: ${explain(error).message}` }];
    }
    const [remedy] = remediesOf(error);
    return [{ what, severity: 'stops', sentence: error.message, ...(remedy ? { remedy } : {}) }];
  }
}

/** What AWS says of a request that it would refuse to these credentials, with the policy that helps unless another one forbids it. */
export function denial(error: unknown): PreflightFinding {
  const told = explain(error);
  const isHelped = remediesOf(told).some(({ command }) => command === COPY_POLICY.command);
  const [first] = remediesOf(told);
  const remedy = isHelped ? COPY_POLICY : first;
  return {
    what: 'permissions',
    severity: isDenied(error) ? 'stops' : 'unknown',
    sentence: told.message,
    ...(remedy ? { remedy } : {}),
  };
}

/** Throws `UserError` with all that would keep a plan from ending well. */
export function requireNothingInTheWay(findings: readonly PreflightFinding[]): void {
  const stops = findings.filter(({ severity }) => severity === 'stops');
  if (stops.length === 0) return;
  const remedies = new Map(stops.flatMap(({ remedy }) => (remedy ? [[remedy.command, remedy]] : [])));
  throw new UserError(`Nothing was changed. ${stops.map(({ sentence }) => sentence).join(' ')}`, {
    remedy: [...remedies.values()],
  });
}
