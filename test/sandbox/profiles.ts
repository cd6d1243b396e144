import { CreateRoleCommand, PutRolePolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MadeUser, Sandbox, SandboxUser } from './sandbox';

/** Keys that a credential process hands out; `expiration` is an ISO 8601 moment, and without it they last for ever. */
export interface ProcessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: string;
}

/** The keys of the sandbox's administrator. */
export const ADMINISTRATOR: ProcessKeys = {
  accessKeyId: 'AKIASANDBOX0000000AA',
  secretAccessKey: 'sandbox-secret',
};

/** Adds a profile to the sandbox's AWS configuration file, with settings such as `role_arn` as AWS names them. */
export async function addProfile(
  { env }: Pick<Sandbox, 'env'>,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries({ region: 'us-east-1', ...settings }).map(([key, value]) => `${key} = ${value}\n`);
  await appendFile(env['AWS_CONFIG_FILE'] ?? '', `\n[profile ${name}]\n${lines.join('')}`);
}

/** Adds a profile whose keys come from a `credential_process`, and returns how often that was asked. */
export async function addCountingProfile(
  sandbox: Pick<Sandbox, 'env'>,
  name: string,
  keys: ProcessKeys = ADMINISTRATOR,
): Promise<{ count(): Promise<number>; answer(keys: ProcessKeys): Promise<void> }> {
  const file = (kind: string): string => join(dirname(sandbox.env['AWS_CONFIG_FILE'] ?? ''), `${name}.${kind}`);
  const [script, keyFile, counter] = [file('sh'), file('json'), file('count')];
  const answer = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: ProcessKeys): Promise<void> => {
    const known = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
    const told = JSON.stringify({ ...known, SessionToken: sessionToken, Expiration: expiration });
    return writeFile(keyFile, told, { mode: 0o600 });
  };
  await answer(keys);
  await writeFile(counter, '');
  await writeFile(script, `echo asked >> '${counter}'\ncat '${keyFile}'\n`);
  await addProfile(sandbox, name, { credential_process: `/bin/sh '${script}'` });
  return {
    count: async () => (await readFile(counter, 'utf8')).split('\n').length - 1,
    answer,
  };
}

/** The one instance of IAM Identity Center that a sandbox has; everybody who signs in has the administrator's rights. */
export const IDENTITY_CENTER = { sso_start_url: 'https://sandbox.awsapps.com/start', sso_region: 'eu-west-1' };

/** Adds a profile that signs in by IAM Identity Center: by a section `sso-session` of the same name, or in the way from before there were such sections. */
export async function addSsoProfile(
  sandbox: Pick<Sandbox, 'env'>,
  name: string,
  kind: 'session' | 'legacy' = 'session',
  others: Readonly<Record<string, string>> = {},
): Promise<void> {
  const role = { sso_account_id: '123456789012', sso_role_name: 'AdministratorAccess', ...others };
  if (kind === 'legacy') return addProfile(sandbox, name, { ...IDENTITY_CENTER, ...role });
  const lines = Object.entries(IDENTITY_CENTER).map(([key, value]) => `${key} = ${value}\n`);
  await appendFile(sandbox.env['AWS_CONFIG_FILE'] ?? '', `\n[sso-session ${name}]\n${lines.join('')}`);
  await addProfile(sandbox, name, { sso_session: name, ...role });
}

/** Does what a person does on the page that a sign-in opens; gives what the page said before. Throws when it knows no such sign-in. */
export async function answerSignIn(port: number, url: string, answer: 'approve' | 'deny'): Promise<string> {
  const { host, search } = new URL(url);
  const ask = (method: string, body = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { host, ...(body ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) };
      const asked = request({ port, host: '127.0.0.1', path: `/${search}`, method, headers }, (response) => {
        let page = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (page += chunk));
        response.on('end', () => (response.statusCode === 200 ? resolve(page) : reject(new Error(page))));
      });
      asked.on('error', reject).end(body);
    });
  const page = await ask('GET');
  await ask('POST', `${search.slice(1)}&answer=${answer}`);
  return page;
}

/** A profile whose role wants the code of an MFA device. */
export interface MfaProfile {
  readonly profile: string;
  /** The profile of the user who may assume the role. */
  readonly source: string;
  readonly user: MadeUser;
  readonly roleName: string;
}

/** Adds a profile that assumes a role, which may do `action`, with the code of its user's MFA device. */
export async function addMfaProfile(
  sandbox: Pick<Sandbox, 'env'>,
  createUser: (user: SandboxUser) => Promise<MadeUser>,
  iam: IAMClient,
  action: string,
): Promise<MfaProfile> {
  const name = randomUUID().slice(0, 8);
  const [source, profile, roleName] = [`${name}-user`, `${name}-role`, `${name}-role`];
  const policy = [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }];
  const user = await createUser({ name: source, policy, mfa: true });
  const trust = {
    ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${user.account}:root` }, Action: 'sts:AssumeRole' },
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  };
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await iam.send(new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument: document(trust) }));
  const PolicyDocument = document({ Effect: 'Allow', Action: action, Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName: roleName, PolicyName: 'all', PolicyDocument }));
  await addProfile(sandbox, source, {
    aws_access_key_id: user.accessKeyId,
    aws_secret_access_key: user.secretAccessKey,
  });
  await addProfile(sandbox, profile, {
    role_arn: `arn:aws:iam::${user.account}:role/${roleName}`,
    source_profile: source,
    mfa_serial: user.mfaSerial ?? '',
  });
  return { profile, source, user, roleName };
}
