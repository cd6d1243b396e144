import { getProfileName, loadSharedConfigFiles, loadSsoSessionData } from '@smithy/shared-ini-file-loader';

/** A sign-in by IAM Identity Center (SSO): a section `sso-session` of the AWS configuration file, or a profile with such settings of its own. */
export interface SsoSession {
  /** The text whose SHA-1 names the file of the token, as AWS's tools have it: the section's name, or the start URL. */
  readonly key: string;
  readonly startUrl: string;
  readonly region: string;
  /** What the token is to be good for; none for a profile with settings of its own, whose token is not renewed. */
  readonly scopes: readonly string[];
}

type Section = Readonly<Record<string, string | undefined>>;

/** Without which AWS gives no token that can be renewed (AWS CLI User Guide, “sso_registration_scopes”). */
const DEFAULT_SCOPES = 'sso:account:access';

/** The sign-in of a profile, or of the one whose credentials it takes; undefined for a profile that has none. Reads the configuration files. */
export async function findSsoSession(profile: string | undefined): Promise<SsoSession | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const sessions = await loadSsoSessionData();
  const seen = new Set<string>();
  let name: string | undefined = getProfileName(profile === undefined ? {} : { profile });
  while (name !== undefined && !seen.has(name)) {
    seen.add(name);
    const settings: Section = { ...configFile[name], ...credentialsFile[name] };
    // A role comes before all else that a profile may hold.
    const { role_arn: role, source_profile: source } = settings;
    if (role === undefined || source === undefined) return sessionOf(settings, sessions);
    name = source;
  }
  return undefined;
}

function sessionOf(settings: Section, sessions: Readonly<Record<string, Section>>): SsoSession | undefined {
  const { sso_session: name } = settings;
  const section = name === undefined ? settings : sessions[name];
  const { sso_region: region, sso_registration_scopes: scopes, sso_start_url: startUrl } = section ?? {};
  if (startUrl === undefined || region === undefined) return undefined;
  if (name === undefined) return { key: startUrl, startUrl, region, scopes: [] };
  return { key: name, startUrl, region, scopes: listOf(scopes ?? DEFAULT_SCOPES) };
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
