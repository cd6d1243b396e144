import { isUserError, UserError, type Remedy } from '../op';
import { deniedAction, forbiddingPolicy } from './denied';

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

/** The way on when the credentials are the problem. */
export const SELECT_PROFILE: Remedy = { title: 'Select Profile…', command: 'sitelift.selectProfile' };

/** The way on when a sign-in by IAM Identity Center is lacking or has ended. */
export const SIGN_IN: Remedy = { title: 'Sign In…', command: 'sitelift.signIn' };

/** The way on when permissions are lacking. */
export const COPY_POLICY: Remedy = { title: 'Copy Policy', command: 'sitelift.copyPolicy' };

interface Explanation {
  readonly codes: readonly string[];
  readonly sentence: string;
  readonly remedy?: Remedy;
}

const NO_CREDENTIALS = ['CredentialsProviderError', 'CredentialsError', 'TokenProviderError'];
const EXPIRED = [
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'RequestExpired',
  'SSOTokenProviderFailure',
];
const REFUSED = [
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'AuthFailure',
  'SignatureDoesNotMatch',
  'InvalidAccessKeyId',
];

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

const EXPLANATIONS: readonly Explanation[] = [
  {
    codes: NO_CREDENTIALS,
    sentence:
      'No usable AWS credentials were found. Run “aws configure” or “aws sso login”, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then choose the profile.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: EXPIRED,
    sentence:
      'The AWS sign-in has expired. Sign in again (for SSO: “aws sso login”); then run the command again, it goes on where it stopped.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: REFUSED,
    sentence: 'AWS does not accept these credentials. Choose another profile or correct the keys.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: ['VPCIdNotSpecified', 'MissingDefaultVpc'],
    sentence:
      'This region has no default VPC, so there is no network to put the server into. Name a subnet of yours as “server.subnet” in sitelift.json, or create a default VPC (“aws ec2 create-default-vpc”), and run the command again.',
  },
  {
    codes: ['InsufficientInstanceCapacity', 'Unsupported', 'InstanceLimitExceeded', 'VcpuLimitExceeded'],
    sentence:
      'AWS cannot start this instance type here now. Choose another “instanceType” in sitelift.json, or ask AWS for a higher quota.',
  },
  {
    codes: ['IncorrectInstanceState'],
    sentence:
      'The server is not in the state that this takes: somebody else may be starting or stopping it. Refresh to see its state, and run the command again.',
  },
  {
    codes: ['AddressLimitExceeded'],
    sentence:
      'The account has as many Elastic IP addresses in this region as it may have, 5 unless AWS raised that. Release one that nothing needs (EC2 console, Elastic IPs), or ask for a higher quota in the console under Service Quotas; then run the command again. Or leave “server.address” out of sitelift.json for an address that changes.',
  },
  {
    codes: ['Gateway.NotAttached'],
    sentence:
      'The server’s network has no internet gateway, so the server can have no Elastic IP address. Leave “server.address” out of sitelift.json, or attach a gateway to the network.',
  },
  {
    codes: ['OptInRequired', 'PendingVerification', 'SubscriptionRequiredException'],
    sentence:
      'AWS has not enabled this service for the account yet. Sign in to the AWS console once and finish the account’s set-up.',
  },
  {
    codes: ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'SlowDown', 'TooManyRequestsException'],
    sentence: 'AWS is slowing this account down. Wait a minute and run the command again; it goes on where it stopped.',
  },
  {
    codes: ['ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'TimeoutError', 'NetworkingError'],
    sentence:
      'AWS could not be reached. Check the network and the proxy (“http.proxy”), then run the command again; it goes on where it stopped.',
  },
  {
    codes: ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    sentence:
      'The certificate that answered for AWS is not trusted. If a proxy inspects traffic here, set NODE_EXTRA_CA_CERTS to its certificate.',
  },
  {
    codes: ['ENOSPC'],
    sentence: 'The disk of this computer is full. Free some space and run the command again.',
  },
];

/** Turns any error into one whose message tells the user what happened, why and what to do; the original is its cause. */
export function explain(error: unknown): Error {
  if (isUserError(error) || !(error instanceof Error)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (/must be verified/i.test(error.message)) {
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
  const known = EXPLANATIONS.find(
    ({ codes }) => hasCode(error, ...codes) || codes.includes((error as NodeJS.ErrnoException).code ?? ''),
  );
  if (!known) return error;
  return new UserError(`${known.sentence} ${said(error)}`, {
    cause: error,
    ...(known.remedy ? { remedy: known.remedy } : {}),
  });
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
