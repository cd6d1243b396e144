import {
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeTags,
  paginateDescribeVolumes,
  DescribeAddressesCommand,
  type EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2';
import { allItems } from '../../aws/pages';
import { addressCharge, diskCharge, idleAddressCharge, instanceCharge, snapshotCharge } from '../../cost/charge';
import { REPLACES_TAG, ROLE_TAG, SITE_TAG } from '../../names';
import type { Op } from '../../op';
import { addressKind } from '../server/address';
import { isAdopted } from '../adopt/adopted';
import { tagOf } from '../../tags';
import { FORMER_SERVER, FORMER_VOLUME } from '../succession';
import { OLDER, type Leftover } from './leftover';

type Found = Omit<Leftover, 'region' | 'siteId'> & { readonly tags: readonly Tag[] | undefined };

/** What one region has of one site, or of all. Most regions have nothing, which one call tells: EC2 lists by tag whatever kind it is of, also what is gone. */
export async function leftInRegion(
  ec2: EC2Client,
  region: string,
  siteId: string | undefined,
  op: Op,
): Promise<readonly Leftover[]> {
  const options = { abortSignal: op.signal };
  const tagged = await allItems(
    paginateDescribeTags(
      { client: ec2 },
      { Filters: [{ Name: 'key', Values: [SITE_TAG] }, ...(siteId ? [{ Name: 'value', Values: [siteId] }] : [])] },
      options,
    ),
    ({ Tags }) => Tags,
  );
  const kinds = new Set(tagged.map(({ ResourceType }) => ResourceType));
  const marked = siteId ? { Name: `tag:${SITE_TAG}`, Values: [siteId] } : { Name: 'tag-key', Values: [SITE_TAG] };
  const input = { Filters: [marked] };
  const from = { client: ec2 };
  const finders: Readonly<Record<string, () => Promise<readonly Found[]>>> = {
    instance: async () => {
      const reservations = await allItems(paginateDescribeInstances(from, input, options), (page) => page.Reservations);
      return reservations
        .flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map((instance) => {
          const { InstanceId = '', InstanceType, PublicIpAddress, State, Tags: tags } = instance;
          const runs = State?.Name === 'pending' || State?.Name === 'running';
          const about = `${InstanceType}, ${State?.Name}${formerly(instance)}`;
          const running = [instanceCharge(InstanceType ?? ''), ...(PublicIpAddress ? [addressCharge()] : [])];
          const stopped = addressKind(instance) === 'elastic' ? [idleAddressCharge(PublicIpAddress)] : [];
          const charges = runs ? running : stopped;
          const costs = charges.length > 0 ? 'existence' : 'nothing';
          return { kind: 'server', id: InstanceId, about, costs, charges, tags };
        });
    },
    volume: async () => {
      const volumes = await allItems(paginateDescribeVolumes(from, input, options), (page) => page.Volumes);
      const there = volumes.filter(({ State }) => State !== 'deleting' && State !== 'deleted');
      return there.map(({ Size = 0, State, Tags: tags, VolumeId = '', VolumeType }) => {
        const charges = [diskCharge(VolumeType, Size, 'volume')];
        const about = `${Size} GiB, ${State}${formerly({ Tags: tags })}`;
        return { kind: 'volume', id: VolumeId, about, costs: 'existence', charges, tags };
      });
    },
    snapshot: async () => {
      const own = { ...input, OwnerIds: ['self'] };
      const snapshots = await allItems(paginateDescribeSnapshots(from, own, options), (page) => page.Snapshots);
      return snapshots.map(({ SnapshotId = '', StartTime, Tags: tags, VolumeId, VolumeSize = 0 }) => {
        const name = tagOf({ Tags: tags }, 'Name');
        const about = `${name ? `${name}: ` : ''}of ${VolumeId} (${VolumeSize} GiB), ${StartTime?.toISOString().slice(0, 10)}`;
        const charges = [snapshotCharge(VolumeSize, 'snapshot')];
        return { kind: 'snapshot', id: SnapshotId, about, costs: 'existence', charges, tags };
      });
    },
    'elastic-ip': async () => {
      const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand(input), options);
      return Addresses.map(({ AllocationId = '', InstanceId, PublicIp, Tags: tags }) => {
        const about = `${PublicIp}, ${InstanceId ? `of ${InstanceId}` : 'not in use'}`;
        // In use it is the server’s, with which it is counted.
        const charges = InstanceId ? [] : [idleAddressCharge(PublicIp)];
        return { kind: 'Elastic IP address', id: AllocationId, about, costs: 'existence', charges, tags };
      });
    },
    'security-group': async () => {
      const groups = await allItems(
        paginateDescribeSecurityGroups(from, input, options),
        (page) => page.SecurityGroups,
      );
      return groups.map(({ GroupId = '', GroupName = '', Tags: tags }) => {
        return { kind: 'security group', id: GroupId, about: GroupName, costs: 'nothing', tags };
      });
    },
  };
  const found = await Promise.all(
    Object.entries(finders).map(([kind, find]) => (kinds.has(kind as never) ? find() : [])),
  );
  return found.flat().map(({ tags, ...left }) => {
    return { ...left, region, siteId: tagOf({ Tags: tags }, SITE_TAG) ?? '' };
  });
}

/** Says of what is not in use any more, or not yet, that it is not; and of what is older than the site, which nobody may take for its leftover. */
function formerly(item: { readonly Tags?: readonly Tag[] | undefined }): string {
  const older = isAdopted(item.Tags) ? OLDER : '';
  const role = tagOf(item, ROLE_TAG);
  if (role === FORMER_SERVER || role === FORMER_VOLUME) return `, replaced by another one${older}`;
  const replaced = tagOf(item, REPLACES_TAG);
  return replaced === undefined ? older : `, made to replace ${replaced}`;
}
