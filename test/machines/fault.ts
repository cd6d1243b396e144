/** A fault that somebody could write into a script, and the check that must notice it. */
export interface Fault {
  readonly fault: string;
  readonly find: string;
  readonly put: string;
  readonly noticedBy: string;
}

/** A script with the fault in it; throws when the place is not there, or not the only one. */
export function mutated(script: string, { fault, find, put }: Omit<Fault, 'noticedBy'>): string {
  const parts = script.split(find);
  if (parts.length !== 2) throw new Error(`“${fault}”: its place is ${parts.length - 1} times in the script.`);
  return parts.join(put);
}
