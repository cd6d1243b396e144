import {
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
  paginateDescribeSecurityGroups,
  paginateDescribeVolumes,
  type Instance,
  type InstanceTypeInfo,
  type SecurityGroup,
  type Tag,
} from '@aws-sdk/client-ec2';
import { paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { isDead } from '../lookup';
import { inPlace } from '../succession';
import { listBuckets, listEdges } from './edgeCandidates';
import { instanceProblem, isTagged, volumeProblem, type Region } from './fitness';
import { tagOf } from '../../tags';

/** What can be adopted. */
export type Adoptable = 'server' | 'volume' | 'bucket' | 'distribution';

/** Something that exists and may be adopted, with the reason where it does not fit. */
export interface Candidate {
  readonly id: string;
  /** Its tag `Name`, of a distribution its comment; empty without one. */
  readonly name: string;
  readonly about: string;
  readonly unfit: string | undefined;
}

/** All instances, volumes or buckets of the region, or distributions of the account, those that fit first; whether what is inside fits, too, only a look inside tells. */
export async function listCandidates(kind: Adoptable, context: Context, op: Op): Promise<readonly Candidate[]> {
  const all = await listAll(kind, context, op);
  const rank = ({ unfit }: Candidate) => (unfit === undefined ? 0 : 1);
  return [...all].sort((one, other) => rank(one) - rank(other) || one.id.localeCompare(other.id));
}

async function listAll(kind: Adoptable, context: Context, op: Op): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'server':
      return servers(context, await readRegion(context, op));
    case 'volume':
      return volumes(context, await readRegion(context, op));
    case 'bucket':
      return listBuckets(context, op);
    case 'distribution':
      return listEdges(context, op);
  }
}

function servers(context: Context, region: Region): readonly Candidate[] {
  return region.instances.map((instance) => {
    const { InstanceId: id = '', InstanceType, Placement, PublicIpAddress, State, Tags } = instance;
    const facts = [InstanceType, State?.Name, Placement?.AvailabilityZone, PublicIpAddress];
    return {
      id,
      name: nameIn(Tags),
      about: facts.filter(Boolean).join(', '),
      unfit: instanceProblem(context, region, instance),
    };
  });
}

function volumes(context: Context, region: Region): readonly Candidate[] {
  return region.volumes.map((volume) => {
    const { Attachments, AvailabilityZone, Encrypted, Size, Tags, VolumeId: id = '' } = volume;
    const holder = Attachments?.[0]?.InstanceId;
    const facts = [
      `${Size} GiB`,
      AvailabilityZone,
      holder ? `attached to ${holder}` : 'not attached',
      Encrypted ? 'encrypted' : 'not encrypted',
    ];
    return {
      id,
      name: nameIn(Tags),
      about: facts.filter(Boolean).join(', '),
      unfit: volumeProblem(context, region, volume),
    };
  });
}

/** What a region has of what fitness depends on. */
export async function readRegion({ clients, site }: Context, op: Op): Promise<Region> {
  const [from, options] = [{ client: clients.ec2 }, { abortSignal: op.signal }];
  const [reservations, allVolumes, groups, agents] = await Promise.all([
    allItems(paginateDescribeInstances(from, {}, options), (page) => page.Reservations),
    allItems(paginateDescribeVolumes(from, {}, options), (page) => page.Volumes),
    allItems(paginateDescribeSecurityGroups(from, {}, options), (page) => page.SecurityGroups),
    allItems(
      paginateDescribeInstanceInformation({ client: clients.ssm }, {}, options),
      (page) => page.InstanceInformationList,
    ),
  ]);
  const instances = reservations.flatMap(({ Instances = [] }) => Instances).filter((instance) => !isDead(instance));
  const living = allVolumes.filter(({ State }) => State !== 'deleting' && State !== 'deleted');
  return {
    instances,
    volumes: living,
    groups: byId(groups, ({ GroupId }: SecurityGroup) => GroupId),
    types: await readTypes({ clients, site }, instances, op),
    online: new Set(
      agents.flatMap(({ InstanceId, PingStatus }) => (PingStatus === 'Online' && InstanceId ? [InstanceId] : [])),
    ),
    ownServer: ownOf(site.id, 'server', instances, ({ InstanceId }) => InstanceId)?.InstanceId,
    // One that AWS could not make holds nothing.
    ownVolume: ownOf(
      site.id,
      'volume',
      living.filter(({ State }) => State !== 'error'),
      ({ VolumeId }) => VolumeId,
    ),
  };
}

/** What the site has already, rather than what is to take its place. */
function ownOf<Item extends { readonly Tags?: readonly Tag[] | undefined }>(
  siteId: string,
  role: Adoptable,
  items: readonly Item[],
  idOf: (item: Item) => string | undefined,
): Item | undefined {
  return inPlace(
    items.filter(({ Tags }) => isTagged(Tags, siteId, role)),
    idOf,
  )[0];
}

async function readTypes(
  { clients }: Context,
  instances: readonly Instance[],
  op: Op,
): Promise<ReadonlyMap<string, InstanceTypeInfo>> {
  const Values = [...new Set(instances.flatMap(({ InstanceType }) => InstanceType ?? []))];
  if (Values.length === 0) return new Map();
  const Filters = [{ Name: 'instance-type', Values }];
  const types = await allItems(
    paginateDescribeInstanceTypes({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    (page) => page.InstanceTypes,
  );
  return byId(types, ({ InstanceType }) => InstanceType);
}

function byId<Item>(items: readonly Item[], idOf: (item: Item) => string | undefined): ReadonlyMap<string, Item> {
  return new Map(items.flatMap((item) => [[idOf(item) ?? '', item] as const]));
}

function nameIn(tags: readonly Tag[] = []): string {
  return tagOf({ Tags: tags }, 'Name') ?? '';
}
