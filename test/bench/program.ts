import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A program with its arguments, as a process gets them. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** How long a process took from its start to its end, and the most memory that it held; 0 where the system does not tell. */
export interface Spent {
  readonly seconds: number;
  readonly peakMib: number;
}

const LOOK_MS = 25;
const LIMIT_SECONDS = 300;

/** Runs a program to its end in exactly this environment. Throws with the end of what it said when it fails, or takes longer than minutes. */
export async function spend([program, ...args]: CommandLine, env: NodeJS.ProcessEnv): Promise<Spent> {
  const startedMs = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 1000 * LIMIT_SECONDS });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  }
  let peakMib = 0;
  const looking = setInterval(() => (peakMib = Math.max(peakMib, memoryOf(child.pid))), LOOK_MS);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const seconds = (performance.now() - startedMs) / 1000;
    if (code !== 0)
      throw new Error(
        `${[program, ...args].join(' ')} ended with ${code ?? signal} after ${seconds.toFixed(1)} s:\n${said.trimEnd()}`,
      );
    return { seconds, peakMib };
  } finally {
    clearInterval(looking);
  }
}

/** The high-water mark of a process's memory, which the kernel keeps. */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
