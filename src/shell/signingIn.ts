import * as vscode from 'vscode';
import type { ClientSettings } from '../core/aws/clients';
import type { SsoSession } from '../core/aws/ssoSession';
import { DECLINED, isAbort, UserError, type Op } from '../core/op';
import { loadAws } from './chunks';
import { askModal, showProgress } from './tell';

const SIGN_IN = 'Sign In';

/** Asks the person whose command needs it to sign in, and has that done. Throws a `UserError` for which `isDeclined` holds when that was refused or cancelled, and what `signInHere` throws. */
export async function askToSignIn(session: SsoSession, settings: ClientSettings): Promise<boolean> {
  const whose = settings.profile ? `The AWS profile “${settings.profile}”` : 'The default AWS profile';
  const lines = [
    `${whose} is not signed in, or its sign-in has expired.`,
    `You sign in at ${session.startUrl} in your browser. What you have asked for goes on by itself afterwards.`,
  ];
  if ((await askModal({ question: 'Sign in to AWS to go on?', lines }, SIGN_IN)) !== SIGN_IN) throw declined(whose);
  try {
    if (await signInHere(session, settings)) return true;
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
  throw declined(whose);
}

function declined(whose: string): UserError {
  return new UserError(`${whose} is not signed in, or its sign-in has expired, and was not to be signed in now.`, {
    code: DECLINED,
    remedy: [
      { title: 'Sign In…', command: 'sitelift.signIn' },
      { title: 'Select Profile…', command: 'sitelift.selectProfile' },
    ],
  });
}

/**
 * Opens the page of IAM Identity Center in the browser and waits for the person to sign in there; false when the browser was not to be opened. Throws
 * `UserError` when the sign-in was denied or took too long, and the abort of who cancels.
 */
export async function signInHere(session: SsoSession, settings: ClientSettings): Promise<boolean> {
  const { startSignIn } = await loadAws();
  const begin = (op: Op) => startSignIn(session, settings, op);
  const { finish, url, userCode } = await cancellably('Asking AWS for a page to sign in at', begin);
  if (!(await vscode.env.openExternal(vscode.Uri.parse(url)))) return false;
  await cancellably(`Signing in to AWS. Go on in the browser only if the page shows the code ${userCode}`, finish);
  return true;
}

function cancellably<Result>(title: string, work: (op: Op) => Promise<Result>): Thenable<Result> {
  return showProgress(title, async (_report, cancellation) => {
    const controller = new AbortController();
    const subscription = cancellation.onCancellationRequested(() => controller.abort());
    return work({ signal: controller.signal, report: () => undefined }).finally(() => subscription.dispose());
  });
}
