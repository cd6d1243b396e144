import { DescribeRegionsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { isAbort, UserError, type Op } from '../op';
import { SITE_FILE } from '../site';
import { hasCode, isCredentialProblem, SELECT_PROFILE } from './errors';

/** Regions that every account has; all others, older than none of these, must be switched on first (AWS Account Management, “Enable or disable AWS Regions”). */
const ALWAYS_ON: ReadonlySet<string> = new Set([
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]);

/** One that every account has, and that answers for the others. */
export const HOME_REGION = 'us-east-1';
const CODES = ['InvalidClientTokenId', 'UnrecognizedClientException', 'AuthFailure', 'RegionDisabledException'];
const SWITCH_ON = 'Switch it on in the AWS console under Account → Regions, which takes some minutes';

/** True for a region that an account has to switch on before it can be used. */
export function mustBeSwitchedOn(region: string): boolean {
  return !ALWAYS_ON.has(region);
}

/** Whether the account has switched a region on, by what EC2 says of it in another one; undefined where that does not tell. */
export async function isSwitchedOn(elsewhere: EC2Client, region: string, op: Op): Promise<boolean | undefined> {
  const command = new DescribeRegionsCommand({ RegionNames: [region], AllRegions: true });
  const { Regions } = await elsewhere.send(command, { abortSignal: op.signal });
  const status = Regions?.find(({ RegionName }) => RegionName === region)?.OptInStatus;
  return status === undefined ? undefined : status !== 'not-opted-in';
}

/** The sentence for a region that the account has not switched on. */
export function switchedOffSentence(region: string): string {
  return `The region ${region} is not switched on in this AWS account, so nothing can be made or read there. ${SWITCH_ON}; or choose another region, for a site of which nothing is made yet by “region” in ${SITE_FILE}.`;
}

/**
 * What to tell of an error that looks like bad keys but may come from a region that the account has not switched on, which refuses whatever comes from there;
 * undefined for others. `isOn` asks another region for it.
 */
export async function regionProblem(
  region: string,
  cause: unknown,
  isOn: () => Promise<boolean | undefined>,
): Promise<UserError | undefined> {
  if (!mustBeSwitchedOn(region) || !hasCode(cause, ...CODES)) return undefined;
  const answer = await isOn().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return isCredentialProblem(error) ? 'refused' : undefined;
  });
  // Nobody takes these keys.
  if (answer === 'refused') return undefined;
  if (answer === false) return new UserError(switchedOffSentence(region), { cause, remedy: SELECT_PROFILE });
  const sentence =
    answer === true
      ? `AWS takes these credentials elsewhere, but not in ${region}, which this account has switched on. If that was minutes ago, wait; such a region does not take temporary credentials of STS’s global endpoint either: get them from STS in a region, or choose another profile.`
      : `AWS does not accept these credentials in ${region}, a region that an account has to switch on before it can be used. ${SWITCH_ON}; if it is on already, choose another profile or correct the keys.`;
  return new UserError(sentence, { cause, remedy: SELECT_PROFILE });
}
