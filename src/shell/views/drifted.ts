import { driftText, type Drift } from '../../core/resources/driftText';

/** What stands behind the state of a resource that is not as the site file asks: the first difference, and how many more there are. */
export function driftSuffix(drift: readonly Drift[]): string {
  const [first] = drift;
  if (!first) return '';
  const more = drift.length - 1;
  return ` · ${driftText(first)}${more > 0 ? `, and ${more} more` : ''}`;
}

/** The lines of a tooltip that tell each difference, and what is to be done about it; `command` is what puts right those that it can. */
export function driftLines(drift: readonly Drift[], command: string): string[] {
  const repaired = drift.filter(({ refusal }) => refusal === undefined);
  const isStopped = drift.some(({ stops }) => stops);
  return [
    ...drift.flatMap((one) => [`Differs: ${driftText(one)}.`, ...(one.refusal === undefined ? [] : [one.refusal])]),
    ...(repaired.length > 0 && !isStopped
      ? [`Next: ${command} puts ${drift.length > repaired.length ? 'the rest' : 'it'} in order.`]
      : []),
  ];
}
