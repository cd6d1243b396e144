import { getSSOTokenFilepath } from '@smithy/shared-ini-file-loader';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { opFor, UserError } from '../op';
import { SIGN_IN } from './errors';
import type { SsoSession } from './ssoSession';
import { appearance } from './wait';

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

/** So long after AWS has refused a renewal another one that it has granted is looked for. */
const RENEWAL_SECONDS = 3;

/**
 * True when a token is kept that is still good. Of those that renew a token at the same moment, in other windows or by the AWS CLI, AWS answers one alone: what
 * that one is about to write is waited for, for a moment, where the token that is kept could be renewed.
 */
export async function isRenewedElsewhere({ key }: SsoSession): Promise<boolean> {
  const found = await appearance(() => stateOf(key), opFor(RENEWAL_SECONDS * 2), RENEWAL_SECONDS);
  return found === 'good';
}

/** What becomes of the token that is kept; undefined while it may be written just now. */
async function stateOf(key: string): Promise<'good' | 'gone' | undefined> {
  let text: string;
  try {
    text = await readFile(getSSOTokenFilepath(key), 'utf8');
  } catch {
    return 'gone';
  }
  const { expiresAt, refreshToken } = fieldsOf(text) ?? {};
  if (expiresAt === undefined) return undefined;
  if (Date.parse(expiresAt) > Date.now()) return 'good';
  return refreshToken === undefined ? 'gone' : undefined;
}

/** Who renews a token with the SDK does not write it at once, so that it may be cut off. */
function fieldsOf(text: string): Readonly<Partial<Record<'expiresAt' | 'refreshToken', string>>> | undefined {
  try {
    return JSON.parse(text) as Partial<Record<'expiresAt' | 'refreshToken', string>>;
  } catch {
    return undefined;
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
