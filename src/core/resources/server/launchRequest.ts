import type { Instance, Tag } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Context } from '../../context';
import { tagsFor } from '../../names';
import type { Op } from '../../op';
import { architectureOf, isBurstable, wantedType } from './instanceTypes';
import type { Place } from '../network/network';
import { profileName } from './role';

/** Public parameters that name the newest image (AWS documentation, “Reference the latest AMIs using Systems Manager public parameters”). */
const IMAGE_PARAMETERS = {
  'amazon-linux-2023': {
    x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  },
  'ubuntu-24.04': {
    x86_64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
    arm64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
  },
} as const;

/** The request for one instance in one place, with the tags that say what it is. */
export function launchRequest(
  { site }: Context,
  place: Place,
  imageId: string,
  groupIds: readonly string[],
  { tags, token }: { readonly tags: readonly Tag[]; readonly token: string },
) {
  const { image, instanceProfile, instanceType, keyName } = site.server;
  return {
    ImageId: imageId,
    InstanceType: instanceType as NonNullable<Instance['InstanceType']>,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: token,
    IamInstanceProfile: { Name: instanceProfile ?? profileName(site) },
    MetadataOptions: { HttpTokens: 'required' as const, HttpEndpoint: 'enabled' as const, HttpPutResponseHopLimit: 1 },
    // T3 and its kin start in unlimited mode, in which a flood of requests is billed (EC2 documentation, “Unlimited mode concepts”).
    ...(isBurstable(instanceType) ? { CreditSpecification: { CpuCredits: 'standard' } } : {}),
    NetworkInterfaces: [
      { DeviceIndex: 0, SubnetId: place.subnetId, Groups: [...groupIds], AssociatePublicIpAddress: true },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: image === 'ubuntu-24.04' ? '/dev/sda1' : '/dev/xvda',
        Ebs: { VolumeType: 'gp3' as const, Encrypted: true, DeleteOnTermination: true },
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags: [...tags] },
      { ResourceType: 'volume' as const, Tags: tagsFor(site, 'server-root') },
    ],
    ...(keyName ? { KeyName: keyName } : {}),
  };
}

/** The newest image of the system that the site file asks for, for the architecture of its type. */
export async function newestImage(context: Context, op: Op): Promise<string> {
  const { clients, site } = context;
  const type = await wantedType(context, op);
  const Name = IMAGE_PARAMETERS[site.server.image][(type && architectureOf(type)) ?? 'x86_64'];
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name }), { abortSignal: op.signal });
  if (!Parameter?.Value) throw new Error(`AWS names no image for ${site.server.image} in ${site.region}.`);
  return Parameter.Value;
}
