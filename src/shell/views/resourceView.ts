import { driftOf } from '../../core/resources/drift';
import type { Drift } from '../../core/resources/driftText';
import { progressOf, type Progress } from '../../core/resources/progress';
import { known, type Seen } from '../../core/resources/resource';
import type { ResourceName, SiteHave } from '../../core/resources/stack';
import { doubtOf, otherRegionOf } from '../../core/resources/whereabouts';
import { SITE_FILE } from '../../core/site';
import { bucketView } from './bucketView';
import { distributionView } from './distributionView';
import { driftLines, driftSuffix } from './drifted';
import { serverView } from './serverView';
import { timeText, type ResourceView, type Shown } from './shown';
import { volumeView } from './volumeView';

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

/** What is to be done next with a site. */
export interface NextStep {
  readonly title: string;
  readonly command: string;
  /** How far that has come already, if it was begun. */
  readonly progress?: string;
  /** What comes of it, where no plan is shown first. */
  readonly about?: string;
}

/** The step that brings a site on: a command and its title; undefined when everything is there and published. */
export function nextStep(site: SiteHave): NextStep | undefined {
  if (known(site.bucket)?.destroyingSince !== undefined) {
    return { title: 'Go On Destroying…', command: 'sitelift.destroySite' };
  }
  const all = Object.values(site) as readonly Seen<unknown>[];
  // A site that lies in another region, or may, is not to be made here.
  if (all.some(({ kind }) => kind === 'unknown') || otherRegionOf(site) !== undefined) return undefined;
  if (doubtOf(site) !== undefined) return undefined;
  const progress = progressOf(site);
  if (all.some(({ kind }) => kind === 'absent') || (progress && progress.done < progress.total)) {
    const text = progress && progress.done > 0 ? { progress: progressText(progress) } : {};
    return { title: 'Provision All…', command: 'sitelift.provisionAll', ...text };
  }
  if (known(site.distribution)?.enabled === false) {
    return { title: 'Enable Distribution…', command: 'sitelift.enableDistribution' };
  }
  const inspection = known(site.server)?.inspection;
  return inspection && inspection.release === undefined
    ? { title: 'Publish Site…', command: 'sitelift.publishSite' }
    : undefined;
}

function progressText({ done, total, waitsFor }: Progress): string {
  return `${done} of ${total} done${waitsFor === undefined ? '' : `, waits for ${waitsFor}`}`;
}

function shownOf(name: ResourceName, site: SiteHave): Shown {
  const seen = site[name];
  if (seen.kind === 'absent' && seen.otherRegion !== undefined) {
    const tooltip = [`Next: put “region” in ${SITE_FILE} back to ${seen.otherRegion}, where this site lies.`];
    const icon = { id: 'warning', tone: 'attention' } as const;
    return { state: `lies in ${seen.otherRegion}`, icon, condition: 'absent', tooltip, details: [] };
  }
  if (seen.kind === 'absent') {
    const doubt = name === 'server' || name === 'volume' ? doubtOf(site) : undefined;
    const tooltip =
      doubt === undefined
        ? [`Next: Provision ${LABELS[name]}… shows what it would create.`]
        : [doubt, 'Next: Refresh reads it again.'];
    const left = [
      ...(seen.addresses ?? []).map(({ ip }) => `The site still has the Elastic IP address ${ip}, which costs.`),
      ...(seen.others ?? []).map(({ instanceId }) => `The site still has the instance ${instanceId}, which costs.`),
    ];
    return {
      state: 'not created',
      icon: { id: 'circle-outline' },
      condition: 'absent',
      tooltip: [...left, ...tooltip],
      details: [],
    };
  }
  if (seen.kind === 'unknown') {
    const details = [{ label: 'Reason', value: seen.reason }];
    const tooltip = [seen.reason, 'Next: Refresh reads it again.'];
    const icon = { id: 'warning', tone: 'attention' } as const;
    return { state: 'cannot be read', icon, condition: 'unknown', tooltip, details };
  }
  const [server, volume] = [known(site.server), known(site.volume)];
  const [bucket, distribution] = [known(site.bucket), known(site.distribution)];
  const shown = (() => {
    if (name === 'server' && server) return serverView(server);
    if (name === 'volume' && volume) return volumeView(volume, server);
    if (name === 'bucket' && bucket) return bucketView(bucket);
    if (name === 'distribution' && distribution) return distributionView(distribution);
    throw new Error(`There is no ${name} to show.`);
  })();
  return marked(shown, driftOf(name, site), `Provision ${LABELS[name]}…`);
}

const NEXT = 'Next: ';

/** Marks what is not as the site file asks, with both values; what is on its way to another state still shows that. */
function marked(shown: Shown, drift: readonly Drift[], command: string): Shown {
  if (drift.length === 0) return shown;
  const lines = driftLines(drift, command);
  // Two next steps are none.
  const hasNext = lines.some((line) => line.startsWith(NEXT));
  const others = hasNext ? shown.tooltip.map((line) => line.split(NEXT)[0]?.trim() ?? '') : shown.tooltip;
  return {
    ...shown,
    state: `${shown.state}${driftSuffix(drift)}`,
    icon:
      shown.condition === 'pending' || shown.condition === 'waking' ? shown.icon : { id: 'warning', tone: 'attention' },
    tooltip: [...lines, ...others.filter((line) => line !== '')],
  };
}
