import type * as vscode from 'vscode';
import { UserError } from '../core/op';
import type { ClientCache } from '../core/aws/clientCache';
import type { Clients } from '../core/aws/clients';
import type { Context } from '../core/context';
import type { Site } from '../core/site';
import { loadAws } from './chunks';
import { connectionSettings, type ConnectionSettings } from './settings';
import { askLine } from './tell';

/** Makes the clients that reach AWS, and knows whether a person is there to be asked for what signing in needs. */
export class Connections {
  #attended = 0;
  #cache: ClientCache | undefined;

  /** The site together with clients for its region under the folder's settings. */
  async contextFor(folder: vscode.WorkspaceFolder, site: Site): Promise<Context> {
    return { site, clients: await this.clientsFor({ ...connectionSettings(folder), region: site.region }) };
  }

  /** The clients of a profile and region, kept as long as these, the proxy and the AWS configuration files stay the same. */
  async clientsFor(settings: ConnectionSettings & { readonly region: string }): Promise<Clients> {
    const { ClientCache } = await loadAws();
    this.#cache ??= new ClientCache(this.#mfaCode);
    return this.#cache.clientsFor(settings);
  }

  /** Runs what a person has asked for, who can be asked for an MFA code meanwhile. */
  async attended<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#attended += 1;
    try {
      return await work();
    } finally {
      this.#attended -= 1;
    }
  }

  /** Asks for the code of an MFA device. Throws `UserError` when nobody is there to be asked, or none is given. */
  readonly #mfaCode = async (device: string): Promise<string> => {
    if (this.#attended === 0) {
      throw new UserError('Signing in to AWS needs an MFA code. Choose Refresh to enter it.', {
        remedy: { title: 'Refresh', command: 'sitelift.refresh' },
      });
    }
    const code = await askLine(`MFA code of ${device}`, 'Six digits', (text) =>
      /^\s*\d{6}\s*$/.test(text) ? undefined : 'The code has six digits.',
    );
    if (code === undefined) throw new UserError('Signing in to AWS needs an MFA code, and none was entered.');
    return code.trim();
  };
}
