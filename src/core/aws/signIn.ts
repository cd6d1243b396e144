import { CreateTokenCommand, RegisterClientCommand, StartDeviceAuthorizationCommand } from '@aws-sdk/client-sso-oidc';
import { UserError, type Op } from '../op';
import { createSsoOidcClient, type ClientSettings } from './clients';
import { hasCode, SIGN_IN, statusOf } from './errors';
import type { SsoSession } from './ssoSession';
import { keepToken, type SsoToken } from './ssoToken';
import { waitFor } from './wait';

/** A sign-in that a person finishes in the browser. */
export interface PendingSignIn {
  /** What the page shows as well, so that the person knows which sign-in it is about. */
  readonly userCode: string;
  /** Opens the page with the code filled in. */
  readonly url: string;
  /** Waits for the person, and keeps the token. Throws `UserError` when the sign-in was denied, or not finished in time. */
  finish(op: Op): Promise<void>;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** What RFC 8628 wants between two questions where nothing is said, and in addition after *slow down*. */
const INTERVAL_SECONDS = 5;

/** Begins a sign-in by IAM Identity Center: the device authorization of OAuth 2.0 (RFC 8628), with the endpoints of IAM Identity Center OIDC. */
export async function startSignIn(
  session: SsoSession,
  settings: Omit<ClientSettings, 'region'>,
  { signal }: Op,
): Promise<PendingSignIn> {
  const { region, scopes, startUrl } = session;
  const client = createSsoOidcClient({ ...settings, region });
  const request = { abortSignal: signal };
  const asked = { clientName: 'sitelift', clientType: 'public', ...(scopes.length > 0 ? { scopes: [...scopes] } : {}) };
  const registered = await client.send(new RegisterClientCommand(asked), request);
  const { clientId = '', clientSecret = '' } = registered;
  const start = new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl });
  const device = await client.send(start, request).catch((error: unknown) => {
    if (!hasCode(error, 'InvalidRequestException')) throw error;
    throw new UserError(
      `IAM Identity Center in ${region} does not know ${startUrl}. Correct the start URL or the region (“sso_start_url”, “sso_region”) in the AWS configuration file.`,
      { cause: error },
    );
  });
  const { deviceCode = '', expiresIn = 600, interval, userCode = '' } = device;
  const url = device.verificationUriComplete ?? device.verificationUri ?? '';
  if (!url.startsWith('https://')) throw new Error('AWS gave no page to sign in at.');
  const own = {
    clientId,
    clientSecret,
    registrationExpiresAt: new Date((registered.clientSecretExpiresAt ?? 0) * 1000),
  };
  return {
    userCode,
    url,
    async finish(op) {
      const token = new CreateTokenCommand({ clientId, clientSecret, deviceCode, grantType: DEVICE_GRANT });
      const ask = () => client.send(token, { abortSignal: op.signal });
      const answer = await answered(ask, expiresIn, interval || INTERVAL_SECONDS, op);
      const { accessToken, expiresIn: seconds = 0, refreshToken } = answer;
      if (!accessToken) throw new Error('AWS gave no token for this sign-in.');
      const expiresAt = new Date(Date.now() + seconds * 1000);
      await keepToken(session, { ...own, accessToken, expiresAt, refreshToken } satisfies SsoToken);
    },
  };
}

/** The answer to `ask` once the person has signed in. */
async function answered<Answer>(
  ask: () => Promise<Answer>,
  limitSeconds: number,
  firstIntervalSeconds: number,
  op: Op,
): Promise<Answer> {
  let seconds = firstIntervalSeconds;
  const look = async (): Promise<Answer | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (hasCode(error, 'SlowDownException')) seconds += INTERVAL_SECONDS;
      else if (!hasCode(error, 'AuthorizationPendingException') && !isPassing(error)) throw toldOf(error);
      return undefined;
    }
  };
  // A person and a browser are as slow as ever.
  const pace = { limitSeconds, intervalSeconds: () => seconds };
  return waitFor('you to sign in to AWS', look, pace, { ...op, secondMs: undefined });
}

/** True for what came of the way to AWS, or went wrong there: the person is still in the browser. */
function isPassing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' || hasCode(error, 'TimeoutError') || (statusOf(error) ?? 0) >= 500;
}

function toldOf(cause: unknown): unknown {
  if (hasCode(cause, 'AccessDeniedException')) {
    return new UserError('The sign-in to AWS was denied in the browser.', { cause, remedy: SIGN_IN });
  }
  // The code has an end of its own, and can be used once.
  if (hasCode(cause, 'ExpiredTokenException', 'InvalidGrantException')) {
    return new UserError('The sign-in to AWS was not finished in time. Sign in again.', { cause, remedy: SIGN_IN });
  }
  return cause;
}
