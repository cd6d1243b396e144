import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';

/** One profile of the user's AWS configuration files. */
export interface Profile {
  readonly name: string;
  readonly region: string | undefined;
  /** How it signs in, in a few words. */
  readonly kind: string;
}

/** The profiles of `~/.aws/config` and `~/.aws/credentials`, or of the files that the environment names. */
export async function listProfiles(): Promise<Profile[]> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  return [...names]
    .filter((name) => !/^(sso-session|services)\W/.test(name))
    .sort()
    .map((name) => {
      const settings = { ...credentialsFile[name], ...configFile[name] };
      return { name, region: settings['region'], kind: kindOf(settings) };
    });
}

function kindOf(settings: Record<string, string | undefined>): string {
  if (settings['sso_session'] ?? settings['sso_start_url']) return 'single sign-on';
  if (settings['login_session']) return 'console sign-in';
  if (settings['web_identity_token_file']) return 'web identity';
  if (settings['role_arn']) return settings['mfa_serial'] ? 'role with MFA' : 'role';
  if (settings['credential_process']) return 'credential process';
  if (settings['aws_access_key_id']) return 'access key';
  return 'settings only';
}
