import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import { UserError } from '../op';

interface Configured {
  readonly config: { readonly serviceId: string; serviceConfiguredEndpoint?: () => Promise<string | undefined> };
}

/**
 * Has a client use the endpoint that its profile names in `endpoint_url` or a section `services`: the SDK looks for these in the profile of the environment
 * alone, whatever profile a client was made for. Gives the client.
 */
export function atEndpoint<Client>(client: Client & Configured, profile: string | undefined): Client {
  const { config } = client;
  if (profile) config.serviceConfiguredEndpoint = () => endpointOf(profile, config.serviceId);
  return client;
}

/** In the order of the AWS SDKs and Tools Reference Guide, “Service-specific endpoints”. Throws `UserError` for a section that is not there. */
async function endpointOf(profile: string, serviceId: string): Promise<string | undefined> {
  const { env } = process;
  const service = serviceId.replaceAll(' ', '_');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const settings = { ...credentialsFile[profile], ...configFile[profile] };
  const isIgnored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? settings['ignore_configured_endpoint_urls'];
  if (isIgnored === 'true') return undefined;
  const ofEnvironment = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env['AWS_ENDPOINT_URL'];
  if (ofEnvironment) return ofEnvironment;
  const { endpoint_url: ofProfile, services } = settings;
  if (services === undefined) return ofProfile;
  const section = configFile[`services.${services}`];
  if (!section) {
    throw new UserError(
      `The AWS profile “${profile}” names a section “services ${services}”, which the AWS configuration file does not have.`,
    );
  }
  return section[`${service.toLowerCase()}.endpoint_url`] ?? ofProfile;
}
