import { DEPLOY } from './deployFaults';
import type { Fault } from './fault';
import { GROW } from './growFaults';
import { INSPECT } from './inspectFaults';
import { MOUNT } from './mountFaults';
import type { ScriptName } from './scriptBench';
import { VERIFY } from './verifyFaults';

/** A fault together with its script, and the file `guest/<area>.sh` that has the check. */
export interface Mutant extends Fault {
  readonly script: Exclude<ScriptName, 'webServer'>;
  readonly area: 'deploy' | 'grow' | 'mount';
}

/** All faults, each in one place of its script. */
export const MUTANTS: readonly Mutant[] = [
  ...DEPLOY.map((fault) => ({ ...fault, script: 'deploy', area: 'deploy' }) as const),
  ...VERIFY.map((fault) => ({ ...fault, script: 'verify', area: 'deploy' }) as const),
  ...MOUNT.map((fault) => ({ ...fault, script: 'mount', area: 'mount' }) as const),
  ...GROW.map((fault) => ({ ...fault, script: 'grow', area: 'grow' }) as const),
  ...INSPECT.map((fault) => ({ ...fault, script: 'inspect', area: 'mount' }) as const),
];
