import type { ConsolePlace } from '../../core/consoleUrl';
import { DOCUMENT_ROOT, serialOf } from '../../core/names';
import type { BucketHave } from '../../core/resources/bucket';
import type { DistributionHave } from '../../core/resources/distribution';
import { known, type Seen } from '../../core/resources/resource';
import type { ResourceName, SiteHave } from '../../core/resources/stack';
import type { ServerHave } from '../../core/resources/server';
import type { VolumeHave } from '../../core/resources/volume';

/** How one resource is shown: its state as icon and text, and the details beneath. */
export interface ResourceView {
  readonly label: string;
  readonly state: string;
  readonly icon: Icon;
  /** Part of the tree item's `contextValue`, on which menus depend. */
  readonly condition: 'absent' | 'unknown' | 'pending' | 'ready';
  /** The id or name by which AWS knows it. */
  readonly value?: string;
  readonly place?: ConsolePlace;
  /** The lines of the tooltip: what it is for, since when, why it is old, the next step. */
  readonly tooltip: readonly string[];
  readonly details: readonly Detail[];
}

/** One line beneath a resource. */
export interface Detail {
  readonly label: string;
  readonly value: string;
  readonly place?: ConsolePlace;
  /** What the value means. */
  readonly about?: string;
}

/** A codicon and what its colour says besides the text. */
export interface Icon {
  readonly id: string;
  readonly tone?: 'good' | 'attention' | 'old';
}

/** When a site's resources were last read, as milliseconds since 1970. */
export type ReadTimes = Readonly<Partial<Record<ResourceName, number>>>;

const LABELS = { server: 'Server', volume: 'Volume', bucket: 'Bucket', distribution: 'Distribution' } as const;
const PURPOSES: Readonly<Record<ResourceName, string>> = {
  server: 'The EC2 instance that serves the pages.',
  volume: 'The EBS volume that holds the pages, so that they outlive the server.',
  bucket: 'The private S3 bucket that holds images and other assets.',
  distribution: 'The CloudFront distribution that serves the images from the edge nearest to each reader.',
};

/** What to show for one resource of a site. */
export function viewOf(name: ResourceName, site: SiteHave, readMs: ReadTimes): ResourceView {
  const seen = site[name];
  const shown = shownOf(name, site);
  const label = LABELS[name];
  const readAt = timeText(readMs[name]);
  if (seen.kind === 'known' && seen.old !== undefined) {
    return {
      ...shown,
      label,
      state: `${shown.state} · as of ${readAt}`,
      icon: { id: shown.icon.id.replace('loading~spin', 'sync-ignored'), tone: 'old' },
      tooltip: [
        `${label}: ${shown.state}, as of ${readAt}. It could not be read since then:`,
        seen.old,
        ...[PURPOSES[name], 'Next: Refresh reads it again.'],
      ],
    };
  }
  const read = seen.kind === 'unknown' || readMs[name] === undefined ? [] : [`Read at ${readAt}.`];
  return { ...shown, label, tooltip: [`${label}: ${shown.state}`, PURPOSES[name], ...shown.tooltip, ...read] };
}

/** The step that brings a site on: a command and its title; undefined when everything is there and published. */
export function nextStep(site: SiteHave): { readonly title: string; readonly command: string } | undefined {
  const all = Object.values(site) as readonly Seen<unknown>[];
  if (all.some(({ kind }) => kind === 'unknown')) return undefined;
  if (all.some(({ kind }) => kind === 'absent')) {
    return { title: 'Provision All…', command: 'sitelift.provisionAll' };
  }
  const inspection = known(site.server)?.inspection;
  return inspection && inspection.release === undefined
    ? { title: 'Publish Site…', command: 'sitelift.publishSite' }
    : undefined;
}

/** The local time of day, with the day when it is not today. */
export function timeText(ms: number | undefined, nowMs: number = Date.now()): string {
  if (ms === undefined) return 'some time ago';
  const at = new Date(ms);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`;
}

type Shown = Omit<ResourceView, 'label'>;

function shownOf(name: ResourceName, site: SiteHave): Shown {
  const seen = site[name];
  if (seen.kind === 'absent') {
    const tooltip = [`Next: Provision ${LABELS[name]}… shows what it would create.`];
    return { state: 'not created', icon: { id: 'circle-outline' }, condition: 'absent', tooltip, details: [] };
  }
  if (seen.kind === 'unknown') {
    const details = [{ label: 'Reason', value: seen.reason }];
    const tooltip = [seen.reason, 'Next: Refresh reads it again.'];
    const icon = { id: 'warning', tone: 'attention' } as const;
    return { state: 'cannot be read', icon, condition: 'unknown', tooltip, details };
  }
  const [server, volume] = [known(site.server), known(site.volume)];
  const [bucket, distribution] = [known(site.bucket), known(site.distribution)];
  if (name === 'server' && server) return serverView(server);
  if (name === 'volume' && volume) return volumeView(volume, server);
  if (name === 'bucket' && bucket) return bucketView(bucket);
  if (name === 'distribution' && distribution) return distributionView(distribution);
  throw new Error(`There is no ${name} to show.`);
}

function serverView(have: ServerHave): Shown {
  const web = have.inspection?.webServer;
  const isRunning = have.state === 'running';
  const isUnread = isRunning && have.inspectionProblem !== undefined;
  const isWaking = isRunning && !have.online && !isUnread;
  const pending = have.state === 'pending' || have.state === 'stopping' || isWaking;
  const lacksWebServer = isRunning && have.online && have.inspection !== undefined && !web?.active;
  const state = isUnread
    ? 'running · not looked into'
    : isWaking
      ? 'running · agent starting…'
      : lacksWebServer
        ? 'running · no web server'
        : have.state;
  const next =
    isRunning && web?.active
      ? 'Next: Publish Site… sends the pages.'
      : isWaking
        ? 'The agent of a new server answers after a minute or two; publishing needs it.'
        : lacksWebServer
          ? 'Next: Provision Server… installs the web server.'
          : have.state === 'stopped'
            ? 'Next: Provision Server… starts it.'
            : undefined;
  const place: ConsolePlace = { kind: 'instance', id: have.instanceId };
  return {
    state,
    ...look(pending, isRunning && (web?.active ?? false), 'vm-running', 'vm-outline'),
    ...{ value: have.instanceId, place },
    tooltip: [
      ...(have.startedMs === undefined ? [] : [`Last started: ${timeText(have.startedMs)}.`]),
      ...(next === undefined ? [] : [next]),
      ...(have.inspectionProblem === undefined ? [] : [have.inspectionProblem]),
      ...have.problems,
    ],
    details: [
      { label: 'Instance', value: have.instanceId, place, about: 'Its id in EC2.' },
      {
        label: 'Type',
        value: have.instanceType,
        place,
        about: 'Its size in EC2; “server.instanceType” in sitelift.json.',
      },
      {
        label: 'Zone',
        value: have.zone,
        place,
        about: 'The availability zone. A volume can be attached within its zone only.',
      },
      {
        label: 'Address',
        value: have.host ?? 'none',
        place,
        about: 'Its public name. It changes when the server is stopped and started.',
      },
      {
        ...{ label: 'SSM agent', value: have.online ? 'online' : 'not online' },
        ...{
          place: { kind: 'agent', instanceId: have.instanceId },
          about: 'Pages reach the server through it; there is no SSH.',
        },
      },
      {
        ...{ label: 'Web server', value: web ? webServerText(web) : 'not known' },
        ...{ place, about: 'Apache httpd, which serves the document root.' },
      },
    ],
  };
}

function volumeView(have: VolumeHave, server: ServerHave | undefined): Shown {
  const mount = server?.inspection?.mount;
  const mounted = mount?.serial === serialOf(have.volumeId) ? mount : undefined;
  const attachment = have.attachment?.state;
  const isAttached = attachment === 'attached';
  const state =
    attachment === undefined
      ? have.state === 'creating' || have.state === 'error'
        ? have.state
        : 'not attached'
      : `${attachment}${isAttached && mounted ? ' · mounted' : ''}`;
  const next = isAttached && mounted ? [] : ['Next: Provision Volume… attaches and mounts it.'];
  const place: ConsolePlace = { kind: 'volume', id: have.volumeId };
  return {
    state,
    ...look(attachment === 'attaching' || attachment === 'detaching', mounted !== undefined, 'database', 'database'),
    ...{ value: have.volumeId, place },
    tooltip:
      server?.inspection || !isAttached ? next : ['Whether it is mounted is known once the server’s agent answers.'],
    details: [
      { label: 'Volume', value: have.volumeId, place, about: 'Its id in EBS.' },
      {
        label: 'Size',
        value: `${have.sizeGib} GiB${have.encrypted ? ', encrypted' : ''}`,
        place,
        about: '“volume.sizeGib” in sitelift.json.',
      },
      {
        label: 'Zone',
        value: have.zone,
        place,
        about: 'The availability zone. A server is launched where the volume is.',
      },
      {
        label: 'Attached to',
        value: have.attachment ? `${have.attachment.instanceId} as ${have.attachment.device}` : 'nothing',
        place: have.attachment ? { kind: 'instance', id: have.attachment.instanceId } : place,
        about: 'The instance, and the device name that EC2 has for it there.',
      },
      ...(mounted
        ? [
            {
              ...{ label: 'Mounted', value: `${mounted.partition} on ${DOCUMENT_ROOT} (${mounted.fileSystem})` },
              ...{ place, about: 'As a look inside the server found it.' },
            },
            {
              ...{ label: 'Free', value: `${mebibytes(mounted.freeBytes)} of ${mebibytes(mounted.sizeBytes)} MiB` },
              ...{ place, about: 'As the last look inside the server found it.' },
            },
          ]
        : []),
    ],
  };
}

function bucketView(have: BucketHave): Shown {
  const sizeBytes = [...have.objects.values()].reduce((sum, object) => sum + object.sizeBytes, 0);
  const isPrivate = have.blocksPublicAccess !== false && have.ownerEnforced !== false;
  const isKnown = have.blocksPublicAccess !== undefined && have.ownerEnforced !== undefined;
  const place: ConsolePlace = { kind: 'bucket', name: have.name };
  return {
    state: `${have.objects.size} ${have.objects.size === 1 ? 'object' : 'objects'}`,
    ...look(false, isPrivate, 'archive', 'archive'),
    ...{ value: have.name, place },
    tooltip: [...(isPrivate ? [] : ['It is not private. Next: Provision Bucket… closes it.']), ...have.problems],
    details: [
      { label: 'Bucket', value: have.name, place, about: 'Its name in S3. What readers may see lies below site/.' },
      {
        label: 'Size',
        value: `${(sizeBytes / 1_048_576).toFixed(1)} MiB`,
        place,
        about: 'Of the objects below site/.',
      },
      {
        ...{
          label: 'Access',
          value: isPrivate ? (isKnown ? 'private' : 'could not be read') : 'not private: provision it again',
        },
        ...{ place, about: 'Only the distribution may read it.' },
      },
    ],
  };
}

function distributionView(have: DistributionHave): Shown {
  const place: ConsolePlace = { kind: 'distribution', id: have.id };
  const isRight = have.enabled && have.readsBucket && have.drift.length === 0;
  const repair = isRight ? [] : [...have.drift, 'Next: Provision Distribution… puts it in order.'];
  return {
    state: have.enabled ? (have.deployed ? 'Deployed' : 'Deploying…') : 'disabled',
    ...look(!have.deployed, have.enabled, 'globe', 'globe'),
    ...{ value: have.id, place },
    tooltip: have.deployed
      ? repair
      : ['CloudFront is bringing it to its edges, which takes minutes. Nothing is to be done.'],
    details: [
      { label: 'Domain', value: have.domain, place, about: 'Images are at https:// and this name.' },
      { label: 'Distribution', value: have.id, place, about: 'Its id in CloudFront.' },
      {
        ...{
          label: 'Origin',
          value: have.readsBucket ? 'the bucket, below site/' : 'not this bucket: provision it again',
        },
        ...{ place, about: 'Where the edges fetch what they do not have.' },
      },
    ],
  };
}

function look(
  pending: boolean,
  ready: boolean,
  readyIcon: string,
  otherIcon: string,
): Pick<Shown, 'icon' | 'condition'> {
  if (pending) return { icon: { id: 'loading~spin' }, condition: 'pending' };
  return ready
    ? { icon: { id: readyIcon, tone: 'good' }, condition: 'ready' }
    : { icon: { id: otherIcon, tone: 'attention' }, condition: 'ready' };
}

function webServerText(web: { installed: boolean; enabled: boolean; active: boolean }): string {
  if (!web.installed) return 'not installed';
  return `${web.active ? 'running' : 'stopped'}, ${web.enabled ? 'enabled' : 'not enabled'} at boot`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
