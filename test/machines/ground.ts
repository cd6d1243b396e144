import type { RequestListener } from 'node:http';
import type { Result } from '../sandbox/machines/testMachines';

/** A server on which scripts are tried out, wherever it runs. */
export interface Ground {
  /** Runs a script as root, as SSM does; one that takes longer ends with 137. */
  run(script: string, limitSeconds: number): Promise<Pick<Result, 'rc' | 'stdout' | 'stderr'>>;
  stop(): Promise<void>;
}

/** What a server is to be like. */
export interface Wanted {
  readonly platform: 'amazon-linux' | 'ubuntu';
  /** The volumes that are plugged in, of one GiB each, in the order of their devices' names. */
  readonly volumes: readonly string[];
  /** What answers the server's requests to other hosts. */
  readonly internet?: RequestListener;
}

/** The serial that a volume shows as a disk. */
export function serialOf(volumeId: string): string {
  return volumeId.replace('-', '');
}
