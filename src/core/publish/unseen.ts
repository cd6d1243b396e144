import type { Step } from '../plan';

const MARK = ' unseen';

/** The key of a publication's first step: it tells the state that the plan was made from, and whether it replaces what this folder has not seen. */
export function turnKey(revision: string, isUnseen: boolean): string {
  return `turn ${revision}${isUnseen ? MARK : ''}`;
}

/** True for a step that replaces a release which this folder has not seen. */
export function replacesUnseen({ key }: Pick<Step, 'key'>): boolean {
  return key.endsWith(MARK);
}
