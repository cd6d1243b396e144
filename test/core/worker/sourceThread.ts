import { createThread, type Thread, type ThreadOptions } from '../../../src/core/worker/thread';

/** A thread that runs the TypeScript sources. */
export function createSourceThread(options: ThreadOptions = {}): Thread {
  return createThread({ execArgv: ['--require', 'tsx/cjs', '--import', 'tsx/esm'], ...options });
}
