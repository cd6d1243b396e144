import { setMaxListeners } from 'node:events';
import * as vscode from 'vscode';
import { isAbort, isDeclined, isUserError, remediesOf, type Op } from '../core/op';
import { soFarOf } from '../core/soFar';
import { loadAws } from './chunks';
import type { Log } from './log';
import { showProgress, tell, tellFailure, type Surface } from './tell';

const SHOW_LOG = 'Show Log';

/** Runs work with progress and cancel under a title, in a notification unless it is to be shown elsewhere. */
export function withOp<Result>(
  log: Log,
  title: string,
  work: (op: Op) => Promise<Result>,
  surface: Surface = showProgress,
): Thenable<Result> {
  log.debug(title);
  return surface(title, async (report, cancellation) => {
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
 * The one place that tells errors. An action that was cancelled, or for which nobody wanted to sign in, tells what of its plan was done, if it had come to one; a `UserError` shows its sentence and its way
 * on; anything else shows what could not be done. An unattended caller gets the error as well. What is no news is logged alone.
 */
export async function tellingErrors(
  log: Log,
  intent: string,
  unattended: boolean,
  action: () => Promise<unknown>,
  isNews: (message: string) => boolean = () => true,
): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    const soFar = soFarOf(error);
    const isCancelled = isAbort(error) || (!unattended && isDeclined(error));
    // What fails at the first step tells by itself that nothing was changed.
    const isTold = soFar && (isCancelled || soFar.done.length > 0);
    const done = isTold ? ` ${(await loadAws()).soFarText(soFar)}` : '';
    if (isCancelled) {
      log.info(`Cancelled: ${intent}. What was made stays; running it again goes on from there.`);
      if (soFar) offerLog(log, tell(`Cancelled:${done} To go on, ${intent} again.`, SHOW_LOG));
      return undefined;
    }
    const told = isUserError(error) ? error : (await loadAws()).explain(error);
    log.error(`Could not ${intent}`, told);
    if (isNews(told.message)) showError(log, intent, told, done);
    if (unattended) throw told;
    return undefined;
  }
}

function showError(log: Log, intent: string, error: Error, done: string): void {
  const message = isUserError(error) ? error.message : `Could not ${intent}: ${error.message}`;
  const remedies = remediesOf(error);
  const answer = tellFailure(message + done, ...remedies.map(({ title }) => title), SHOW_LOG);
  offerLog(log, answer);
  void answer.then((chosen) => {
    const remedy = remedies.find(({ title }) => title === chosen);
    if (remedy) void vscode.commands.executeCommand(remedy.command);
  });
}

function offerLog(log: Log, answer: Thenable<string | undefined>): void {
  void answer.then((chosen) => {
    if (chosen === SHOW_LOG) log.show();
  });
}
