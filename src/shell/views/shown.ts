import type { ConsolePlace } from '../../core/consoleUrl';

/** How one resource is shown: its state as icon and text, and the details beneath. */
export interface ResourceView {
  readonly label: string;
  readonly state: string;
  readonly icon: Icon;
  /** Part of the tree item's `contextValue`, on which menus depend: of a server also whether it is stopped, or runs and its agent does not answer yet. */
  readonly condition: 'absent' | 'unknown' | 'pending' | 'ready' | 'stopped' | 'waking';
  /** What menus depend on besides; follows the condition in the `contextValue`. */
  readonly mark?: string;
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

/** What a resource shows of itself, whatever its name. */
export type Shown = Omit<ResourceView, 'label'>;

/** The icon of a resource that is on its way to another state, as it should be, or not. */
export function look(
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

/** The local time of day, with the day when it is not today. */
export function timeText(ms: number | undefined, nowMs: number = Date.now()): string {
  if (ms === undefined) return 'some time ago';
  const at = new Date(ms);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`;
}

/** What is said of something that was adopted. */
export const OLDER = 'It was there before the site, which leaves it when it goes.';

/** The row beneath a resource that tells that it was adopted; none of one that the site made. */
export function adoptedDetails(isAdopted: boolean | undefined, place: ConsolePlace): readonly Detail[] {
  return isAdopted ? [{ label: 'Adopted', value: 'was there before the site', place, about: OLDER }] : [];
}
