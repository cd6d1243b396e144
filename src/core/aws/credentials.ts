import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { UserError } from '../op';
import { isSignInProblem, SELECT_PROFILE, SIGN_IN } from './errors';
import { findSsoSession, type SsoSession } from './ssoSession';
import { isRenewedElsewhere } from './ssoToken';

/** Whom the credentials of a profile may ask for. */
export interface CredentialHooks {
  /** Asks the user for the code that the MFA device with this serial shows; for profiles with `mfa_serial`. */
  readonly mfaCodeProvider?: (serial: string) => Promise<string>;
  /** Has the user sign in by IAM Identity Center, whose token is kept then; false when nobody did. All calls that need it wait for one. */
  readonly signIn?: (session: SsoSession) => Promise<boolean>;
}

/**
 * The credentials of a profile, or of the default chain. Where they need a sign-in by IAM Identity Center that has ended, they wait for a new one and go on;
 * throws `UserError` when there is none.
 */
export function credentialsOf(
  profile: string | undefined,
  requestHandler: NodeHttpHandler,
  { mfaCodeProvider, signIn }: CredentialHooks,
): ReturnType<typeof defaultProvider> {
  const named = profile === undefined ? {} : { profile };
  const provider = defaultProvider({
    ...named,
    // What the SDK asks IAM Identity Center goes by the same connections, and so through the same proxy.
    clientConfig: { ...named, requestHandler },
    ...(mfaCodeProvider ? { mfaCodeProvider } : {}),
  });
  return async (options) => {
    try {
      return await provider(options);
    } catch (error) {
      if (!isSignInProblem(error)) throw error;
      const session = await findSsoSession(profile);
      if (!session) throw error;
      const renewed = (await isRenewedElsewhere(session)) && (await unlessSignedOut(() => provider(options)));
      if (renewed) return renewed;
      if (!(await signIn?.(session))) throw signedOut(profile, error);
      return provider(options);
    }
  };
}

/** What `ask` gives; undefined where it needs a sign-in. */
async function unlessSignedOut<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isSignInProblem(error)) throw error;
    return undefined;
  }
}

function signedOut(profile: string | undefined, cause: unknown): UserError {
  const who = profile === undefined ? 'default profile' : `profile “${profile}”`;
  const option = profile === undefined ? '' : ` --profile ${/^[\w.@-]+$/.test(profile) ? profile : `"${profile}"`}`;
  return new UserError(
    `The AWS ${who} is not signed in, or its sign-in (IAM Identity Center, SSO) has expired. Sign in, in VS Code with “Sitelift: Sign In to AWS…”, elsewhere with “aws sso login${option}”; then run the command again, it goes on where it stopped.`,
    { cause, remedy: [SIGN_IN, SELECT_PROFILE] },
  );
}
