import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { MiddlewareStack } from '@smithy/types';
import { heeding, UserError, type Op } from '../op';
import { noteOperation } from './denied';
import { isCredentialProblem, SELECT_PROFILE } from './errors';
import { createRequestHandler, type ProxySettings } from './http';
import { listProfiles } from './profiles';
import { regionProblem } from './regions';

/** One client per AWS service for one profile and region, over shared connections. */
export interface Clients {
  readonly region: string;
  /** The profile that was asked for; undefined for the default credential chain. */
  readonly profile: string | undefined;
  /** How they reach AWS, for what goes there without them. */
  readonly proxy: ProxySettings;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly cloudfront: CloudFrontClient;
  readonly ssm: SSMClient;
  readonly iam: IAMClient;
  /** The price list of all regions, which AWS offers in few of them. */
  readonly pricing: PricingClient;
  /** How much of a thing the account may have in the region. */
  readonly quotas: ServiceQuotasClient;
  readonly sts: STSClient;
}

/** Which credentials to use and how to reach AWS; without a profile the default credential chain decides. */
export interface ClientSettings extends ProxySettings {
  readonly profile?: string | undefined;
  readonly region: string;
}

/** What the clients ask of, and tell, whoever made them. */
export interface ClientHooks {
  /** Asks the user for the code that the MFA device with this serial shows; for profiles with `mfa_serial`. */
  readonly mfaCodeProvider?: (serial: string) => Promise<string>;
  /** Called when AWS refuses the credentials or none could be had. */
  readonly onCredentialProblem?: () => void;
}

/** One of the three regions of the commercial partition that have the price list (AWS Billing documentation, “AWS Price List Query API endpoints”). */
const PRICE_LIST_REGION = 'us-east-1';

/** Makes the clients of a profile and region; nothing is sent yet. */
export function createClients(settings: ClientSettings, hooks: ClientHooks = {}): Clients {
  const { profile, region, proxyUrl, noProxy } = settings;
  const { mfaCodeProvider } = hooks;
  const shared = {
    region,
    requestHandler: createRequestHandler(settings),
    maxAttempts: 6,
    ...(profile ? { profile } : {}),
  };
  const sts = new STSClient({
    ...shared,
    credentials: defaultProvider({ ...(profile ? { profile } : {}), ...(mfaCodeProvider ? { mfaCodeProvider } : {}) }),
  });
  // One provider for all, so that a role is assumed, or a credential process asked, once and not eight times.
  const same = { ...shared, credentials: sts.config.credentials };
  const clients = {
    ec2: new EC2Client(same),
    s3: new S3Client(same),
    cloudfront: new CloudFrontClient(same),
    ssm: new SSMClient(same),
    iam: new IAMClient(same),
    pricing: new PricingClient({ ...same, region: PRICE_LIST_REGION, maxAttempts: 2 }),
    quotas: new ServiceQuotasClient({ ...same, maxAttempts: 2 }),
    sts,
  };
  const { onCredentialProblem } = hooks;
  watch(clients.ec2.middlewareStack, onCredentialProblem);
  watch(clients.s3.middlewareStack, onCredentialProblem);
  watch(clients.cloudfront.middlewareStack, onCredentialProblem);
  watch(clients.ssm.middlewareStack, onCredentialProblem);
  watch(clients.iam.middlewareStack, onCredentialProblem);
  watch(clients.pricing.middlewareStack, onCredentialProblem);
  watch(clients.quotas.middlewareStack, onCredentialProblem);
  watch(clients.sts.middlewareStack, onCredentialProblem);
  return { region, profile, proxy: { proxyUrl, ...(noProxy ? { noProxy } : {}) }, ...clients };
}

/** EC2 of another region than theirs, with the credentials and connections of these clients. */
export function ec2In({ ec2, profile }: Clients, region: string): EC2Client {
  const { credentials, maxAttempts, requestHandler } = ec2.config;
  return new EC2Client({ region, credentials, maxAttempts, requestHandler, ...(profile ? { profile } : {}) });
}

/** The EC2 of these clients for a request that must not be sent twice: whatever comes of it, it is one attempt. */
export function ec2Once({ ec2, profile, region }: Clients): EC2Client {
  const { credentials, requestHandler, systemClockOffset } = ec2.config;
  const shared = { region, credentials, requestHandler, systemClockOffset, maxAttempts: 1 };
  return new EC2Client({ ...shared, ...(profile ? { profile } : {}) });
}

/** Notes on errors which operation they came of, and tells of those that the credentials cause. */
function watch<Input extends object, Output extends object>(
  stack: MiddlewareStack<Input, Output>,
  onCredentialProblem: (() => void) | undefined,
): void {
  stack.add(
    (next, { clientName, commandName }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          noteOperation(error, clientName, commandName);
          if (isCredentialProblem(error)) onCredentialProblem?.();
          throw error;
        }
      },
    { step: 'initialize', name: 'siteliftErrors' },
  );
}

/** Who the credentials belong to. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

const identities = new WeakMap<Clients, { readonly identity: Identity; readonly atMs: number }>();

/**
 * Asks STS whose credentials these are, unless it was asked with these clients at most `maxAgeSeconds` ago. Throws `UserError` for a
 * profile that the configuration files do not have, and for a region that the account has to switch on first.
 */
export async function identify(clients: Clients, op: Op, maxAgeSeconds = 0): Promise<Identity> {
  const earlier = identities.get(clients);
  if (earlier && Date.now() - earlier.atMs < maxAgeSeconds * 1000) return earlier.identity;
  const { profile, region } = clients;
  // Reading them here also makes the SDK see changes of these files, which it otherwise reads once per window.
  const profiles = await listProfiles();
  if (profile && !profiles.some(({ name }) => name === profile)) {
    throw new UserError(
      `There is no AWS profile named “${profile}” in your AWS configuration files. Choose a profile that is there, or add it with “aws configure --profile ${profile}”.`,
      { remedy: SELECT_PROFILE },
    );
  }
  const { Account, Arn } = await askIdentity(clients, op).catch((error: unknown) => {
    throw regionProblem(region, error) ?? error;
  });
  if (!Account || !Arn) throw new Error('STS answered without an account.');
  const identity = { account: Account, arn: Arn };
  identities.set(clients, { identity, atMs: Date.now() });
  return identity;
}

/** A credential process or a sign-in that does not end must not keep the user from cancelling; the SDK waits for it. */
async function askIdentity({ sts }: Clients, { signal }: Op) {
  return heeding(signal, () => sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal }));
}

/** Throws `UserError` unless the credentials belong to the account that the site file names; an answer of STS may be `maxAgeSeconds` old. */
export async function requireAccount(clients: Clients, account: string, op: Op, maxAgeSeconds = 0): Promise<Identity> {
  const identity = await identify(clients, op, maxAgeSeconds);
  if (identity.account !== account) {
    throw new UserError(
      `The AWS credentials belong to account ${identity.account}, but this site belongs to ${account} (sitelift.json). Nothing was changed. Choose a profile of account ${account}.`,
      { remedy: SELECT_PROFILE },
    );
  }
  return identity;
}
