import type { Activity } from '../activity';
import type { SiteEntry } from '../siteEntry';
import type { Status } from '../tell';
import { timeText } from './shown';

/** What is known of a site for the status bar. */
export interface StatusOf {
  readonly entry: SiteEntry;
  /** Name of the site, or of its folder while the site file was not read. */
  readonly name: string;
  /** There are other sites in the window, so that this one must be named. */
  readonly isOneOfSeveral: boolean;
  readonly going: Pick<Activity, 'title' | 'percent'> | undefined;
  readonly trouble: string | undefined;
}

const CLICK = 'Click for what can be done.';

/** What the status bar shows of a site: what goes on, else what stands in the way, else its last release. */
export function statusView({ entry, going, isOneOfSeveral, name, trouble }: StatusOf, nowMs: number): Status {
  const prefix = isOneOfSeveral ? `${name}: ` : '';
  const { current, isUnreadable, publishing } = entry.releases ?? {};
  if (going) {
    const percent = going.percent === undefined ? '' : ` ${going.percent} %`;
    const text = `${going.title}${percent}`;
    return { icon: 'sync~spin', text, spoken: `Sitelift: ${text}`, tooltip: [text, 'Click to cancel it.'] };
  }
  if (trouble !== undefined) {
    const text = `${prefix}Not published`;
    return {
      ...{ icon: 'warning', text, warns: true, spoken: `Sitelift: ${name} was not published on save. ${trouble}` },
      tooltip: [`“${name}” was not published on save:`, trouble, CLICK],
    };
  }
  if (publishing && !publishing.isOver) {
    const text = `${prefix}Somebody is publishing`;
    const tooltip = [
      `${publishing.by} on ${publishing.host}`,
      `since ${timeText(Date.parse(publishing.at), nowMs)}`,
      CLICK,
    ];
    return { icon: 'cloud', text, spoken: `Sitelift: ${name}, somebody is publishing`, tooltip };
  }
  if (current) {
    const ago = agoText(Date.parse(current.at), nowMs);
    const { by, commit, folder, host } = current;
    return {
      ...{ icon: 'cloud', text: `${prefix}Published ${ago}`, spoken: `Sitelift: ${name}, published ${ago} by ${by}` },
      tooltip: [
        `Last publication of “${name}”: ${timeText(Date.parse(current.at), nowMs)}`,
        `by ${by}`,
        `from “${folder}” on ${host}${commit === undefined ? '' : `, commit ${commit.slice(0, 7)}`}`,
        CLICK,
      ],
    };
  }
  const isKnown = entry.releases !== undefined && !isUnreadable;
  const text = isKnown ? `${prefix}Not published yet` : `${prefix}Sitelift`;
  return {
    ...{ icon: 'cloud', text, spoken: isKnown ? `Sitelift: ${name}, not published yet` : `Sitelift: ${name}` },
    tooltip: [
      isKnown
        ? `“${name}” was not published yet.`
        : `When “${name}” was published last is read once its view is shown.`,
      CLICK,
    ],
  };
}

/** How long ago something was, in the largest unit that fits; a clock that is behind makes it now. */
export function agoText(ms: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - ms) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  const days = Math.floor(minutes / (24 * 60));
  return days === 1 ? 'yesterday' : days < 31 ? `${days} days ago` : timeText(ms, nowMs);
}
