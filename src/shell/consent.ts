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
 * site: another account, region or root folder, another folder or another computer that shares the memory is asked about again.
 */
export function consentFor(
  memory: vscode.Memento,
  { uri }: vscode.WorkspaceFolder,
  { account, id, region, root }: Site,
): Consent {
  const place = `agreed on ${hostname()} for ${id} in ${uri.toString()}: `;
  const keyOf = (what: Agreement) => place + JSON.stringify([what, account, region, root]);
  return {
    isGiven: (what) => memory.get<boolean>(keyOf(what)) === true,
    give: async (what) => memory.update(keyOf(what), true),
    async takeBack() {
      const keys = memory.keys().filter((key) => key.startsWith(place));
      for (const key of keys) await memory.update(key, undefined);
      return keys.length > 0;
    },
  };
}
