import { RunInstancesCommand, StartInstancesCommand, type Instance, type InstanceStateName } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { hasCode } from '../aws/errors';
import { retry, waitFor } from '../aws/wait';
import { clientToken, tagsFor } from '../names';
import { UserError, type Op } from '../op';
import type { Plan, Step } from '../plan';
import { inspect, type Inspection } from '../remote/inspect';
import webServerScript from '../remote/scripts/webServer.sh';
import { isOnline, runScript, waitUntilOnline } from '../remote/ssm';
import { findInstance, findVolume, runningInstance } from './lookup';
import { ensureSecurityGroup, findSecurityGroup, letsHttpIn, places, type Place } from './network';
import type { Context } from '../context';
import { known, type Resource, type Seen } from './resource';
import { ensureRole, isRoleReady, profileName } from './role';

/** The server as AWS shows it. */
export interface ServerHave {
  readonly instanceId: string;
  readonly state: InstanceStateName;
  readonly instanceType: string;
  readonly zone: string;
  readonly publicIp: string | undefined;
  /** When it was last started, as milliseconds since 1970: another one means another boot. */
  readonly startedMs: number | undefined;
  /** Public DNS name, or the address where the VPC gives no names. */
  readonly host: string | undefined;
  /** The SSM agent answers. */
  readonly online: boolean;
  readonly roleReady: boolean;
  /** Port 80 is open in the site's own security group, or the site file names a group of the user's. */
  readonly portOpen: boolean;
  /** What a look inside found; undefined while the agent does not answer. */
  readonly inspection: Inspection | undefined;
}

/** What the server's plan depends on: it is launched where the volume is. */
export interface ServerNeeds {
  readonly server: Seen<ServerHave>;
  readonly volume: Seen<{ readonly zone: string }>;
}

/** Public parameters that name the newest image (AWS documentation, “Reference the latest AMIs using Systems Manager public parameters”). */
const IMAGE_PARAMETERS = {
  'amazon-linux-2023': '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  'ubuntu-24.04': '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
} as const;
const BOOT = { firstSeconds: 1, slowestSeconds: 5, limitSeconds: 600 };
const PROFILE_SPREAD = { firstSeconds: 1, slowestSeconds: 8, limitSeconds: 180 };
const MAX_GENERATIONS = 50;

/** The EC2 instance that serves the pages. */
export const server: Resource<ServerHave, ServerNeeds> = {
  async describe(context, op): Promise<Seen<ServerHave>> {
    const instance = await findInstance(context, op);
    if (!instance?.InstanceId) return { kind: 'absent' };
    const running = instance.State?.Name === 'running';
    const [online, roleReady, group] = await Promise.all([
      running ? isOnline(context, instance.InstanceId, op) : false,
      isRoleReady(context, op),
      context.site.server.securityGroup ? undefined : findSecurityGroup(context, op),
    ]);
    const have: ServerHave = {
      ...outsideOf(instance, instance.InstanceId),
      online,
      roleReady,
      portOpen: context.site.server.securityGroup !== undefined || letsHttpIn(group),
      inspection: online ? await inspect(context, instance.InstanceId, op) : undefined,
    };
    return { kind: 'known', have };
  },

  async glance(context, before, op) {
    if (before.kind === 'unknown') return undefined;
    const instance = await findInstance(context, op);
    if (!instance?.InstanceId) return { kind: 'absent' };
    if (before.kind === 'absent') return undefined;
    const outside = outsideOf(instance, instance.InstanceId);
    const online = outside.state === 'running' && (await isOnline(context, instance.InstanceId, op));
    const { have } = before;
    const isSameBoot = have.instanceId === outside.instanceId && have.startedMs === outside.startedMs;
    // Another machine, another boot, or an agent that now answers: what is inside may be something else.
    if (online && !(isSameBoot && have.online)) return undefined;
    return { kind: 'known', have: { ...have, ...outside, online, inspection: online ? have.inspection : undefined } };
  },

  plan(context, site): Plan {
    if (site.server.kind === 'unknown') return [];
    const have = known(site.server);
    const stages: Step[][] = [rights(context, have), instanceSteps(context, site, have)];
    if (!have?.inspection || !have.inspection.webServer.enabled || !have.inspection.webServer.active) {
      // A running server whose agent does not answer is looked at again by the step itself, which changes only what it must.
      stages.push([
        {
          key: 'webServer',
          title: 'install, enable and start the web server (httpd)',
          run: (op) => installWebServer(context, op),
        },
      ]);
    }
    return stages.filter((stage) => stage.length > 0);
  },
};

/** What EC2 alone tells of an instance. */
function outsideOf(instance: Instance, instanceId: string) {
  return {
    instanceId,
    state: instance.State?.Name ?? 'pending',
    instanceType: instance.InstanceType ?? '',
    zone: instance.Placement?.AvailabilityZone ?? '',
    publicIp: instance.PublicIpAddress,
    startedMs: instance.LaunchTime?.getTime(),
    host: instance.PublicDnsName || instance.PublicIpAddress,
  };
}

function rights(context: Context, have: ServerHave | undefined): Step[] {
  const { site } = context;
  const steps: Step[] = [];
  if (!have?.roleReady) {
    steps.push({
      key: 'role',
      title: `create role and profile ${profileName(site)} (lets SSM manage the server)`,
      run: (op) => ensureRole(context, op),
    });
  }
  if (!have?.portOpen && !site.server.securityGroup) {
    steps.push({
      key: 'securityGroup',
      title: 'create security group (port 80 only)',
      run: async (op) => void (await ensureSecurityGroup(context, op)),
    });
  }
  return steps;
}

function instanceSteps(context: Context, { volume }: ServerNeeds, have: ServerHave | undefined): Step[] {
  const { image, instanceType } = context.site.server;
  if (!have) {
    const zone = known(volume)?.zone;
    const title = `launch ${instanceType} server (${image}${zone ? `, in the volume’s zone ${zone}` : ''})`;
    return [{ key: 'instance', title, run: (op) => launch(context, op) }];
  }
  if (have.state === 'stopped' || have.state === 'stopping') {
    const title = `start server ${have.instanceId} (it is ${have.state})`;
    return [{ key: 'startInstance', title, run: (op) => start(context, op) }];
  }
  return [];
}

async function start(context: Context, op: Op): Promise<void> {
  const instance = await waitFor(
    'the server to stop',
    async () => {
      const found = await findInstance(context, op);
      return found?.State?.Name === 'stopping' ? undefined : found;
    },
    BOOT,
    op,
  );
  if (instance.State?.Name === 'stopped' && instance.InstanceId) {
    await context.clients.ec2.send(new StartInstancesCommand({ InstanceIds: [instance.InstanceId] }), {
      abortSignal: op.signal,
    });
  }
  await runningInstance(context, op, true);
}

async function launch(context: Context, op: Op): Promise<void> {
  const [imageId, groupId, candidates] = await Promise.all([
    newestImage(context, op),
    context.site.server.securityGroup ?? ensureSecurityGroup(context, op),
    candidatePlaces(context, op),
  ]);
  for (const [index, place] of candidates.entries()) {
    try {
      await launchIn(context, place, imageId, groupId, op);
      await runningInstance(context, op, true);
      return;
    } catch (error) {
      const full = hasCode(error, 'InsufficientInstanceCapacity', 'Unsupported');
      if (!full || index === candidates.length - 1) throw error;
    }
  }
}

async function candidatePlaces(context: Context, op: Op): Promise<Place[]> {
  const [all, volume] = await Promise.all([places(context, op), findVolume(context, op)]);
  const zone = volume?.AvailabilityZone;
  const candidates = zone ? all.filter((place) => place.zone === zone) : all;
  if (candidates.length === 0) {
    throw new UserError(
      zone
        ? `The volume lies in ${zone}, where there is no default subnet or no ${context.site.server.instanceType}. Choose another “server.instanceType” in sitelift.json, or create the default subnet of ${zone}.`
        : `No default subnet of ${context.site.region} offers ${context.site.server.instanceType}. Choose another “server.instanceType” in sitelift.json.`,
    );
  }
  return candidates;
}

async function launchIn(context: Context, place: Place, imageId: string, groupId: string, op: Op): Promise<void> {
  const { site, clients } = context;
  for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
    if (await findInstance(context, op)) return;
    const command = new RunInstancesCommand({
      ImageId: imageId,
      InstanceType: site.server.instanceType as NonNullable<Instance['InstanceType']>,
      MinCount: 1,
      MaxCount: 1,
      ClientToken: clientToken(site, `server/${place.zone}`, generation),
      IamInstanceProfile: { Name: profileName(site) },
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: place.subnetId, Groups: [groupId], AssociatePublicIpAddress: true },
      ],
      BlockDeviceMappings: [
        {
          DeviceName: site.server.image === 'ubuntu-24.04' ? '/dev/sda1' : '/dev/xvda',
          Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true },
        },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: tagsFor(site, 'server') },
        { ResourceType: 'volume', Tags: tagsFor(site, 'server-root') },
      ],
      ...(site.server.keyName ? { KeyName: site.server.keyName } : {}),
    });
    try {
      await retry(() => clients.ec2.send(command, { abortSignal: op.signal }), isProfileSpreading, PROFILE_SPREAD, op);
      return;
    } catch (error) {
      // A token of a terminated instance, or one used with an older image: the next generation is a new one.
      if (!hasCode(error, 'IdempotentInstanceTerminated', 'IdempotentParameterMismatch')) throw error;
    }
  }
  throw new Error(`No client token of ${MAX_GENERATIONS} was free for a new server.`);
}

/** A profile that was just made is unknown to EC2 for seconds to minutes (terraform-provider-aws issue 15341). */
function isProfileSpreading(error: unknown): boolean {
  return (
    hasCode(error, 'InvalidParameterValue') &&
    /Invalid IAM Instance Profile|has no associated IAM Roles/i.test((error as Error).message)
  );
}

async function newestImage({ site, clients }: Context, op: Op): Promise<string> {
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: IMAGE_PARAMETERS[site.server.image] }), {
    abortSignal: op.signal,
  });
  if (!Parameter?.Value) throw new Error(`AWS names no image for ${site.server.image} in ${site.region}.`);
  return Parameter.Value;
}

async function installWebServer(context: Context, op: Op): Promise<void> {
  const { InstanceId } = await runningInstance(context, op);
  await waitUntilOnline(context, InstanceId, op);
  await runScript(context, InstanceId, { name: 'web server', script: webServerScript, timeoutSeconds: 900 }, op);
}
