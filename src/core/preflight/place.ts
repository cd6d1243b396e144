import { CreateVolumeCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { forbiddingPolicy } from '../aws/denied';
import { hasCode, isDenied } from '../aws/errors';
import { CHOOSE_SUBNET } from '../aws/explainedStates';
import type { Context } from '../context';
import { tagsFor } from '../names';
import type { Op } from '../op';
import { candidatePlaces } from '../resources/server/launch';
import { launchRequest, newestImage } from '../resources/server/launchRequest';
import type { Place } from '../resources/network/network';
import { profileName } from '../resources/server/role';
import { listSubnets, unfitness, type SubnetSeen } from '../resources/network/subnets';
import { denial, lookAt, type PreflightFinding } from './finding';

/** What EC2 says of a dry run that would have been done (Amazon EC2 API, “RunInstances”). */
const ALLOWED = 'DryRunOperation';

/** Looks at where the server would be made, and asks EC2 whether these credentials may make it there, with its volume. */
export async function lookAtPlace(
  context: Context,
  makesVolume: boolean,
  op: Op,
): Promise<readonly PreflightFinding[]> {
  let places: readonly Place[] = [];
  const placed = await lookAt(
    'network',
    async () => {
      places = await candidatePlaces(context, op);
      return [];
    },
    op,
  );
  const [first] = places;
  if (!first) return placed;
  const found = await Promise.all([
    lookAt('network', () => lookAtSubnets(context, places, op), op),
    lookAt('permissions', () => tryLaunch(context, first, op), op),
    makesVolume ? lookAtVolume(context, first.zone, op) : [],
  ]);
  return found.flat();
}

/** The server goes to the first place that has an address for it. */
async function lookAtSubnets(context: Context, places: readonly Place[], op: Op): Promise<readonly PreflightFinding[]> {
  const ids = places.map(({ subnetId }) => subnetId);
  const seen = await listSubnets(context, ids, op);
  const inOrder = ids.flatMap((id) => seen.find(({ subnetId }) => subnetId === id) ?? []);
  const chosen = inOrder.find(({ freeAddresses }) => freeAddresses > 0) ?? inOrder[0];
  const unfit = chosen && unfitness(chosen);
  if (!chosen || !unfit) return [];
  const sentence = `${wordsFor(chosen)}: ${unfit.reason}.`;
  // Who chose a subnet without a way out may have endpoints for AWS there.
  const isLost = chosen.wayOut === 'none' && context.site.server.subnet === undefined;
  const severity = unfit.isFinal || isLost ? 'stops' : 'warns';
  return [{ what: 'network', severity, sentence, remedy: CHOOSE_SUBNET }];
}

function wordsFor({ subnetId, vpc, zone }: SubnetSeen): string {
  return `The server would get into the subnet ${subnetId} (${zone}, ${vpc.id})`;
}

async function tryLaunch(context: Context, place: Place, op: Op): Promise<readonly PreflightFinding[]> {
  const { ec2 } = context.clients;
  const { securityGroup } = context.site.server;
  let hasProfile = true;
  try {
    const [imageId, found] = await Promise.all([newestImage(context, op), hasProfileAlready(context, op)]);
    hasProfile = found;
    const asked = { tags: tagsFor(context.site, 'server'), token: '' };
    const request = launchRequest(context, place, imageId, [], asked);
    // The site's own group is made later; without one EC2 takes the default group of the network.
    const Groups = securityGroup === undefined ? undefined : [securityGroup];
    const interfaces = request.NetworkInterfaces.map((one) => ({ ...one, Groups }));
    await ec2.send(
      new RunInstancesCommand({
        ...{ ...request, DryRun: true, ClientToken: undefined, NetworkInterfaces: interfaces },
        IamInstanceProfile: hasProfile ? request.IamInstanceProfile : undefined,
      }),
      { abortSignal: op.signal },
    );
  } catch (error) {
    const isOther = mayBeOtherwise(error, { hasProfile, hasGroup: securityGroup !== undefined });
    return verdictOn(context, error, op).map((one) => (isOther && one.severity === 'stops' ? inDoubt(one) : one));
  }
  return [];
}

/**
 * A policy may allow a launch only with a profile, as guardrails that forbid all others do, or only into groups with the site’s tag: what is refused without
 * them may be allowed to the launch itself.
 */
function mayBeOtherwise(error: unknown, asked: { readonly hasProfile: boolean; readonly hasGroup: boolean }): boolean {
  if (!(error instanceof Error) || !isDenied(error)) return false;
  return (
    (!asked.hasProfile && forbiddingPolicy(error) !== undefined) ||
    (!asked.hasGroup && /on resource: \S+:security-group\//.test(error.message))
  );
}

function inDoubt(found: PreflightFinding): PreflightFinding {
  const sentence = `${found.sentence} EC2 was asked before the site has a role and a security group, so the launch itself may be allowed.`;
  return { ...found, severity: 'warns', sentence };
}

/** Asks EC2 whether these credentials may make the volume in a zone. */
export function lookAtVolume(context: Context, zone: string, op: Op): Promise<readonly PreflightFinding[]> {
  return lookAt('permissions', () => tryVolume(context, zone, op), op);
}

async function tryVolume(context: Context, zone: string, op: Op): Promise<readonly PreflightFinding[]> {
  const { clients, site } = context;
  try {
    await clients.ec2.send(
      new CreateVolumeCommand({
        ...{ AvailabilityZone: zone, Size: site.volume.sizeGib, VolumeType: 'gp3', Encrypted: true, DryRun: true },
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagsFor(site, 'volume') }],
      }),
      { abortSignal: op.signal },
    );
  } catch (error) {
    return verdictOn(context, error, op);
  }
  return [];
}

/** What is wrong with what the site file names, such as a key pair that is not there, stops as a denial does. */
function verdictOn({ site }: Context, error: unknown, op: Op): readonly PreflightFinding[] {
  op.signal.throwIfAborted();
  if (hasCode(error, ALLOWED)) return [];
  const found = denial(error);
  // A profile of ours may be seconds old, which EC2 then does not know yet.
  const isNamed = site.server.instanceProfile !== undefined && hasCode(error, 'InvalidParameterValue');
  // A group of another network than the subnet’s is an `InvalidParameter`.
  const isOther = site.server.securityGroup !== undefined && hasCode(error, 'InvalidParameter');
  const isWrong = isNamed || isOther || hasCode(error, 'InvalidKeyPair.NotFound', 'InvalidGroup.NotFound');
  return [isWrong ? { ...found, severity: 'stops' } : found];
}

/** The site’s own profile is there after an earlier run; whoever may not see it is asked without. */
async function hasProfileAlready({ clients, site }: Context, op: Op): Promise<boolean> {
  if (site.server.instanceProfile) return true;
  try {
    const command = new GetInstanceProfileCommand({ InstanceProfileName: profileName(site) });
    const { InstanceProfile } = await clients.iam.send(command, { abortSignal: op.signal });
    return (InstanceProfile?.Roles?.length ?? 0) > 0;
  } catch (error) {
    if (isDenied(error) || hasCode(error, 'NoSuchEntity', 'NoSuchEntityException')) return false;
    throw error;
  }
}
