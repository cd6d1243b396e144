import { hostname } from 'node:os';
import type * as vscode from 'vscode';
import type { Site } from '../core/site';

/** What somebody may agree to once for a site on this computer. */
export type Agreement = 'publish' | 'publishOnSave';

/** What was agreed to for a site, and what takes it back. */
export interface Consent {
  isGiven(what: Agreement): boolean;
  give(what: Agreement): Promise<void>;
  /** Takes back all that was agreed to for the site in this folder, also for another account; false when that was nothing. */
  takeBack(): Promise<boolean>;
}

/**
 * Reads and keeps what was agreed to, outside of the workspace, so that nothing that comes with a folder can agree to anything. It holds for this very
 * site: another account, region or root folder, other leave to publish, another folder or another computer that shares the memory is asked about again.
 */
export function consentFor(
  memory: vscode.Memento,
  { uri }: vscode.WorkspaceFolder,
  { account, distribution: { serves }, id, publish: { allow }, region, root }: Site,
): Consent {
  // A computer may have another name in another network, where what it was called before is taken back as well.
  const place = ` for ${id} in ${uri.toString()}: `;
  const keyOf = (what: Agreement) =>
    `agreed on ${hostname()}${place}${JSON.stringify([what, account, region, root, serves, allow])}`;
  return {
    isGiven: (what) => memory.get<boolean>(keyOf(what)) === true,
    give: async (what) => memory.update(keyOf(what), true),
    async takeBack() {
      const keys = memory.keys().filter((key) => key.startsWith('agreed on ') && key.includes(place));
      for (const key of keys) await memory.update(key, undefined);
      return keys.length > 0;
    },
  };
}
