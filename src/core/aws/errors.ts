import { isUserError, UserError, type Remedy } from '../op';
import { deniedAction, forbiddingPolicy } from './denied';
import type { Explanation } from './explanation';
import { EXPIRED, EXPLANATIONS, NO_CREDENTIALS, REFUSED, SELECT_PROFILE } from './explanations';

export { SELECT_PROFILE };

/** True when an AWS error carries one of the codes; a code ending in `*` matches by its start, one starting with it by its end. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(error);
  return codes.some((wanted) => {
    if (wanted.endsWith('*')) return code.startsWith(wanted.slice(0, -1));
    if (wanted.startsWith('*')) return code.endsWith(wanted.slice(1));
    return code === wanted;
  });
}

/** The AWS error code, e.g. `InvalidGroup.NotFound`; empty for errors that are not AWS's. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { Code } = error as Error & { Code?: unknown };
  return typeof Code === 'string' ? Code : error.name;
}

/** The HTTP status that AWS answered with, if it answered. */
export function statusOf(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata;
  return metadata?.httpStatusCode;
}

/** The way on when a sign-in by IAM Identity Center is lacking or has ended. */
export const SIGN_IN: Remedy = { title: 'Sign In…', command: 'sitelift.signIn' };

/** The way on when permissions are lacking. */
export const COPY_POLICY: Remedy = { title: 'Copy Policy', command: 'sitelift.copyPolicy' };

/** True when other credentials, or the same ones read anew, may help. */
export function isCredentialProblem(error: unknown): boolean {
  return hasCode(error, ...NO_CREDENTIALS, ...EXPIRED, ...REFUSED);
}

/**
 * True when a profile needs a new sign-in by IAM Identity Center (SSO): the SDK has no code for that, and hands on in its text when the sign-in was ended
 * elsewhere.
 */
export function isSignInProblem(error: unknown): boolean {
  if (!hasCode(error, ...NO_CREDENTIALS, 'SSOTokenProviderFailure')) return false;
  return /SSO session|SSO Token|\bsso login\b|^UnauthorizedException\b/i.test((error as Error).message);
}

/** True when AWS says that the credentials were good until a while ago. */
export function hasExpired(error: unknown): boolean {
  return hasCode(error, ...EXPIRED);
}

const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AccessDeniedFault'];

/** True when the credentials are in order, and may not do this. */
export function isDenied(error: unknown): boolean {
  // An answer to HEAD has no body, and so no code.
  return hasCode(error, ...DENIED) || (hasCode(error, 'Unknown') && statusOf(error) === 403);
}

/** True when AWS must verify the account before it may do that; the code is that of any refusal. */
export function isUnverified(error: unknown): boolean {
  return error instanceof Error && /must be verified/i.test(error.message);
}

/** Turns any error into one whose message tells the user what happened, why and what to do; the original is its cause. */
export function explain(error: unknown): Error {
  if (isUserError(error) || !(error instanceof Error)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (isUnverified(error)) {
    return new UserError(
      `AWS must verify this account before it may do that; ask AWS Support to do so, then run the command again. (${firstLine(error.message)})`,
      { cause: error },
    );
  }
  if (isCredentialProblem(error) && /\bForbiddenException\b/.test(error.message)) {
    return new UserError(
      `IAM Identity Center does not give you the role that this AWS profile names (“sso_account_id”, “sso_role_name”). Choose another profile, or ask whoever keeps the permission sets. ${said(error)}`,
      { cause: error, remedy: SELECT_PROFILE },
    );
  }
  if (/MultiFactorAuthentication failed/i.test(error.message)) {
    return new UserError(
      'AWS did not accept the MFA code. Wait until your device shows the next one and run the command again.',
      { cause: error },
    );
  }
  if (isDenied(error) || DENIED.includes((error as NodeJS.ErrnoException).code ?? '')) return explainDenied(error);
  const known = handedOn(error) ?? explanationOf(error);
  if (!known) return error;
  return new UserError(`${known.happened} ${known.why} ${known.next} ${said(error)}`, {
    cause: error,
    ...(known.remedy ? { remedy: known.remedy } : {}),
  });
}

/** Node tells its codes in a property of their own. */
function explanationOf(error: NodeJS.ErrnoException): Explanation | undefined {
  return EXPLANATIONS.find(({ codes }) => hasCode(error, ...codes) || codes.includes(error.code ?? ''));
}

/** What kept the SDK from getting credentials, of which it hands on the text alone, as in `Error: getaddrinfo ENOTFOUND portal.sso…`. */
function handedOn(error: Error): Explanation | undefined {
  if (!hasCode(error, ...NO_CREDENTIALS)) return undefined;
  const words: readonly string[] = error.message.match(/\w+/g) ?? [];
  return EXPLANATIONS.find(({ codes }) => codes !== NO_CREDENTIALS && words.some((word) => codes.includes(word)));
}

/** Names the action first: it is what whoever gives permissions must know. */
function explainDenied(error: Error): UserError {
  const action = deniedAction(error);
  const forbidding = forbiddingPolicy(error);
  if (forbidding !== undefined) {
    const sentence = `${action ?? 'That'} is forbidden to this AWS user or role by a ${forbidding}, so no permission helps. Ask whoever keeps that policy, or choose another profile.`;
    return new UserError(`${sentence} ${said(error)}`, { cause: error, remedy: SELECT_PROFILE });
  }
  const sentence =
    action === undefined
      ? 'This AWS user or role is not allowed to do that. Ask for the permission, or choose another profile.'
      : `${action} is not allowed to this AWS user or role. Ask for that permission, or choose another profile.`;
  return new UserError(`${sentence} ${said(error)}`, { cause: error, remedy: [SELECT_PROFILE, COPY_POLICY] });
}

/** What AWS said, for who knows it. */
function said(error: Error): string {
  return `(${codeOf(error)}: ${firstLine(error.message)})`;
}

/** The first line, without the encoded message that EC2 puts behind its refusals for administrators to decode. */
function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? text;
  const end = line.search(/Encoded authorization failure message:/i);
  return end === -1 ? line : line.slice(0, end).trimEnd();
}
