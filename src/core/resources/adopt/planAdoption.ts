import type { Instance, Volume } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { ADOPTED_TAG, DOCUMENT_ROOT, ROLE_TAG, SITE_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import { sequence, type Plan } from '../../plan';
import { inspect, type MountSeen } from '../../remote/inspect';
import { SITE_FILE } from '../../site';
import { addressKind } from '../server/address';
import { absentHere } from '../otherRegion';
import { profileName } from '../server/role';
import { requireFit, type Adoption } from './adoption';
import { readRegion, type Adoptable } from './candidates';
import {
  insideProblem,
  instanceProblem,
  isTagged,
  mountedVolumeId,
  openGroup,
  profileNameOf,
  volumeProblem,
  type Region,
} from './fitness';
import { fileNotes, serverNotes } from './notes';
import { bucketAdoption, distributionAdoption } from './planEdgeAdoption';
import { keepServed, surveyServer, type Inside, type Survey } from './survey';
import { tagAdopted } from './tagging';
import { deviceWants, newWants, type Want } from './wants';

const MIB = 1024 ** 2;
/** As in the growth of a file system: a partition that ends this far before its disk fills it. */
const SLACK_BYTES = 8 * MIB;
const DEVICE = /^(\/dev\/(sd[b-z]|xvd[b-z])|xvd[b-z][a-z]?)$/;

/**
 * What makes something that exists the site's, which takes its tags alone, and of a distribution what it reads beside where that is; `root` is the folder of the site's files. Throws `UserError` with the
 * reason for what does not fit.
 */
export async function planAdoption(
  kind: Adoptable,
  id: string,
  context: Context,
  root: string,
  op: Op,
): Promise<Adoption> {
  await requireHere(kind, context, op);
  if (kind === 'bucket') return bucketAdoption(context, id, op);
  if (kind === 'distribution') return distributionAdoption(context, id, op);
  const region = await readRegion(context, op);
  return kind === 'server' ? serverAdoption(context, region, id, root, op) : volumeAdoption(context, region, id, op);
}

/** Throws `UserError` for a site that lies in another region, or whose server may. */
async function requireHere(kind: Adoptable, context: Context, op: Op): Promise<void> {
  const absent = await absentHere(context, op);
  if (absent.kind !== 'absent') return;
  const hasDoubt = absent.doubt !== undefined && (kind === 'server' || kind === 'volume');
  if (hasDoubt) throw new UserError(`${absent.doubt} Nothing was changed.`);
  if (absent.otherRegion === undefined) return;
  throw new UserError(
    `This site lies in ${absent.otherRegion}, but ${SITE_FILE} says ${context.site.region}. Put “region” back to ${absent.otherRegion}. Nothing was changed.`,
  );
}

async function serverAdoption(context: Context, region: Region, id: string, root: string, op: Op): Promise<Adoption> {
  if (context.site.server.openTo === 'cloudfront') {
    throw new UserError(
      `${SITE_FILE} keeps port 80 for CloudFront (“server.openTo”), which Sitelift does in a security group of its own only. Set it to "everyone" to adopt a server with its groups. Nothing was changed.`,
    );
  }
  const instance = region.instances.find(({ InstanceId }) => InstanceId === id);
  if (!instance) throw missing(context, 'instance', id);
  requireFit(`instance ${id}`, instanceProblem(context, region, instance));
  op.report('Looking at what is inside');
  const inside: Inside = {
    inspection: await inspect(context, id, op),
    survey: await surveyServer(context, id, op),
  };
  requireFit(`instance ${id}`, insideProblem(instance, inside));
  const volume = documentVolume(context, region, instance, inside);
  const wants = newWants(context, [
    ...serverWants(context, region, instance, inside.survey),
    ...(volume
      ? volumeWants(volume, inside.inspection.mount)
      : deviceWants(context, instance, region.ownVolume?.VolumeId)),
  ]);
  const about = [...(await fileNotes(root, inside.survey, op)), ...serverNotes(context, region, inside, volume)];
  return { wants, about, plan: sequence(keepPlan(context, instance, inside), tagPlan(context, instance, volume)) };
}

async function volumeAdoption(context: Context, region: Region, id: string, op: Op): Promise<Adoption> {
  const volume = region.volumes.find(({ VolumeId }) => VolumeId === id);
  if (!volume) throw missing(context, 'volume', id);
  requireFit(`volume ${id}`, volumeProblem(context, region, volume));
  const server = region.instances.find(({ InstanceId }) => InstanceId === region.ownServer);
  const mount = server && (await mountOnOwnServer(context, region, server, volume, op));
  const isAttached = (volume.Attachments ?? []).length > 0;
  const device = server && !isAttached ? deviceWants(context, server, id) : [];
  const wants = newWants(context, [...volumeWants(volume, mount), ...device]);
  const about = mount
    ? []
    : [
        `Provision Volume… attaches it and mounts its file system (ext4 or xfs) on ${DOCUMENT_ROOT}; nothing is formatted. A partition smaller than the volume grows to fill it, unless “volume.partitionMib” says otherwise.`,
      ];
  return { wants, about, plan: tagPlan(context, undefined, volume) };
}

/** The mount of a volume on the site's own server; undefined for one that is to be mounted there. Throws `UserError` where that would hide files. */
async function mountOnOwnServer(
  context: Context,
  region: Region,
  { InstanceId: serverId = '', State }: Instance,
  { Attachments, VolumeId: id = '' }: Volume,
  op: Op,
): Promise<MountSeen | undefined> {
  const isAttached = Attachments?.[0]?.InstanceId === serverId;
  if (State?.Name !== 'running' || !region.online.has(serverId)) {
    throw new UserError(
      `The site’s server ${serverId} is ${State?.Name}${State?.Name === 'running' ? ', but its agent does not answer' : ''}, so it cannot be seen what its document root has. Start it first. Nothing was changed.`,
    );
  }
  op.report('Looking at what the server has');
  const [{ mount }, { fileCount }] = [await inspect(context, serverId, op), await surveyServer(context, serverId, op)];
  if (mount && isAttached && mount.serial === id.replace('-', '')) return mount;
  if (mount) requireFit(`volume ${id}`, `the server has ${mount.partition} on ${DOCUMENT_ROOT} already`);
  if (fileCount > 0) {
    requireFit(
      `volume ${id}`,
      `mounted on ${DOCUMENT_ROOT}, it would hide the ${fileCount} ${fileCount === 1 ? 'file' : 'files'} that the server has there; move them away first`,
    );
  }
  return undefined;
}

/** The volume that an instance's document root is on; undefined where that is on its own disk. Throws `UserError` for one that does not fit. */
function documentVolume(
  context: Context,
  region: Region,
  instance: Instance,
  { inspection: { mount }, survey }: Inside,
): Volume | undefined {
  const id = mount && mountedVolumeId(instance, mount.serial);
  const what = `instance ${instance.InstanceId}`;
  if (region.ownVolume && region.ownVolume.VolumeId !== id && (id !== undefined || survey.fileCount > 0)) {
    requireFit(
      what,
      `this site has the volume ${region.ownVolume.VolumeId} already, and what the instance has in ${DOCUMENT_ROOT} would be hidden behind that`,
    );
  }
  if (id === undefined) return undefined;
  const volume = region.volumes.find(({ VolumeId }) => VolumeId === id);
  if (!volume) throw missing(context, 'volume', id);
  const there: Region = { ...region, ownServer: instance.InstanceId };
  const problem = volumeProblem(context, there, volume);
  requireFit(what, problem && `its pages are on ${id}, and that does not fit: ${problem}`);
  return volume;
}

/** What the site file must say of a server, so that provisioning leaves it as it is. */
function serverWants({ site }: Context, region: Region, instance: Instance, { packages }: Survey): readonly Want[] {
  const { InstanceType, SubnetId } = instance;
  const profile = profileNameOf(instance);
  return [
    { path: ['server', 'image'], value: packages === 'dnf' ? 'amazon-linux-2023' : 'ubuntu-24.04' },
    { path: ['server', 'instanceType'], value: InstanceType },
    ...(SubnetId ? [{ path: ['server', 'subnet'], value: SubnetId } as const] : []),
    { path: ['server', 'securityGroup'], value: openGroup(region, instance) },
    ...(profile === profileName(site) ? [] : [{ path: ['server', 'instanceProfile'], value: profile } as const]),
    ...(addressKind(instance) === 'elastic' ? [{ path: ['server', 'address'], value: 'elastic' } as const] : []),
  ];
}

/** What the site file must say of a volume, so that provisioning leaves it, and its partition, as large as it is. */
function volumeWants({ Attachments, Size }: Volume, mount: MountSeen | undefined): readonly Want[] {
  const device = Attachments?.[0]?.Device ?? '';
  const isSmaller = mount !== undefined && mount.roomBytes > 0 && mount.sizeBytes < mount.roomBytes - SLACK_BYTES;
  return [
    { path: ['volume', 'sizeGib'], value: Size },
    { path: ['volume', 'partitionMib'], value: isSmaller ? Math.floor(mount.sizeBytes / MIB) : undefined },
    ...(DEVICE.test(device) ? [{ path: ['volume', 'device'], value: device } as const] : []),
  ];
}

/** The step that keeps what a publication may replace, since no release has it to be rolled back to. */
function keepPlan(context: Context, { InstanceId: id = '', Tags }: Instance, { inspection, survey }: Inside): Plan {
  const { fileCount, isKept } = survey;
  const isOwn = isTagged(Tags, context.site.id, 'server');
  const { list, placing, release } = inspection;
  // Of a site that was there before this one, a publication would delete what it lacks.
  const hasNotes = list !== undefined || placing !== undefined || release !== undefined;
  if (isOwn || ((fileCount === 0 || isKept) && !hasNotes)) return [];
  const forget = hasNotes ? ', and forget that another site published it, so that it stays' : '';
  const title = `keep what the server serves now in ${DOCUMENT_ROOT}/.sitelift/before as well (hard links, which take no room)${forget}`;
  return [[{ key: 'keepPages', title, run: (op) => keepServed(context, id, op) }]];
}

function tagPlan(context: Context, instance: Instance | undefined, volume: Volume | undefined): Plan {
  const { id: siteId } = context.site;
  const isDone =
    (instance ? isTagged(instance.Tags, siteId, 'server') : true) &&
    (volume ? isTagged(volume.Tags, siteId, 'volume') : true);
  if (isDone) return [];
  const adopted = { serverId: instance?.InstanceId, volumeId: volume?.VolumeId };
  const what = [instance && `server ${adopted.serverId}`, volume && `volume ${adopted.volumeId}`].filter(Boolean);
  const title = `make ${what.join(' and ')} this site’s (tags ${SITE_TAG}, ${ROLE_TAG} and ${ADOPTED_TAG}; nothing is replaced, formatted or started anew)`;
  return [[{ key: 'adopt', title, run: (op) => tagAdopted(context, adopted, op) }]];
}

function missing({ site }: Context, what: string, id: string): UserError {
  return new UserError(`There is no ${what} ${id} in ${site.region}. Nothing was changed.`);
}
