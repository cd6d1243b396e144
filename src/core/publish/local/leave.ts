import { UserError } from '../../op';
import { SITE_FILE } from '../../site';
import type { LocalFiles } from './localFiles';

/** Throws `UserError` with the names when something must be allowed before anything is published. */
export function requireLeave({ stops }: Pick<LocalFiles, 'stops'>): void {
  const [first] = stops;
  if (!first) return;
  const shown = stops.slice(0, 10).map(({ path }) => `“${path}”`);
  const more = stops.length > shown.length ? ` and ${stops.length - shown.length} more` : '';
  const reasons = [...new Set(stops.map(({ reason }) => reason))];
  throw new UserError(
    `Nothing is published because of ${shown.join(', ')}${more}: ${reasons.join('; ')}. ` +
      `Move what nobody may see out of the root folder. What everybody may see, name in ${SITE_FILE}: ` +
      `"publish": { "allow": [${JSON.stringify(exactly(first.path))}] }.`,
  );
}

/** The pattern that gives leave to one path alone, whatever characters it holds, and not to its namesakes in other folders. */
export function exactly(path: string): string {
  return `/${path.replace(/[\\*?[\]]| $/g, '\\$&')}`;
}
