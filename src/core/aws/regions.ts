import { UserError } from '../op';
import { hasCode, SELECT_PROFILE } from './errors';

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

/** What to tell of an error that looks like bad keys but may come from a region that the account has not switched on; undefined for others. */
export function regionProblem(region: string, error: unknown): UserError | undefined {
  if (ALWAYS_ON.has(region)) return undefined;
  const codes = ['InvalidClientTokenId', 'UnrecognizedClientException', 'AuthFailure', 'RegionDisabledException'];
  if (!hasCode(error, ...codes)) return undefined;
  return new UserError(
    `AWS does not accept these credentials in ${region}, a region that an account has to switch on before it can be used. Switch it on in the AWS console under Account → Regions, which takes some minutes; if it is on already, choose another profile or correct the keys.`,
    { cause: error, remedy: SELECT_PROFILE },
  );
}
