import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** A running `npm run sandbox`: the variables that it prints, and the folder that it works in. */
export interface Command {
  readonly child: ChildProcess;
  readonly env: Record<string, string>;
  readonly caFile: string;
  readonly folder: string;
  /** The line that says that it is running. */
  readonly lastLine: string;
}

const LIMIT_MS = 60_000;

/** Starts what `npm run sandbox` runs, and reads the lines that it prints for a shell. */
export async function startCommand(...args: string[]): Promise<Command> {
  const main = join(__dirname, 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const env: Record<string, string> = {};
  let lastLine = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    else if (line.includes('running')) {
      lastLine = line;
      break;
    }
  }
  const caFile = env['AWS_CA_BUNDLE'] ?? '';
  assert.notEqual(caFile, '', 'the sandbox ended before it was running');
  return { child, env, caFile, folder: dirname(caFile), lastLine };
}

/** The ids of the processes (of one program, when it is named) that have a folder on their command line. */
export function processesOf(folder: string, program = ''): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return commandLine.startsWith(program) && commandLine.includes(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH') {
        return false;
      }
      throw error;
    }
  });
}

/** Waits, a minute at most, until something has become so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (!(await isSo())) {
    assert.ok(Date.now() < limit, 'waited a minute in vain');
    await pause(50);
  }
}
