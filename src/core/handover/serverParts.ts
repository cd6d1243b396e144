import {
  DescribeAddressesCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeVolumesCommand,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import type { Context } from '../context';
import type { Op } from '../op';
import { isBurstable } from '../resources/server/instanceTypes';
import { findInstance, findVolume } from '../resources/lookup';
import { numbered, properties, tagList, type Part } from './template';

/** Types of volumes whose operations a second, and whose throughput, may be chosen (CloudFormation Template Reference, “AWS::EC2::Volume”). */
const CHOSEN_IOPS = ['gp3', 'io1', 'io2'];
const CHOSEN_THROUGHPUT = ['gp3'];

/** The server, of which the profile is referred to if that is a part as well. */
export async function readInstancePart(context: Context, profile: Part | undefined, op: Op): Promise<readonly Part[]> {
  const instance = await findInstance(context, op);
  if (!instance?.InstanceId) return [];
  const id = instance.InstanceId;
  const [root, credits] = await Promise.all([readRoot(context, instance, op), readCredits(context, instance, op)]);
  const profileName = instance.IamInstanceProfile?.Arn?.split('/').pop();
  const isOwn = profile && profile.identifier['InstanceProfileName'] === profileName;
  return [
    {
      ...{ logicalId: 'Server', type: 'AWS::EC2::Instance', identifier: { InstanceId: id } },
      properties: properties({
        ...{ ImageId: instance.ImageId, InstanceType: instance.InstanceType, KeyName: instance.KeyName },
        ...{ SubnetId: instance.SubnetId, SecurityGroupIds: groupsOf(instance) },
        IamInstanceProfile: isOwn ? { Ref: profile.logicalId } : profileName,
        ...{ EbsOptimized: instance.EbsOptimized, SourceDestCheck: instance.SourceDestCheck },
        Monitoring: instance.Monitoring?.State === 'enabled',
        // Whether they are applied already is no setting.
        MetadataOptions: { ...instance.MetadataOptions, State: undefined },
        CreditSpecification: { CPUCredits: credits },
        BlockDeviceMappings: root ? [root] : [],
        Tags: tagList(instance.Tags),
      }),
      calledBy: [[id, { Ref: 'Server' }]],
    },
  ];
}

/** The security groups of the first network interface, which are the server's. */
function groupsOf({ NetworkInterfaces, SecurityGroups }: Instance): string[] {
  const first = NetworkInterfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  return (first?.Groups ?? SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
}

/** The volume that holds the pages. */
export async function readVolumePart(context: Context, op: Op): Promise<readonly Part[]> {
  const volume = await findVolume(context, op);
  if (!volume?.VolumeId) return [];
  return [
    {
      ...{ logicalId: 'Volume', type: 'AWS::EC2::Volume', identifier: { VolumeId: volume.VolumeId } },
      properties: properties({
        ...{ AvailabilityZone: volume.AvailabilityZone, Size: volume.Size, ...diskOf(volume) },
        Throughput: CHOSEN_THROUGHPUT.includes(volume.VolumeType ?? '') ? volume.Throughput : undefined,
        ...{ SnapshotId: volume.SnapshotId, MultiAttachEnabled: volume.MultiAttachEnabled || undefined },
        Tags: tagList(volume.Tags),
      }),
      calledBy: [[volume.VolumeId, { Ref: 'Volume' }]],
    },
  ];
}

/** Elastic IP addresses by their allocation ids. */
export async function readAddressParts(
  { clients }: Context,
  AllocationIds: string[],
  op: Op,
): Promise<readonly Part[]> {
  if (AllocationIds.length === 0) return [];
  const command = new DescribeAddressesCommand({ AllocationIds });
  const { Addresses = [] } = await clients.ec2.send(command, { abortSignal: op.signal });
  return Addresses.map(({ AllocationId = '', Domain, InstanceId, PublicIp = '', Tags }, index) => ({
    ...{ logicalId: numbered('Address', index), type: 'AWS::EC2::EIP', identifier: { PublicIp, AllocationId } },
    properties: properties({ Domain, InstanceId, Tags: tagList(Tags) }),
    calledBy: [[AllocationId, { 'Fn::GetAtt': [numbered('Address', index), 'AllocationId'] }]],
  }));
}

/** The disk that the server starts from: a server that replaces it would else get one that is not encrypted. */
async function readRoot({ clients }: Context, { BlockDeviceMappings, RootDeviceName }: Instance, op: Op) {
  const mapping = BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === RootDeviceName);
  const volumeId = mapping?.Ebs?.VolumeId;
  if (!volumeId) return undefined;
  const { Volumes } = await clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }), {
    abortSignal: op.signal,
  });
  const volume = Volumes?.[0];
  if (!volume) throw new Error(`EC2 answered without the volume ${volumeId}, which the server starts from.`);
  return {
    DeviceName: RootDeviceName,
    Ebs: { ...diskOf(volume), VolumeSize: volume.Size, DeleteOnTermination: mapping.Ebs?.DeleteOnTermination },
  };
}

function diskOf({ Encrypted, Iops, KmsKeyId, VolumeType }: Volume) {
  return { Encrypted, KmsKeyId, VolumeType, Iops: CHOSEN_IOPS.includes(VolumeType ?? '') ? Iops : undefined };
}

async function readCredits({ clients }: Context, { InstanceId = '', InstanceType }: Instance, op: Op) {
  if (!isBurstable(InstanceType ?? '')) return undefined;
  const command = new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [InstanceId] });
  const { InstanceCreditSpecifications } = await clients.ec2.send(command, { abortSignal: op.signal });
  return InstanceCreditSpecifications?.[0]?.CpuCredits;
}
