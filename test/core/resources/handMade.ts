import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type RunInstancesCommandInput,
  type Volume,
} from '@aws-sdk/client-ec2';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { waitFor } from '../../../src/core/aws/wait';
import type { Context } from '../../../src/core/context';
import { serialOf } from '../../../src/core/names';
import { instanceReaches, launchInstance, makeProfile } from '../../sandbox/controlplane/testInstances';
import type { TestControlPlane } from '../../sandbox/controlplane/testControlPlane';
import { newOp } from '../sandbox';

/** A server and a volume that somebody made before there was a site. */
export interface HandMade {
  readonly id: string;
  readonly volumeId: string;
  readonly groupId: string;
  readonly profile: string;
}

/** How a hand-made server is to differ from one that fits. */
export interface Odd {
  readonly launch?: Partial<RunInstancesCommandInput>;
  readonly port?: number;
}

/** Makes a server whose agent answers, with a group that lets everyone in, and a volume attached to it. */
export async function makeByHand({ clients, site }: Context, { launch = {}, port = 80 }: Odd = {}): Promise<HandMade> {
  const { ec2 } = clients;
  const plane = clients as unknown as TestControlPlane;
  const profile = `web-${site.id}`;
  await makeProfile(plane, profile);
  const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: profile, Description: 'web' }));
  const rule = { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }));
  const usual = {
    Placement: { AvailabilityZone: 'us-east-1a' },
    IamInstanceProfile: { Name: profile },
    SecurityGroupIds: [GroupId],
  };
  const id = await soon(() => launchInstance(plane, { ...usual, ...launch }), 'Invalid IAM Instance Profile');
  await instanceReaches(ec2, id, 'running');
  const volumeId = await makeVolume({ clients, site }, 'us-east-1a');
  await ec2.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: id, Device: '/dev/sdg' }));
  await until(async () => (await volumeOf({ clients, site }, volumeId)).Attachments?.[0]?.State === 'attached');
  return { id, volumeId, groupId: GroupId, profile };
}

/** Makes a volume of 3 GiB that belongs to nothing. */
export async function makeVolume(context: Context, AvailabilityZone: string): Promise<string> {
  const made = await context.clients.ec2.send(
    new CreateVolumeCommand({ AvailabilityZone, Size: 3, VolumeType: 'gp3' }),
  );
  const id = made.VolumeId ?? assert.fail('no volume');
  await until(async () => (await volumeOf(context, id)).State === 'available');
  return id;
}

/** A volume as AWS shows it. */
export async function volumeOf({ clients }: Context, id: string): Promise<Volume> {
  const { Volumes } = await clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  return Volumes?.[0] ?? assert.fail('no volume');
}

/** What the looks inside a server tell in these tests, where no machine runs; by the names of their lines. */
export function tellingOf(volumeId: string | undefined, changes: Readonly<Record<string, string>> = {}): string {
  const MIB = 1024 ** 2;
  const mount = {
    ...{ partition: '/dev/nvme1n1p1', serial: serialOf(volumeId ?? ''), file_system: 'ext4', in_fstab: 'yes' },
    ...{ size_bytes: 250 * MIB, file_system_bytes: 250 * MIB, disk_bytes: 3072 * MIB, room_bytes: 3070 * MIB },
  };
  const lines = {
    ...{ installed: 'yes', enabled: 'enabled', active: 'active', packages: 'dnf', listener: 'httpd' },
    ...{ served_root: '/var/www/html', fstab: '', kept: 'no', files: '0' },
    ...(volumeId === undefined ? {} : mount),
    ...changes,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The same context, in which the agents of all running instances answer, and each command with a text. */
export function telling({ clients, site }: Context, text: string): Context {
  const { ssm } = clients;
  const send = (command: never, options: never): Promise<unknown> => {
    const given: unknown = command;
    if (given instanceof SendCommandCommand) return Promise.resolve({ Command: { CommandId: 'command' } });
    if (given instanceof GetCommandInvocationCommand) {
      return Promise.resolve({ Status: 'Success', StandardOutputContent: text });
    }
    if (given instanceof DescribeInstanceInformationCommand) return running(clients.ec2);
    return ssm.send(command, options) as unknown as Promise<unknown>;
  };
  const told = Object.assign(Object.create(ssm) as SSMClient, { send });
  return { site, clients: { ...clients, ssm: told } };
}

async function running(ec2: EC2Client): Promise<unknown> {
  const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
  return { InstanceInformationList: ids.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })) };
}

const until = (look: () => Promise<boolean>) =>
  waitFor('that', async () => ((await look()) ? true : undefined), { limitSeconds: 60 }, newOp());

async function soon<Value>(attempt: () => Promise<Value>, passing: string): Promise<Value> {
  return waitFor(
    'that',
    async () => {
      try {
        return await attempt();
      } catch (error) {
        if (String(error).includes(passing)) return undefined;
        throw error;
      }
    },
    { limitSeconds: 60 },
    newOp(),
  );
}
