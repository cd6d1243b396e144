import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { UserError, type Op } from '../op';
import { SELECT_PROFILE } from './errors';
import { createRequestHandler, type ProxySettings } from './http';
import { listProfiles } from './profiles';

/** One client per AWS service for one profile and region, over shared connections. */
export interface Clients {
  readonly region: string;
  /** The profile that was asked for; undefined for the default credential chain. */
  readonly profile: string | undefined;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly cloudfront: CloudFrontClient;
  readonly ssm: SSMClient;
  readonly iam: IAMClient;
  readonly sts: STSClient;
}

/** Which credentials to use and how to reach AWS; without a profile the default credential chain decides. */
export interface ClientSettings extends ProxySettings {
  readonly profile?: string | undefined;
  readonly region: string;
}

/** Makes the clients of a profile and region; nothing is sent yet. */
export function createClients(settings: ClientSettings): Clients {
  const shared = {
    region: settings.region,
    requestHandler: createRequestHandler(settings),
    maxAttempts: 6,
    ...(settings.profile ? { profile: settings.profile } : {}),
  };
  const sts = new STSClient(shared);
  // One provider for all, so that a role is assumed, or a credential process asked, once and not six times.
  const same = { ...shared, credentials: sts.config.credentials };
  return {
    region: settings.region,
    profile: settings.profile,
    ec2: new EC2Client(same),
    s3: new S3Client(same),
    cloudfront: new CloudFrontClient(same),
    ssm: new SSMClient(same),
    iam: new IAMClient(same),
    sts,
  };
}

/** Who the credentials belong to. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** Asks STS whose credentials these are. Throws `UserError` for a profile that the configuration files do not have. */
export async function identify(clients: Clients, op: Op): Promise<Identity> {
  const { profile } = clients;
  // Reading them here also makes the SDK see changes of these files, which it otherwise reads once per window.
  const profiles = await listProfiles();
  if (profile && !profiles.some(({ name }) => name === profile)) {
    throw new UserError(
      `There is no AWS profile named “${profile}” in your AWS configuration files. Choose a profile that is there, or add it with “aws configure --profile ${profile}”.`,
      { remedy: SELECT_PROFILE },
    );
  }
  const { Account, Arn } = await clients.sts.send(new GetCallerIdentityCommand({}), { abortSignal: op.signal });
  if (!Account || !Arn) throw new Error('STS answered without an account.');
  return { account: Account, arn: Arn };
}

/** Throws `UserError` unless the credentials belong to the account that the site file names. */
export async function requireAccount(clients: Clients, account: string, op: Op): Promise<Identity> {
  const identity = await identify(clients, op);
  if (identity.account !== account) {
    throw new UserError(
      `The AWS credentials belong to account ${identity.account}, but this site belongs to ${account} (sitelift.json). Nothing was changed. Choose a profile of account ${account}.`,
      { remedy: SELECT_PROFILE },
    );
  }
  return identity;
}
