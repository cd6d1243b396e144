import type { Remedy } from '../op';
import { AGAIN, type Explanation } from './explanation';
import { LIMITS } from './explainedLimits';
import { STATES } from './explainedStates';

/** The way on when the credentials are the problem. */
export const SELECT_PROFILE: Remedy = { title: 'Select Profile…', command: 'sitelift.selectProfile' };

/** Codes of there being no credentials. */
export const NO_CREDENTIALS = ['CredentialsProviderError', 'CredentialsError', 'TokenProviderError'];
/** Codes of credentials whose time is over. */
export const EXPIRED = [
  ...['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired', 'SSOTokenProviderFailure'],
  ...['InvalidGrantException', 'UnauthorizedException'],
];
/** Codes of credentials that AWS does not know, or signatures that they did not make. */
export const REFUSED = [
  ...['InvalidClientTokenId', 'UnrecognizedClientException', 'AuthFailure', 'SignatureDoesNotMatch'],
  ...['InvalidAccessKeyId', 'InvalidToken', 'InvalidSignatureException', 'IncompleteSignature'],
];

/** What keeps requests from being answered at all. */
const ACCESS: readonly Explanation[] = [
  {
    codes: NO_CREDENTIALS,
    happened: 'No usable AWS credentials were found.',
    why: 'Neither the profile nor the environment gives any.',
    next: 'Run “aws configure”, sign in with “Sitelift: Sign In to AWS…” or “aws sso login”, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then choose the profile.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: EXPIRED,
    happened: 'The AWS sign-in has expired.',
    why: 'Temporary credentials are good for some hours only.',
    next: 'Sign in again (for SSO: “Sitelift: Sign In to AWS…” or “aws sso login”); then run the command again, it goes on where it stopped.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: REFUSED,
    happened: 'AWS does not accept these credentials.',
    why: 'The keys are mistyped, deleted or deactivated, or belong to another kind of account.',
    next: 'Choose another profile or correct the keys.',
    remedy: SELECT_PROFILE,
  },
  {
    codes: ['RequestTimeTooSkewed', 'RequestInTheFuture'],
    happened: 'AWS refused the time of a request.',
    why: 'The clock of this computer is wrong by more than some minutes.',
    next: `Set the clock, best by turning on its synchronisation, and ${AGAIN}`,
  },
  {
    codes: ['OptInRequired', 'PendingVerification', 'SubscriptionRequiredException'],
    happened: 'AWS has not enabled this service for the account yet.',
    why: 'New accounts are set up and verified first, which takes up to a day.',
    next: 'Sign in to the AWS console once and finish the account’s set-up.',
  },
  {
    codes: [
      'Throttling',
      'ThrottlingException',
      'RequestLimitExceeded',
      'SlowDown',
      'TooManyRequestsException',
      'ThrottledException',
    ],
    happened: 'AWS is slowing this account down.',
    why: 'It got more requests in a short time than it takes, from whomever.',
    next: `Wait a minute and ${AGAIN}`,
  },
  {
    codes: [
      ...['ServiceUnavailable', 'ServiceUnavailableException', 'InternalError', 'InternalFailure', 'Unavailable'],
      ...[
        'InternalServerError',
        'InternalServerException',
        'InternalServiceError',
        'ServiceFailure',
        'ServiceFailureException',
      ],
    ],
    happened: 'AWS failed at this request, several times over.',
    why: 'Something is wrong within AWS; health.aws.amazon.com may tell what.',
    next: `Wait some minutes and ${AGAIN}`,
  },
  {
    codes: [
      'ENOTFOUND',
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EPIPE',
      'TimeoutError',
      'NetworkingError',
      'UnknownEndpoint',
    ],
    happened: 'AWS could not be reached.',
    why: 'There is no way to it from here, or there is no such region.',
    next: 'Check the network and the proxy (“http.proxy”), and “region” in sitelift.json; then run the command again, it goes on where it stopped.',
  },
  {
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    happened: 'The certificate that answered for AWS is not trusted.',
    why: 'Something between here and AWS answers in its place, most often a proxy that inspects traffic.',
    next: 'If a proxy inspects traffic here, set NODE_EXTRA_CA_CERTS to its certificate and restart VS Code.',
  },
  {
    codes: ['ENOSPC'],
    happened: 'The disk of this computer is full.',
    why: 'What is published is packed on it first.',
    next: `Free some space and ${AGAIN}`,
  },
];

/** The one table of what errors mean, for the operations that Sitelift sends (the services’ API references, “Errors”; EC2 documentation, “Error codes”). */
export const EXPLANATIONS: readonly Explanation[] = [...ACCESS, ...LIMITS, ...STATES];
