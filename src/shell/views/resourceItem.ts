import * as vscode from 'vscode';
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
  readonly icon: vscode.ThemeIcon;
  /** Part of the tree item's `contextValue`, on which menus depend. */
  readonly condition: 'absent' | 'unknown' | 'pending' | 'ready';
  readonly details: readonly Detail[];
}

/** One line beneath a resource. */
export interface Detail {
  readonly label: string;
  readonly value: string;
}

const GREEN = new vscode.ThemeColor('testing.iconPassed');
const YELLOW = new vscode.ThemeColor('list.warningForeground');
const SPINNING = new vscode.ThemeIcon('loading~spin');
const ABSENT = new vscode.ThemeIcon('circle-outline');

/** What to show for one resource of a site. */
export function viewOf(name: ResourceName, site: SiteHave): ResourceView {
  switch (name) {
    case 'server':
      return viewOfSeen('Server', site.server, serverView);
    case 'volume':
      return viewOfSeen('Volume', site.volume, (have) => volumeView(have, site.server));
    case 'bucket':
      return viewOfSeen('Bucket', site.bucket, bucketView);
    case 'distribution':
      return viewOfSeen('Distribution', site.distribution, distributionView);
  }
}

function viewOfSeen<Have>(label: string, seen: Seen<Have>, view: (have: Have) => Known): ResourceView {
  switch (seen.kind) {
    case 'absent':
      return { label, state: 'not created', icon: ABSENT, condition: 'absent', details: [] };
    case 'unknown': {
      const icon = new vscode.ThemeIcon('warning', YELLOW);
      const details = [{ label: 'Reason', value: seen.reason }];
      return { label, state: 'cannot be read', icon, condition: 'unknown', details };
    }
    case 'known':
      return { label, ...view(seen.have) };
  }
}

type Known = Omit<ResourceView, 'label'>;

function serverView(have: ServerHave): Known {
  const web = have.inspection?.webServer;
  const pending = have.state === 'pending' || have.state === 'stopping' || (have.state === 'running' && !have.online);
  const state =
    have.state === 'running' && !have.online
      ? 'running · agent starting…'
      : have.state === 'running' && !web?.active
        ? 'running · no web server'
        : have.state;
  return {
    state,
    ...look(pending, have.state === 'running' && (web?.active ?? false), 'vm-running', 'vm-outline'),
    details: [
      { label: 'Instance', value: have.instanceId },
      { label: 'Type', value: have.instanceType },
      { label: 'Zone', value: have.zone },
      { label: 'Address', value: have.host ?? 'none' },
      { label: 'SSM agent', value: have.online ? 'online' : 'not online' },
      { label: 'Web server', value: web ? webServerText(web) : 'not known' },
    ],
  };
}

function volumeView(have: VolumeHave, server: Seen<ServerHave>): Known {
  const mount = known(server)?.inspection?.mount;
  const mounted = mount?.serial === serialOf(have.volumeId) ? mount : undefined;
  const attachment = have.attachment?.state;
  const state =
    attachment === undefined
      ? 'not attached'
      : `${attachment}${attachment === 'attached' && mounted ? ' · mounted' : ''}`;
  return {
    state,
    ...look(attachment === 'attaching' || attachment === 'detaching', mounted !== undefined, 'database', 'database'),
    details: [
      { label: 'Volume', value: have.volumeId },
      { label: 'Size', value: `${have.sizeGib} GiB${have.encrypted ? ', encrypted' : ''}` },
      { label: 'Zone', value: have.zone },
      {
        label: 'Attached to',
        value: have.attachment ? `${have.attachment.instanceId} as ${have.attachment.device}` : 'nothing',
      },
      ...(mounted
        ? [
            { label: 'Mounted', value: `${mounted.partition} on ${DOCUMENT_ROOT} (${mounted.fileSystem})` },
            { label: 'Free', value: `${mebibytes(mounted.freeBytes)} of ${mebibytes(mounted.sizeBytes)} MiB` },
          ]
        : []),
    ],
  };
}

function bucketView(have: BucketHave): Known {
  const sizeBytes = [...have.objects.values()].reduce((sum, object) => sum + object.sizeBytes, 0);
  const isPrivate = have.blocksPublicAccess !== false && have.ownerEnforced !== false;
  const isKnown = have.blocksPublicAccess !== undefined && have.ownerEnforced !== undefined;
  return {
    state: `${have.objects.size} ${have.objects.size === 1 ? 'object' : 'objects'}`,
    ...look(false, isPrivate, 'archive', 'archive'),
    details: [
      { label: 'Bucket', value: have.name },
      { label: 'Size', value: `${(sizeBytes / 1_048_576).toFixed(1)} MiB` },
      {
        label: 'Access',
        value: isPrivate ? (isKnown ? 'private' : 'could not be read') : 'not private: provision it again',
      },
    ],
  };
}

function distributionView(have: DistributionHave): Known {
  return {
    state: have.enabled ? (have.deployed ? 'Deployed' : 'Deploying…') : 'disabled',
    ...look(!have.deployed, have.enabled, 'globe', 'globe'),
    details: [
      { label: 'Domain', value: have.domain },
      { label: 'Distribution', value: have.id },
      { label: 'Origin', value: have.readsBucket ? 'the bucket, below site/' : 'not this bucket: provision it again' },
    ],
  };
}

function look(
  pending: boolean,
  ready: boolean,
  readyIcon: string,
  otherIcon: string,
): Pick<Known, 'icon' | 'condition'> {
  if (pending) return { icon: SPINNING, condition: 'pending' };
  return ready
    ? { icon: new vscode.ThemeIcon(readyIcon, GREEN), condition: 'ready' }
    : { icon: new vscode.ThemeIcon(otherIcon, YELLOW), condition: 'ready' };
}

function webServerText(web: { installed: boolean; enabled: boolean; active: boolean }): string {
  if (!web.installed) return 'not installed';
  return `${web.active ? 'running' : 'stopped'}, ${web.enabled ? 'enabled' : 'not enabled'} at boot`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
