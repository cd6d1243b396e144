import type { Instance, InstanceTypeInfo, IpPermission, SecurityGroup, Tag, Volume } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { DOCUMENT_ROOT, ROLE_TAG, serialOf, SITE_TAG } from '../../names';
import { ARCHITECTURES, hasSerials } from '../server/instanceTypes';
import { ownerProblem } from './adopted';
import type { Inside } from './survey';
import { tagOf } from '../../tags';

/** What a region has of what fitness depends on. */
export interface Region {
  readonly instances: readonly Instance[];
  readonly volumes: readonly Volume[];
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly types: ReadonlyMap<string, InstanceTypeInfo>;
  /** Ids of the instances whose SSM agent answers. */
  readonly online: ReadonlySet<string>;
  /** Id of the instance that the site has. */
  readonly ownServer: string | undefined;
  readonly ownVolume: Volume | undefined;
}

const GROUP_OF_INSTANCES = 'aws:autoscaling:groupName';
const LARGEST_GIB = 16_384;

/** Why an instance cannot become the site's server, as far as AWS shows it from outside, with what would help; undefined when it can. */
export function instanceProblem(context: Context, region: Region, instance: Instance): string | undefined {
  const { IamInstanceProfile, InstanceId = '', InstanceLifecycle, InstanceType = '', Tags } = instance;
  const { Architecture, Placement, Platform, PublicIpAddress, State } = instance;
  const other = ownerProblem(context, Tags);
  if (other !== undefined) return other;
  if (region.ownServer !== undefined && region.ownServer !== InstanceId) {
    return `this site has the server ${region.ownServer} already`;
  }
  if (Platform === 'Windows') return 'it runs Windows';
  if (!ARCHITECTURES.some((one) => one === Architecture)) {
    return `it is of the architecture ${Architecture}, neither x86_64 nor arm64`;
  }
  const type = region.types.get(InstanceType);
  if (!type || !hasSerials(type)) {
    return `${InstanceType} is not known to be of the Nitro system, whose disks can be told apart by their serial; change its type first`;
  }
  if (InstanceLifecycle === 'spot') return 'it is a Spot Instance, which AWS ends when it likes';
  if (Tags?.some(({ Key }) => Key === GROUP_OF_INSTANCES)) {
    return 'it belongs to an Auto Scaling group, which replaces it when it likes; detach it from that first';
  }
  const zone = region.ownVolume?.AvailabilityZone;
  if (zone !== undefined && Placement?.AvailabilityZone !== zone) {
    return `it is in ${Placement?.AvailabilityZone}, and this site’s volume in ${zone}`;
  }
  if (State?.Name !== 'running') return `it is ${State?.Name}; start it first, since what is on it decides as well`;
  if (!IamInstanceProfile?.Arn) {
    return 'it has no instance profile; give it one whose role has the policy AmazonSSMManagedInstanceCore, and reboot it';
  }
  if (!region.online.has(InstanceId)) {
    return `its SSM agent does not answer; the role in its profile ${profileNameOf(instance)} needs the policy AmazonSSMManagedInstanceCore, and it must be rebooted after that`;
  }
  if (!PublicIpAddress) return 'it has no public address';
  if (openGroup(region, instance) === undefined) {
    return 'none of its security groups lets everyone in on port 80; add that rule to one of them first';
  }
  return undefined;
}

/** Why a volume cannot become the site's, as far as AWS shows it from outside, with what would help; undefined when it can. */
export function volumeProblem(context: Context, region: Region, volume: Volume): string | undefined {
  const { Attachments = [], AvailabilityZone, MultiAttachEnabled, Size = 0, State, Tags, VolumeId = '' } = volume;
  const other = ownerProblem(context, Tags);
  if (other !== undefined) return other;
  const root = region.instances.find((instance) => rootVolumeId(instance) === VolumeId);
  if (root) return `it is the disk of the system of ${root.InstanceId}`;
  if (region.ownVolume && region.ownVolume.VolumeId !== VolumeId) {
    return `this site has the volume ${region.ownVolume.VolumeId} already`;
  }
  if (MultiAttachEnabled || Attachments.length > 1) return 'several instances can have it at once';
  if (Size > LARGEST_GIB) return `it has ${Size} GiB, more than ${LARGEST_GIB}`;
  const server = region.instances.find(({ InstanceId }) => InstanceId === region.ownServer);
  const [attachment] = Attachments;
  if (attachment?.InstanceId !== undefined && attachment.InstanceId !== region.ownServer) {
    return `it is attached to ${attachment.InstanceId}; adopt that server, which brings it along where the pages are on it, or detach it first`;
  }
  const zone = server?.Placement?.AvailabilityZone;
  if (zone !== undefined && AvailabilityZone !== zone) {
    return `it is in ${AvailabilityZone}, and this site’s server in ${zone}; a copy of it can be made there of a snapshot`;
  }
  if (State !== 'available' && State !== 'in-use') return `AWS says of it: ${State}`;
  return undefined;
}

/** Why what is inside an instance does not let it become the site's server; undefined when it does. */
export function insideProblem(instance: Instance, { inspection, survey }: Inside): string | undefined {
  const { fstab, listener, packages, servedRoot } = survey;
  if (packages === '') return 'its system has neither dnf nor apt-get, by which Apache httpd would be kept';
  if (listener !== '' && listener !== 'httpd' && listener !== 'apache2') {
    return `${listener} answers on port 80 there, and Sitelift publishes through Apache httpd; stop and disable ${listener} first`;
  }
  if (servedRoot !== '' && servedRoot !== DOCUMENT_ROOT) {
    return `its httpd serves ${servedRoot}, and Sitelift publishes to ${DOCUMENT_ROOT}; move the pages there first`;
  }
  const { mount } = inspection;
  if (!mount?.inFstab && fstab !== '') {
    return `its /etc/fstab mounts “${fstab}” on ${DOCUMENT_ROOT}, and only a file system’s own UUID stays what it is; write UUID= with that of “blkid ${mount?.partition ?? ''}” in its place`;
  }
  if (!mount) return undefined;
  if (mountedVolumeId(instance, mount.serial) === undefined || !/^\/dev\/nvme\d+n\d+(p\d+)?$/.test(mount.partition)) {
    return `${DOCUMENT_ROOT} is mounted from ${mount.partition}, which is no EBS volume of its own, nor a partition of one`;
  }
  if (mount.fileSystem !== 'ext4' && mount.fileSystem !== 'xfs') {
    return `the file system on ${DOCUMENT_ROOT} is ${mount.fileSystem}, and Sitelift knows ext4 and xfs`;
  }
  return undefined;
}

/** The volume of an instance that has a serial, its own disk excepted. */
export function mountedVolumeId(instance: Instance, serial: string): string | undefined {
  const ids = instance.BlockDeviceMappings?.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []) ?? [];
  return ids.find((id) => serialOf(id) === serial && id !== rootVolumeId(instance));
}

/** The first security group of an instance that lets everyone in on port 80. */
export function openGroup({ groups }: Region, instance: Instance): string | undefined {
  const ids = instance.SecurityGroups?.flatMap(({ GroupId }) => GroupId ?? []) ?? [];
  return ids.find((id) => groups.get(id)?.IpPermissions?.some(letsEveryoneIn));
}

/** The name of an instance's profile, without the path that its ARN has. */
export function profileNameOf({ IamInstanceProfile }: Instance): string {
  return IamInstanceProfile?.Arn?.split('/').at(-1) ?? '';
}

/** True when tags say that what has them is this for the site. */
export function isTagged(tags: readonly Tag[] | undefined, siteId: string, role: string): boolean {
  const has = (key: string, value: string) => tagOf({ Tags: tags }, key) === value;
  return Boolean(has(SITE_TAG, siteId) && has(ROLE_TAG, role));
}

function rootVolumeId({ BlockDeviceMappings, RootDeviceName }: Instance): string | undefined {
  return BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeId;
}

function letsEveryoneIn({ FromPort = -1, IpProtocol, IpRanges, ToPort = -1 }: IpPermission): boolean {
  const isOpen = IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= 80 && ToPort >= 80);
  return isOpen && Boolean(IpRanges?.some(({ CidrIp }) => CidrIp === '0.0.0.0/0'));
}
