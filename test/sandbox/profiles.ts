import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Sandbox } from './sandbox';

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
