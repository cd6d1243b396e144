import { getSSOTokenFilepath } from '@smithy/shared-ini-file-loader';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../op';
import { SIGN_IN } from './errors';
import type { SsoSession } from './ssoSession';

/** What AWS gave for a sign-in, and the client that it was given to, which may renew it. */
export interface SsoToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly refreshToken: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly registrationExpiresAt: Date;
}

/**
 * Keeps a token where the AWS CLI and the SDKs look for it, for this user alone; who reads meanwhile finds the earlier one or this one, whole. Throws
 * `UserError` where it cannot be written.
 */
export async function keepToken({ key, region, startUrl }: SsoSession, token: SsoToken): Promise<void> {
  const file = getSSOTokenFilepath(key);
  const { accessToken, clientId, clientSecret, expiresAt, refreshToken, registrationExpiresAt } = token;
  const kept = {
    ...{ startUrl, region, accessToken, expiresAt: timeText(expiresAt), clientId, clientSecret },
    registrationExpiresAt: timeText(registrationExpiresAt),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
  try {
    await replace(file, JSON.stringify(kept, undefined, 2));
  } catch (cause) {
    throw new UserError(
      `You signed in, but the sign-in could not be kept in ${file}: ${(cause as Error).message}. Make sure that you may write there, then sign in again.`,
      { cause, remedy: SIGN_IN },
    );
  }
}

async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFile(fresh, text, { mode: 0o600, flag: 'wx' });
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** As the AWS CLI writes times: to the second, in UTC. */
function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
