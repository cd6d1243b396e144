import type { Release } from '../../core/release/ledger';
import type { Releases } from '../../core/release/releases';
import { timeText, type Detail, type Icon } from './shown';

/** How a release, or all of them, are shown. */
export interface ReleaseView {
  readonly label: string;
  readonly state: string;
  readonly icon: Icon;
  /** Part of the tree item's `contextValue`. */
  readonly condition: 'live' | 'former';
  readonly tooltip: readonly string[];
  readonly details: readonly Detail[];
}

/** How the row above the releases is shown. */
export function releasesView(releases: Releases): Omit<ReleaseView, 'condition' | 'details'> {
  const { current, former, isUnreadable, publishing } = releases;
  if (isUnreadable) {
    return {
      ...{ label: 'Releases', state: 'cannot be read', icon: { id: 'warning', tone: 'attention' } },
      tooltip: [
        'Releases: cannot be read',
        'What tells of them (_sitelift/ledger.json in the bucket) is nothing that this version of Sitelift knows.',
        'Next: a newer version may read it. Publish Site… makes it anew, without the earlier releases.',
      ],
    };
  }
  const kept = former.length + (current ? 1 : 0);
  const going = publishing && (publishing.isOver ? 'the last publication was cut short' : 'somebody is publishing');
  return {
    label: 'Releases',
    state: [current ? `live since ${timeText(Date.parse(current.at))}` : 'none yet', ...(going ? [going] : [])].join(
      ' · ',
    ),
    icon: publishing?.isOver ? { id: 'history', tone: 'attention' } : { id: 'history' },
    tooltip: [
      `Releases: ${kept} kept`,
      'What was published, the newest first. An earlier one can be brought back in the time of a publication.',
      ...(publishing
        ? [
            `${publishing.isOver ? 'Cut short' : 'Going on'}: a publication by ${publishing.by} on ${publishing.host} since ${timeText(Date.parse(publishing.at))}.`,
          ]
        : []),
      ...(publishing?.isOver ? ['Next: Publish Site… compares everything and puts the site in order.'] : []),
    ],
  };
}

/** How one release is shown. */
export function releaseView(release: Release, isLive: boolean): ReleaseView {
  const { at, by, commit, counts, folder, host, id, imported, restores } = release;
  const what = [
    ...(counts.added > 0 ? [`${counts.added} new`] : []),
    ...(counts.changed > 0 ? [`${counts.changed} changed`] : []),
    ...(counts.removed > 0 ? [`${counts.removed} removed`] : []),
  ].join(', ');
  const label = timeText(Date.parse(at));
  const restored = restores === undefined ? undefined : timeText(Date.parse(restores));
  const state = [
    ...(isLive ? ['live'] : []),
    ...(restored === undefined ? [] : [`brought back ${restored}`]),
    ...(imported === undefined ? [] : ['what the server served before']),
    what || 'same files',
    ...(commit === undefined ? [] : [commit.slice(0, 7)]),
  ].join(' · ');
  return {
    ...{ label, state },
    icon: isLive ? { id: 'pass-filled', tone: 'good' } : { id: 'circle-large-outline' },
    condition: isLive ? 'live' : 'former',
    tooltip: [
      `Published ${label}: ${what || 'same files'}`,
      ...(imported === undefined ? [] : ['What the server served before the site’s first publication']),
      `By ${by} from “${folder}” on ${host}`,
      ...(isLive ? ['This is what readers see.'] : ['Next: Roll Back… makes readers see it again.']),
    ],
    details: [
      { label: 'Published', value: new Date(at).toLocaleString(), about: 'In local time.' },
      { label: 'By', value: by, about: 'Whose credentials were used.' },
      { label: 'From', value: `“${folder}” on ${host}`, about: 'The folder and its computer.' },
      ...(commit === undefined
        ? []
        : [{ label: 'Commit', value: commit, about: 'The git commit that was checked out.' }]),
      { label: 'Files', value: what || 'the same as before', about: 'Compared with the release before it.' },
      { label: 'Release', value: id, about: 'The hash of all that it serves; the same content has the same.' },
    ],
  };
}
