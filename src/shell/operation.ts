import { setMaxListeners } from 'node:events';
import * as vscode from 'vscode';
import { isAbort, isUserError, type Op } from '../core/op';
import { loadAws } from './chunks';
import type { Log } from './log';
import { showProgress, tellFailure } from './tell';

/** Runs work with progress and cancel under a title. */
export function withOp<Result>(log: Log, title: string, work: (op: Op) => Promise<Result>): Thenable<Result> {
  log.info(title);
  return showProgress(title, async (report, cancellation) => {
    const controller = new AbortController();
    // Every request in flight listens to it, and there are dozens at once.
    setMaxListeners(0, controller.signal);
    const subscription = cancellation.onCancellationRequested(() => controller.abort());
    let reached = 0;
    const op: Op = {
      signal: controller.signal,
      report(message, fraction) {
        const increment = fraction === undefined ? 0 : Math.max(0, fraction - reached) * 100;
        reached = Math.max(reached, fraction ?? 0);
        report(message, increment);
        log.debug(message);
      },
    };
    try {
      return await work(op);
    } finally {
      subscription.dispose();
    }
  });
}

/**
 * The one place that tells errors. A cancelled action ends silently; a `UserError` shows its sentence and its way on; anything
 * else shows what could not be done. An unattended caller gets the error as well.
 */
export async function tellingErrors(
  log: Log,
  intent: string,
  unattended: boolean,
  action: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    if (isAbort(error)) {
      log.info(`Cancelled: ${intent}. What was made stays; running it again goes on from there.`);
      return undefined;
    }
    const told = isUserError(error) ? error : (await loadAws()).explain(error);
    log.error(`Could not ${intent}`, told);
    showError(log, intent, told);
    if (unattended) throw told;
    return undefined;
  }
}

function showError(log: Log, intent: string, error: Error): void {
  const message = isUserError(error) ? error.message : `Could not ${intent}: ${error.message}`;
  const remedy = isUserError(error) ? error.remedy : undefined;
  const buttons = [...(remedy ? [remedy.title] : []), 'Show Log'];
  void tellFailure(message, ...buttons).then((chosen) => {
    if (chosen === 'Show Log') log.show();
    else if (remedy && chosen === remedy.title) void vscode.commands.executeCommand(remedy.command);
  });
}
