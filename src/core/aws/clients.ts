import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { SSOOIDCClient } from '@aws-sdk/client-sso-oidc';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity, MiddlewareStack } from '@smithy/types';
import { heeding, UserError, type Op } from '../op';
import { atEndpoint } from './endpoints';
import { credentialsOf, type CredentialHooks } from './credentials';
import { noteOperation } from './denied';
import { hasCode, hasExpired, isCredentialProblem, SELECT_PROFILE, statusOf } from './errors';
import { createRequestHandler, type ProxySettings } from './http';
import { listProfiles } from './profiles';
import { HOME_REGION, isSwitchedOn, regionProblem } from './regions';

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
export interface ClientHooks extends CredentialHooks {
  /** Called when AWS refuses the credentials or none could be had. */
  readonly onCredentialProblem?: () => void;
  /** Called with each request that failed in the end, whatever comes of that, and what it was for, e.g. `ec2:DescribeVolumes`. */
  readonly onFailure?: (error: unknown, operation: string) => void;
}

/** One of the three regions of the commercial partition that have the price list (AWS Billing documentation, “AWS Price List Query API endpoints”). */
const PRICE_LIST_REGION = 'us-east-1';

/** Makes the clients of a profile and region; nothing is sent yet. */
export function createClients(settings: ClientSettings, hooks: ClientHooks = {}): Clients {
  const { profile, region, proxyUrl, noProxy } = settings;
  const shared = {
    region,
    requestHandler: createRequestHandler(settings),
    maxAttempts: 6,
    ...(profile ? { profile } : {}),
  };
  const sts = atEndpoint(
    new STSClient({
      ...shared,
      credentials: credentialsOf(profile || undefined, shared.requestHandler, hooks),
    }),
    profile,
  );
  // One provider for all, so that a role is assumed, or a credential process asked, once and not eight times.
  const same = { ...shared, credentials: sts.config.credentials };
  const clients = {
    ec2: atEndpoint(new EC2Client(same), profile),
    s3: atEndpoint(new S3Client(same), profile),
    cloudfront: atEndpoint(new CloudFrontClient(same), profile),
    ssm: atEndpoint(new SSMClient(same), profile),
    iam: atEndpoint(new IAMClient(same), profile),
    quotas: atEndpoint(new ServiceQuotasClient({ ...same, maxAttempts: 2 }), profile),
    pricing: atEndpoint(new PricingClient({ ...same, region: PRICE_LIST_REGION, maxAttempts: 2 }), profile),
    sts,
  };
  const watch = watcher(sts, hooks);
  watches.set(shared.requestHandler, watch);
  watch(clients.ec2.middlewareStack);
  watch(clients.s3.middlewareStack);
  watch(clients.cloudfront.middlewareStack);
  watch(clients.ssm.middlewareStack);
  watch(clients.iam.middlewareStack);
  watch(clients.pricing.middlewareStack);
  watch(clients.quotas.middlewareStack);
  watch(clients.sts.middlewareStack);
  return { region, profile, proxy: { proxyUrl, ...(noProxy ? { noProxy } : {}) }, ...clients };
}

/** What signs in by IAM Identity Center, which itself needs no credentials. */
export function createSsoOidcClient({ profile, region, ...proxy }: ClientSettings): SSOOIDCClient {
  const requestHandler = createRequestHandler(proxy);
  return atEndpoint(new SSOOIDCClient({ region, requestHandler, ...(profile ? { profile } : {}) }), profile);
}

/** EC2 of another region than theirs, with the credentials and connections of these clients. */
export function ec2In({ ec2, profile }: Clients, region: string): EC2Client {
  const { credentials, maxAttempts, requestHandler } = ec2.config;
  const shared = { region, credentials, maxAttempts, requestHandler };
  return atEndpoint(new EC2Client({ ...shared, ...(profile ? { profile } : {}) }), profile);
}

/** S3 of another region than theirs, which alone answers for its buckets, with the credentials and connections of these clients. */
export function s3In({ profile, s3 }: Clients, region: string): S3Client {
  const { credentials, maxAttempts, requestHandler } = s3.config;
  const shared = { region, credentials, maxAttempts, requestHandler };
  return atEndpoint(new S3Client({ ...shared, ...(profile ? { profile } : {}) }), profile);
}

/** The EC2 of these clients for a request that must not be carried out twice: whatever comes of it, it is one attempt, unless AWS refused its credentials as expired. */
export function ec2Once({ ec2, profile, region }: Clients): EC2Client {
  const { credentials, requestHandler, systemClockOffset } = ec2.config;
  const shared = { region, credentials, requestHandler, systemClockOffset, maxAttempts: 1 };
  const once = atEndpoint(new EC2Client({ ...shared, ...(profile ? { profile } : {}) }), profile);
  watches.get(requestHandler)?.(once.middlewareStack);
  return once;
}

type Watch = ReturnType<typeof watcher>;
/** By the connections, which the clients that are made together share. */
const watches = new WeakMap<object, Watch>();

/**
 * What makes a client note on errors which operation they came of, tell of those that the credentials cause, and send once more with new credentials what AWS
 * refused because they had expired, and so did not do.
 */
function watcher(sts: STSClient, { onCredentialProblem, onFailure }: ClientHooks) {
  const { credentials } = sts.config;
  const renewed = async (error: unknown, used: AwsCredentialIdentity, isHead: boolean): Promise<boolean> => {
    if (!used.expiration) return false;
    const isNew = async () => (await credentials()).accessKeyId !== used.accessKeyId;
    // Whoever came first has renewed them for all.
    if (hasExpired(error)) return (await isNew()) || (await credentials({ forceRefresh: true }), await isNew());
    // An answer to HEAD does not say what was wrong; one to this question does, which is renewed by itself.
    if (!isHead || statusOf(error) !== 400 || !hasCode(error, 'Unknown', 'BadRequest', '400')) return false;
    await sts.send(new GetCallerIdentityCommand({}));
    return isNew();
  };
  return <Input extends object, Output extends object>(stack: MiddlewareStack<Input, Output>): void => {
    stack.add(
      (next, { clientName, commandName }) =>
        async (args) => {
          try {
            const used = await credentials();
            try {
              return await next(args);
            } catch (error) {
              if (isStream(args.input) || !(await renewed(error, used, commandName?.startsWith('Head') ?? false)))
                throw error;
              return await next(args);
            }
          } catch (error) {
            const operation = noteOperation(error, clientName, commandName);
            onFailure?.(error, operation);
            if (isCredentialProblem(error)) onCredentialProblem?.();
            throw error;
          }
        },
      { step: 'initialize', name: 'siteliftErrors' },
    );
  };
}

/** True for a request whose body can be read once only. */
function isStream(input: object): boolean {
  return 'Body' in input && typeof (input.Body as { pipe?: unknown } | undefined)?.pipe === 'function';
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
  const { Account, Arn } = await askIdentity(clients, op).catch(async (error: unknown) => {
    const isOn = () => isSwitchedOn(ec2In(clients, HOME_REGION), region, op);
    throw (await regionProblem(region, error, isOn)) ?? error;
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
