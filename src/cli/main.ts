#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import module from 'node:module';
import { isAbort, isUserError, type Op } from '../core/op';
import { plainText } from '../core/plainText';
import { version } from '../../package.json';
import { readArguments, UsageError, USAGE, type Arguments } from './arguments';
import { tellProgress, tellResult, tellSoFar } from './output';
import { openSession, type Session } from './session';
import { publish, rollback, status, verify, type Result } from './work';

/** How the process ends (see the usage). */
const ENDS = { done: 0, failed: 1, misused: 2, somethingToDo: 3, interrupted: 130 } as const;

const MESSAGE_LIMIT = 2000;

async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return ENDS.misused;
  }
  if (typeof given === 'string') {
    console.log(given === 'help' ? USAGE : version);
    return ENDS.done;
  }
  const op = interruptible();
  try {
    const result = await work(given, op);
    tellResult(given, result);
    return given.check && result.isOpen ? ENDS.somethingToDo : ENDS.done;
  } catch (error) {
    tellSoFar(error);
    if (isAbort(error)) {
      console.error('Interrupted. What was done stays; running it again goes on from there.');
      return ENDS.interrupted;
    }
    const { explain } = await import('../core/entryAws');
    const message = plainText((isUserError(error) ? error : explain(error)).message, MESSAGE_LIMIT);
    console.error(message);
    if (given.json) console.log(JSON.stringify({ command: given.command, error: message }));
    return ENDS.failed;
  }
}

async function work(given: Arguments, op: Op): Promise<Result> {
  const session = await openSession(given, op);
  return carryOut(session, given, op).finally(() => session.thread.close());
}

async function carryOut(session: Session, given: Arguments, op: Op): Promise<Result> {
  switch (given.command) {
    case 'plan':
    case 'publish':
      return publish(session, given, op);
    case 'rollback':
      return rollback(session, given, op);
    case 'status':
      return status(session, op);
    case 'verify':
      return verify(session, op);
  }
}

/** An `Op` that ends with the first SIGINT or SIGTERM; the second one ends the process at once. */
function interruptible(): Op {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return { signal: controller.signal, report: tellProgress };
}

// Otherwise Windows would look for git in the current folder first, which may be a stranger's.
process.env['NoDefaultCurrentDirectoryInExePath'] = '1';
// Not in Node 20. What was compiled once is found again, which halves the time that AWS's SDK takes to load.
(module as { enableCompileCache?(): unknown }).enableCompileCache?.();
main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = ENDS.failed;
  },
);
