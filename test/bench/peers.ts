import { join } from 'node:path';
import { installedProgram } from '../setup/golang';
import { virtualEnvironment } from '../setup/python';

const RCLONE_VERSION = '1.76.0';

/** Absolute paths of the programs that ours is measured against. */
export interface Peers {
  readonly aws: string;
  readonly rclone: string;
}

/** Installs the peers that are not cached yet, side by side. */
export async function preparePeers(): Promise<Peers> {
  const [{ aws }, rclone] = await Promise.all([
    virtualEnvironment(join(__dirname, 'requirements.txt'), 'the benchmark'),
    installedProgram('github.com/rclone/rclone', RCLONE_VERSION),
  ]);
  return { aws, rclone };
}
